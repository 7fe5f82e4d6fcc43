package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The disk of the tables is really full: a tablespace on a small tmpfs. Needs root, to mount it. */
@Tag("interop")
class FullDiskTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final UserName USER = new UserName("postel");
    private static final FolderName INBOX = FolderName.INBOX;
    private static final int OCTETS = 500_000;

    @TempDir
    private Path directory;

    @Test
    void aFullDiskIsSaidSoAndNothingIsLost() throws Exception {
        Path disk = Files.createDirectory(directory.resolve("disk"));
        command("mount", "-t", "tmpfs", "-o", "size=48m,mode=0700", "pop2-full-disk", disk.toString());
        try (RestartablePostgres postgres = new RestartablePostgres(directory.resolve("data"))) {
            fill(postgres, disk);
        } finally {
            command("umount", disk.toString());
        }
    }

    private static void fill(RestartablePostgres postgres, Path disk) throws IOException, InterruptedException {
        Path tablespace = Files.createDirectory(disk.resolve("tables"));
        TestDatabase administration = TestDatabase.empty(postgres.server(), "");
        administration.execute("CREATE TABLESPACE small LOCATION '" + tablespace + "'");
        TestDatabase database = TestDatabase.migrated(postgres.server(), "TABLESPACE small");
        PostgresStore store = database.open(HoldPolicy.DEFAULT, Map.of("pool-size", "3"));
        Mono.from(store.accounts().put(new Account(USER, "{PLAIN}x", true))).block(LIMIT);

        Random random = new Random(1);
        int delivered = 0;
        Reason refused = outcome(store.deliver(USER, INBOX, message(random)));
        while (refused == null) {
            delivered++;
            refused = outcome(store.deliver(USER, INBOX, message(random)));
        }
        assertThat(refused).isEqualTo(Reason.NO_SPACE);
        assertThat(delivered).isPositive();
        for (int i = 0; i < 20; i++) {
            assertThat(outcome(store.deliver(USER, INBOX, message(random)))).isEqualTo(Reason.NO_SPACE);
        }

        // what is there can be fetched; a release needs little, but may find not even that
        Mailbox mailbox =
                Mono.from(store.open(USER, INBOX)).blockOptional(LIMIT).orElseThrow();
        assertThat(mailbox.count()).isEqualTo(delivered);
        for (int i = 1; i <= delivered; i++) {
            assertThat(Flux.from(mailbox.content(i))
                            .reduce(0, (sum, buffer) -> sum + buffer.octets().remaining())
                            .block(LIMIT))
                    .isEqualTo(OCTETS + 2);
        }
        BitSet all = new BitSet();
        all.set(1, delivered + 1);
        Reason release = outcome(mailbox.release(all));
        assertThat(release).isIn(null, Reason.NO_SPACE);
        assertThat(database.number("SELECT count(*) FROM message")).isEqualTo(release == null ? 0 : delivered);

        command("mount", "-o", "remount,size=256m", disk.toString());
        assertThat(outcome(store.deliver(USER, INBOX, message(random)))).isNull();
        Mailbox again = Mono.from(store.open(USER, INBOX)).blockOptional(LIMIT).orElseThrow();
        assertThat(again.count()).isEqualTo(release == null ? 1 : delivered + 1);
        BitSet first = new BitSet();
        first.set(1);
        assertThat(outcome(again.release(first))).isNull();
        Mono.from(store.sweep()).block(LIMIT);
        Mono.from(store.close()).block(LIMIT);
        assertThat(database.contradictions()).isEmpty();
    }

    /** Of octets that cannot be compressed. */
    private static Message message(Random random) {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < OCTETS; i++) {
            body.append((char) ('!' + random.nextInt(94)));
        }
        return Message.of(Flux.just(ByteBuffer.wrap(body.toString().getBytes(StandardCharsets.US_ASCII))));
    }

    private static @Nullable Reason outcome(Publisher<Void> work) {
        try {
            Mono.from(work).block(LIMIT);
            return null;
        } catch (StoreException e) {
            return e.reason();
        }
    }

    private static void command(String... words) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("needs root, and the right to mount: " + List.of(words) + ": " + said);
        }
    }
}
