package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.campaign.DeliveryProgram.Outcome;

/**
 * Programs that others wrote deliver into mailboxes while POP2 sessions of the packaged server read and delete there,
 * with each sort of lock. At the end every message was either deleted once or is still there once, octet for octet.
 *
 * <p>Needs root, for local delivery becomes the user it delivers to. {@code -Dpop2.interop.messages=N},
 * {@code -Dpop2.seed=N}.
 */
@Tag("interop")
@Timeout(3600)
class OtherProgramsIT {
    private static final String PASSWORD = "secret";
    /** One in so many is never deleted. */
    private static final int KEPT_ONE_IN = 20;

    private static final int PAUSE_MILLIS = 60;

    /** A JVM for each message: few. */
    private static final int MOST_BY_POP2D = 6;

    private static final String APPEND_WITH_FCNTL = """
            import fcntl, os, sys
            octets = sys.stdin.buffer.read()
            mailbox = os.open(sys.argv[1], os.O_RDWR | os.O_APPEND)
            fcntl.lockf(mailbox, fcntl.LOCK_EX)
            while octets:
                octets = octets[os.write(mailbox, octets):]
            os.fsync(mailbox)
            """;

    private enum Program {
        POSTFIX,
        PROCMAIL,
        MAILDROP,
        MAIL_LOCAL,
        DOTLOCKFILE,
        PYTHON,
        POP2D
    }

    /** Which locks are taken, by us and by Postfix. */
    private enum Locks {
        BOTH("both", "fcntl, dotlock"),
        BOTH_AND_FCNTL("both", "fcntl"),
        BOTH_AND_DOTLOCK("both", "dotlock"),
        FCNTL("fcntl", "fcntl"),
        DOTLOCK("dotlock", "dotlock"),
        /** Debian's mail.local has fcntl when it waits for the dot-lock, procmail and maildrop the other way round. */
        DOTLOCK_WITH_MAIL_LOCAL("dotlock", "dotlock");

        private final String ours;
        private final String postfix;

        /** Those that {@code -Dpop2.interop.locks=FCNTL,DOTLOCK} names; all, if it names none. */
        static List<Locks> wanted() {
            String names = System.getProperty("pop2.interop.locks", "");
            return names.isEmpty()
                    ? List.of(values())
                    : Pattern.compile(",")
                            .splitAsStream(names)
                            .map(Locks::valueOf)
                            .toList();
        }

        Locks(String ours, String postfix) {
            this.ours = ours;
            this.postfix = postfix;
        }

        /** Those that share a lock with us, with Postfix and with each other: most of them take both. */
        Set<Program> programs() {
            EnumSet<Program> programs = EnumSet.allOf(Program.class);
            if (!postfix.equals("fcntl")) {
                programs.remove(Program.PYTHON);
            }
            if (!postfix.equals("dotlock")) {
                programs.remove(Program.DOTLOCKFILE);
            }
            if (this == DOTLOCK) {
                programs.remove(Program.MAIL_LOCAL);
            }
            if (this == DOTLOCK_WITH_MAIL_LOCAL) {
                programs.removeAll(EnumSet.of(Program.PROCMAIL, Program.MAILDROP));
            }
            return programs;
        }
    }

    private final int messages = Integer.getInteger("pop2.interop.messages", 10_000);
    private final long seed = Long.getLong("pop2.seed", System.nanoTime());

    private final AtomicInteger ids = new AtomicInteger();
    private final Map<String, Ledger> ledgers = new TreeMap<>();

    private final AtomicInteger sessions = new AtomicInteger();
    private final AtomicInteger busy = new AtomicInteger();
    private final AtomicInteger retries = new AtomicInteger();
    private volatile boolean delivered;
    private volatile boolean stopped;

