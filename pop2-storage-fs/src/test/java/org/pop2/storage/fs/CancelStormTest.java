package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.lock.ChannelRegistry;
import org.pop2.storage.fs.lock.FcntlProbe;
import org.pop2.storage.fs.lock.Liveness;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.pop2.storage.fs.lock.Pause;
import org.pop2.storage.fs.lock.Sightings;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The kernel drops a process's lock when any descriptor of the file is closed. Another process tries for the lock all
 * the time, while sessions and deliveries of this one come and go by the hundred.
 */
@Timeout(120)
class CancelStormTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final UserName ALICE = new UserName("alice");
    private static final UserName BOB = new UserName("bob");
    private static final String MAIL = "From bob Mon Nov 23 12:00:00 2026\nSubject: 1\n\n" + "text\n".repeat(50) + "\n";
    private static final int STORM = 300;

    @TempDir
    Path directory;

    private MboxStore open() {
        // taken over at once, so that many come as far as the file
        HoldPolicy policy = new HoldPolicy(Duration.ZERO, Duration.ZERO);
        Map<String, String> settings = Map.of("lock-timeout", "20ms", "hold-poll", "20ms");
        return TestStores.open(directory, settings, policy);
    }

    @Test
    void sessionsThatComeAndGoNeverDropALockOfAnother() throws Exception {
        long seed = Long.getLong("pop2.fs.seed", System.nanoTime());
        Random random = new Random(seed);
        MboxStore store = open();
        for (UserName user : List.of(ALICE, BOB)) {
            Mono.from(store.accounts().put(new Account(user, "{PLAIN}x", true))).block(PATIENCE);
        }
        Path mail = directory.resolve("var/mail");
        // so much that it is looked at before it is locked
        Path inbox = Files.writeString(mail.resolve("alice"), MAIL.repeat(6000));
        Files.writeString(mail.resolve("bob"), MAIL);
        MailboxPath path = new MailboxPath(mail, Path.of("alice"), "alice");
        RealIo io = new RealIo();
        try (Liveness.Files liveness = new Liveness.Files(io, Files.createDirectory(directory.resolve("live")));
                Child probe = Child.of(FcntlProbe.class, "probe", inbox)) {
            MboxLocks locks = new MboxLocks(
                    io,
                    ChannelRegistry.JVM,
                    liveness,
                    new Sightings(io, directory, "boot", Pause.REAL),
                    Pause.REAL,
                    MboxLocks.Kind.BOTH,
                    10_000,
                    600_000);
            MboxLocks.Locked locked = null;
            while (locked == null || !probe.line().equals("probing")) {
                locked = Objects.requireNonNull(locks.lock(path, false));
            }
            try (MboxLocks.Locked held = locked) {
                storm(store, random);
                // closing waits for everything that the cancelled ones left under way
                Mono.from(store.close()).block(PATIENCE);
                probe.tell("enough");
                assertThat(Long.parseLong(probe.line())).as("tries").isGreaterThan(100);
                assertThat(Long.parseLong(probe.line()))
                        .as("times that the lock was dropped, seed %d", seed)
                        .isZero();
                assertThat(held.status().size()).isEqualTo(MAIL.length() * 6000L);
            }
        }
        store = open();
        Mailbox mailbox = Objects.requireNonNull(
                Mono.from(store.open(ALICE, FolderName.INBOX)).block(PATIENCE));
        assertThat(mailbox.count()).isEqualTo(6000);
        Mono.from(mailbox.release(new java.util.BitSet())).block(PATIENCE);
        Mono.from(store.close()).block(PATIENCE);
    }

    private static void storm(MboxStore store, Random random) {
        List<Disposable> underWay = new ArrayList<>();
        for (int i = 0; i < STORM; i++) {
            UserName user = random.nextInt(4) == 0 ? BOB : ALICE;
            underWay.add(
                    random.nextInt(5) == 0
                            ? Mono.from(store.deliver(user, FolderName.INBOX, message()))
                                    .subscribe(nothing -> {}, error -> {})
                            : Mono.from(store.open(user, FolderName.INBOX))
                                    .flatMap(mailbox -> Mono.from(mailbox.release(new java.util.BitSet())))
                                    .subscribe(nothing -> {}, error -> {}));
            LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(6)));
            if (random.nextInt(3) > 0) {
                underWay.remove(random.nextInt(underWay.size())).dispose();
            }
        }
        underWay.forEach(Disposable::dispose);
    }

    private static Message message() {
        return Message.of(Flux.just(ByteBuffer.wrap("Subject: x\r\n\r\nx\r\n".getBytes(StandardCharsets.US_ASCII))));
    }
}
