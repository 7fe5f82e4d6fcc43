package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.Objects;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.lock.Pause;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What tests of several classes do with a store on files, for a user called alice. Blocks. */
final class TestStores {
    static final UserName ALICE = new UserName("alice");

    /** Longer than anything takes, even on a busy machine. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    /** A mailbox that is held is busy at once. */
    static final HoldPolicy NO_WAIT = new HoldPolicy(Duration.ofSeconds(30), Duration.ZERO);

    private TestStores() {}

    /** For a field that is set before each test. */
    @SuppressWarnings("NullAway")
    static MboxStore unopened() {
        return null;
    }

    /** As a server opens it. */
    static MboxStore open(Path directory, Map<String, String> settings, HoldPolicy policy) {
        return (MboxStore) Objects.requireNonNull(
                Mono.from(MailStoreProvider.named("mbox").open(new StoreSettings(settings, policy, directory)))
                        .block(PATIENCE));
    }

    static MboxStore open(Path directory, Map<String, String> settings) {
        return open(directory, settings, NO_WAIT);
    }

    /** On a disk that does what a test wants. */
    static MboxStore open(Path directory, Map<String, String> settings, StorageIo io) throws IOException {
        return MboxStore.open(MboxSettings.of(new StoreSettings(settings, NO_WAIT, directory)), io, Pause.REAL);
    }

    static void addAlice(MboxStore store) {
        Mono.from(store.accounts().put(new Account(ALICE, "{PLAIN}x", true))).block(PATIENCE);
    }

    static void close(MboxStore store) {
        Mono.from(store.close()).block(PATIENCE);
    }

    static Mailbox hold(MboxStore store, FolderName folder) {
        return Objects.requireNonNull(Mono.from(store.open(ALICE, folder)).block(PATIENCE));
    }

    static Mailbox hold(MboxStore store) {
        return hold(store, FolderName.INBOX);
    }

    static void deliver(MboxStore store, FolderName folder, String message) {
        ByteBuffer octets = ByteBuffer.wrap(message.getBytes(StandardCharsets.US_ASCII));
        Mono.from(store.deliver(ALICE, folder, Message.of(Flux.just(octets)))).block(PATIENCE);
    }

    /** The subject is new, and so is the text. */
    static void deliver(MboxStore store, FolderName folder) {
        deliver(store, folder, "Subject: new\r\n\r\nnew\r\n");
    }

    /** With these messages deleted. */
    static void release(Mailbox mailbox, int... numbers) {
        BitSet deleted = new BitSet();
        for (int number : numbers) {
            deleted.set(number);
        }
        Mono.from(mailbox.release(deleted)).block(PATIENCE);
    }

    static StoreException failureOf(Runnable action) {
        StoreException error = catchThrowableOfType(StoreException.class, action::run);
        return Objects.requireNonNull(error, "nothing failed");
    }
}