    @Test
    void everyMessageIsDeletedOnceOrThereOnce(@TempDir Path temporary) throws Exception {
        System.out.println("seed " + seed + ", " + messages + " messages");
        DebianPackages.install(Map.of(
                "/usr/sbin/postfix", "postfix",
                "/usr/bin/procmail", "procmail",
                "/usr/bin/maildrop", "maildrop",
                "/usr/bin/dotlockfile", "liblockfile-bin",
                "/usr/bin/python3", "python3-minimal"));
        assertThat(DebianPackages.isRoot())
                .as("run as root: local delivery becomes the user it delivers to")
                .isTrue();
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path directory = temporary.toRealPath();
        Path mailLocal = DebianPackages.mailLocal(directory.resolve("sendmail"));
        Path program = directory.resolve("program");
        Tool.succeed("cp", "-R", Instance.UNPACKED.toString(), program.toString());
        Path spool = Files.createDirectory(directory.resolve("spool"));
        Tool.succeed("chown", "root:mail", spool.toString());
        Tool.succeed("chmod", "2775", spool.toString());
        MailUsers.USERS.forEach(user -> ledgers.put(user, new Ledger()));
        try {
            MailUsers.create(spool);
            for (Locks locks : Locks.wanted()) {
                campaign(locks, directory, spool, program, mailLocal);
            }
        } catch (Exception | Error e) {
            // not over what went wrong first
            try {
                System.out.println(Tool.succeed(
                        "sh",
                        "-c",
                        "date +%T; ls -la --time-style=+%T '" + spool + "'; head '" + spool + "'/*.lock || true"));
                MailUsers.remove();
            } catch (IOException | InterruptedException also) {
                e.addSuppressed(also);
            }
            throw e;
        }
        MailUsers.remove();
    }

    private void campaign(Locks locks, Path directory, Path spool, Path program, Path mailLocal) throws Exception {
        Path own = Files.createDirectory(directory.resolve(locks.name()));
        Instance instance = new Instance(
                own, spool, MailUsers.runAs(MailUsers.SERVER), program, "storage.mbox.locking = " + locks.ours);
        Tool.succeed("chown", MailUsers.SERVER + ":mail", own.toString());
        long begin = System.nanoTime();
        int sentBefore = ids.get();
        int deletedBefore = deleted();
        sessions.set(0);
        busy.set(0);
        retries.set(0);
        delivered = false;
        stopped = false;
        for (String user : MailUsers.USERS) {
            assertThat(instance.run(PASSWORD + "\n", "user", "add", user, "--password-stdin"))
                    .isZero();
        }
        ExecutorService threads = Executors.newCachedThreadPool();
        PrivatePostfix postfix = new PrivatePostfix(own.resolve("postfix"), spool, locks.postfix);
        try {
            instance.start();
            ExecutorCompletionService<Void> tasks = new ExecutorCompletionService<>(threads);
            int each = messages / Locks.values().length / locks.programs().size();
            int left = messages / Locks.values().length;
            for (Program what : locks.programs()) {
                int count = what == Program.POP2D ? Math.min(MOST_BY_POP2D, each) : each;
                left -= what == Program.POSTFIX ? 0 : count;
                if (what != Program.POSTFIX) {
                    tasks.submit(deliver(what, program(what, locks, own, spool, mailLocal, instance), count));
                }
            }
            int byPostfix = left;
            tasks.submit(() -> {
                try (PrivatePostfix.Sender sender = postfix.sender()) {
                    return deliver(Program.POSTFIX, sender, byPostfix).call();
                }
            });
            for (String user : MailUsers.USERS) {
                tasks.submit(client(user, instance));
            }
            // clients end only after this, or by failing
            for (int i = 0; i < locks.programs().size(); i++) {
                join(tasks);
            }
            postfix.awaitDelivery(Duration.ofMinutes(20));
            delivered = true;
            for (int i = 0; i < MailUsers.USERS.size(); i++) {
                join(tasks);
            }
            for (String user : MailUsers.USERS) {
                checkAll(user, instance, spool);
            }
            System.out.printf(
                    "%s: ours %s, Postfix %s, %s: %d messages (%d by Postfix), %d deleted, %d sessions, in %d s;"
                            + " put off: %d deliveries of Postfix, %d of others, %d sessions%n",
                    locks,
                    locks.ours,
                    locks.postfix,
                    locks.programs(),
                    ids.get() - sentBefore,
                    byPostfix,
                    deleted() - deletedBefore,
                    sessions.get(),
                    (System.nanoTime() - begin) / 1_000_000_000,
                    postfix.deferred(),
                    retries.get(),
                    busy.get());
        } finally {
            delivered = true;
            stopped = true;
            threads.shutdownNow();
            postfix.stop();
            instance.close();
        }
        try (Stream<Path> left = Files.list(spool)) {
            assertThat(left.map(file -> file.getFileName().toString()))
                    .as("nothing beside the mailboxes")
                    .containsExactlyInAnyOrderElementsOf(MailUsers.USERS);
        }
    }

    private Ledger ledger(String user) {
        return Objects.requireNonNull(ledgers.get(user));
    }

