package org.pop2.storage.fs;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** An mbox storage in a directory of its own below {@code target}, and mailboxes to measure it with. */
final class Mailboxes implements AutoCloseable {
    static final UserName ALICE = new UserName("alice");
    static final int MEBIBYTE = 1024 * 1024;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final String TEXT = """
            On the third of the month the net was down again, and nobody knew why until
            somebody found the plug. We should meet next week about the gateway to the
            other net: bring the tables, and tell Jon that I have his tapes.
            > From what I heard the gateway loses every seventh packet, which would be
            > funny if it were not ours.

            Fine, then. The host tables are in the usual place; the old ones will go at
            the end of the year.
            """;

    private final Path directory;
    private final MailStore store;

    Mailboxes() {
        try {
            directory = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "bench-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        HoldPolicy policy = new HoldPolicy(Duration.ofSeconds(30), Duration.ZERO);
        store = await(MailStoreProvider.named("mbox").open(new StoreSettings(Map.of(), policy, directory)));
        await(store.accounts().put(new Account(ALICE, "{PLAIN}x", true)));
    }

    static <T> T await(Publisher<T> publisher) {
        // nothing but a Void is not there, and nobody looks at that
        return Mono.from(publisher).blockOptional(PATIENCE).orElse(cast());
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
    private static <T> T cast() {
        return null;
    }

    MailStore store() {
        return store;
    }

    Path inbox() {
        return directory.resolve("var/mail/alice");
    }

    Mailbox open() {
        return Objects.requireNonNull(await(store.open(ALICE, FolderName.INBOX)));
    }

    /** Forgets what is known about all mailboxes. */
    void deleteIndexes() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("var/state/indexes"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    /** Fills the inbox anew: so many messages of the same size. */
    Path fill(int messages, long octets, String lineEnd) throws IOException {
        Random random = new Random(937);
        try (OutputStream out = Files.newOutputStream(inbox())) {
            for (int i = 0; i < messages; i++) {
                out.write(message(random, (int) (octets / messages), lineEnd));
            }
        }
        // a file written this very moment is not believed to be quiet
        quiet();
        return inbox();
    }

    static void quiet() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A message as an MTA appends it, of about that many octets. */
    static byte[] message(Random random, int octets, String lineEnd) {
        StringBuilder text = new StringBuilder(octets + 128);
        text.append("From postel@usc-isif Fri Feb  1 12:00:00 1985\nReturn-Path: <postel@usc-isif>\n")
                .append("Received: from usc-isif by sri-nic; Fri, 1 Feb 1985 12:00:00 +0000\n")
                .append("Message-ID: <")
                .append(random.nextLong())
                .append("@usc-isif>\n")
                .append("From: Jon Postel <postel@usc-isif>\nTo: alice@sri-nic\nSubject: the net\n\n");
        int from = random.nextInt(TEXT.length());
        while (text.length() < octets - 2) {
            int length = Math.min(TEXT.length() - from, octets - 2 - text.length());
            text.append(TEXT, from, from + length);
            from = 0;
        }
        text.append("\n\n");
        return text.toString().replace("\n", lineEnd).getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
        await(store.close());
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