    private int deleted() {
        return ledgers.values().stream().mapToInt(Ledger::deletedCount).sum();
    }

    private static void join(ExecutorCompletionService<Void> tasks) throws Exception {
        try {
            tasks.take().get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }

    // ---- deliveries

    private static DeliveryProgram program(
            Program what, Locks locks, Path own, Path spool, Path mailLocal, Instance instance) throws Exception {
        Path log = own.resolve(what + ".log");
        return switch (what) {
            case POSTFIX -> throw new IllegalArgumentException("not started for each message");
            case PROCMAIL ->
                DeliveryProgram.ofUser(
                        user -> List.of(
                                "procmail",
                                "-f",
                                "sender@example.org",
                                procmailrc(own, spool, user).toString()),
                        Letter::text,
                        log);
            case MAILDROP -> {
                for (String user : MailUsers.USERS) {
                    Path filter = Files.writeString(filter(own, user), "to \"" + spool.resolve(user) + "\"\n");
                    Tool.succeed("chown", user, filter.toString());
                    Tool.succeed("chmod", "0600", filter.toString());
                }
                yield DeliveryProgram.ofUser(
                        user -> List.of(
                                "maildrop",
                                "-f",
                                "sender@example.org",
                                filter(own, user).toString()),
                        Letter::text,
                        log);
            }
            case MAIL_LOCAL ->
                DeliveryProgram.started(user -> mailLocal(mailLocal, spool, locks, user), Letter::text, log);
            case DOTLOCKFILE ->
                DeliveryProgram.ofUser(
                        user -> List.of(
                                "sh",
                                "-c",
                                "dotlockfile -l -i 1 -r 500 \"$1.lock\" || exit 75; cat >> \"$1\"; sync \"$1\";"
                                        + " dotlockfile -u \"$1.lock\"",
                                "append",
                                spool.resolve(user).toString()),
                        Letter::mbox,
                        log);
            case PYTHON ->
                DeliveryProgram.ofUser(
                        user -> List.of(
                                "/usr/bin/python3",
                                "-c",
                                APPEND_WITH_FCNTL,
                                spool.resolve(user).toString()),
                        Letter::mbox,
                        log);
            case POP2D ->
                (letter, user) -> {
                    int exitCode =
                            instance.run(letter.text(), "deliver", "--user", user, "--sender", "sender@example.org");
                    assertThat(exitCode).isIn(0, DeliveryProgram.EX_TEMPFAIL);
                    return exitCode == 0 ? Outcome.TAKEN : Outcome.LATER;
                };
        };
    }

    /**
     * It becomes the user by itself. With {@code -h} it delivers to the user's home, which is the spool, but has its
     * dot-locks in /var/mail all the same: where there is no other lock, it gets a /var/mail of its own.
     */
    private static List<String> mailLocal(Path mailLocal, Path spool, Locks locks, String user) {
        List<String> command = new ArrayList<>();
        if (locks == Locks.DOTLOCK_WITH_MAIL_LOCAL) {
            command.addAll(List.of(
                    "unshare",
                    "--mount",
                    "sh",
                    "-c",
                    "mount --bind \"$1\" /var/mail && shift && exec \"$@\"",
                    "with-spool",
                    spool.toString()));
        }
        command.addAll(List.of("setpriv", "--regid=mail", "--clear-groups", "--", mailLocal.toString()));
        command.addAll(List.of("-f", "sender@example.org"));
        if (locks != Locks.DOTLOCK_WITH_MAIL_LOCAL) {
            command.addAll(List.of("-h", user));
        }
        command.add(user);
        return command;
    }

    private static Path filter(Path own, String user) {
        return own.resolve("maildrop-" + user);
    }

    private static Path procmailrc(Path own, Path spool, String user) {
        Path file = own.resolve("procmail-" + user);
        try {
            if (Files.notExists(file)) {
                Files.writeString(file, "DEFAULT=" + spool.resolve(user) + "\nLOCKSLEEP=1\n");
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return file;
    }

    private Callable<Void> deliver(Program what, DeliveryProgram program, int count) {
        Random random = new Random(seed + ids.get() + count);
        return () -> {
            for (int i = 0; i < count; i++) {
                String user = MailUsers.USERS.get(random.nextInt(MailUsers.USERS.size()));
                Letter letter = Letter.random(ids.incrementAndGet(), random);
                ledger(user).sent(letter);
                ledger(user).note(letter.id(), "given to " + what);
                while (program.deliver(letter, user) == Outcome.LATER) {
                    retries.incrementAndGet();
                }
                ledger(user).note(letter.id(), "taken by " + what);
                if (stopped) {
                    return null;
                }
            }
            return null;
        };
    }

    // ---- POP2 sessions

    private Callable<Void> client(String user, Instance instance) {
        Random random = new Random(seed + user.hashCode());
        return () -> {
            while (!delivered) {
                session(user, instance, random);
                // a client that calls without a pause would leave the others no processor
                Thread.sleep(random.nextInt(PAUSE_MILLIS));
                sessions.incrementAndGet();
            }
            return null;
        };
    }

    private void session(String user, Instance instance, Random random) throws IOException {
        Ledger ledger = ledger(user);
        try (PlainClient client = new PlainClient(instance.port())) {
            assertThat(client.receive()).startsWith("+ POP2 ");
            String reply = client.ask("HELO " + user + " " + PASSWORD);
            if (isBusy(reply)) {
                return;
            }
            Set<Integer> marked = read(client, reply, ledger, random);
            int how = random.nextInt(10);
            if (how == 0) {
                // nothing is deleted
                marked.forEach(id -> ledger.note(id, "marked, then the line dropped"));
                return;
            }
            if (how <= 2) {
                reply = client.ask("FOLD INBOX");
                if (isBusy(reply)) {
                    ledger.perhapsDeleted(marked);
                    return;
                }
                ledger.deleted(marked);
                marked = read(client, reply, ledger, random);
            }
            reply = client.ask("QUIT");
            if (isBusy(reply)) {
                marked.forEach(id -> ledger.note(id, "marked, then QUIT was refused"));
            } else {
                ledger.deleted(marked);
            }
        }
    }

    /** Whether the mailbox was locked for too long; any other refusal is none of this campaign's. */
    private boolean isBusy(String reply) {
        if (!reply.startsWith("-")) {
            assertThat(reply).isNotEmpty();
            return false;
        }
        assertThat(reply).startsWith("- mailbox in use");
        busy.incrementAndGet();
        return true;
    }

    /** Reads every message, and acknowledges most of them for deletion: their numbers. */
    private static Set<Integer> read(PlainClient client, String reply, Ledger ledger, Random random)
            throws IOException {
        int count = PlainClient.number(reply, '#');
        Set<Integer> seen = new HashSet<>();
        Set<Integer> marked = new HashSet<>();
        int octets = PlainClient.number(client.ask("READ 1"), '=');
        for (int i = 0; i < count; i++) {
            client.send("RETR");
            String message = new String(client.receive(octets), StandardCharsets.ISO_8859_1);
            assertThat(message).hasSize(octets);
            int id = ledger.received(message);
            assertThat(seen.add(id)).as("seen twice: " + id).isTrue();
            boolean delete = id % KEPT_ONE_IN != 0 && random.nextInt(10) > 0;
            if (delete) {
                marked.add(id);
            }
            octets = PlainClient.number(client.ask(delete ? "ACKD" : "ACKS"), '=');
        }
        assertThat(octets).isZero();
        ledger.seen(seen);
        return marked;
    }

    /** By the server, and by nothing but the file. */
    private void checkAll(String user, Instance instance, Path spool) throws IOException {
        Ledger ledger = ledger(user);
        List<Integer> found = new ArrayList<>();
        try (PlainClient client = new PlainClient(instance.port())) {
            client.receive();
            int count = PlainClient.number(client.ask("HELO " + user + " " + PASSWORD), '#');
            for (int number = 1; number <= count; number++) {
                int octets = PlainClient.number(client.ask("READ " + number), '=');
                client.send("RETR");
                found.add(ledger.received(new String(client.receive(octets), StandardCharsets.ISO_8859_1)));
                client.ask("ACKS");
            }
            assertThat(client.ask("QUIT")).startsWith("+");
        }
        ledger.seen(new HashSet<>(found));
        assertThat(found)
                .as("delivered to " + user + " and not deleted" + ledger.historyOfDifference(found))
                .containsExactlyInAnyOrderElementsOf(ledger.remaining());
        try (Stream<String> lines = Files.lines(spool.resolve(user), StandardCharsets.ISO_8859_1)) {
            assertThat(lines.filter(line -> line.startsWith("X-Id: "))
                            .map(line -> Integer.valueOf(line.substring("X-Id: ".length()))))
                    .as("in the file of " + user)
                    .containsExactlyInAnyOrderElementsOf(ledger.remaining());
        }
    }
}
