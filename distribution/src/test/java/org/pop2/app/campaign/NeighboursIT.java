package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.campaign.NeighbourLedger.Beside;

/**
 * The same mailboxes read by POP2 and by Dovecot's IMAP, mutt and alpine at the same time, while mail is delivered by
 * this server's LMTP, Dovecot's, Dovecot's local delivery agent and IMAP's APPEND. Nothing is lost, doubled, torn or
 * deleted without having been asked for, and sessions of POP2, slow ones too, are hardly ever ended by the others.
 *
 * <p>Needs root on a Debian. {@code -Dpop2.neighbours.seconds=N}, {@code -Dpop2.seed=N}.
 */
@Tag("neighbours")
@Timeout(7200)
class NeighboursIT {
    private static final String PASSWORD = "secret";
    /** Each reads by IMAP and POP2, and some with a program beside. */
    private static final Map<String, Beside> USERS =
            new TreeMap<>(Map.of("ann", Beside.MUTT, "bob", Beside.ALPINE, "cid", Beside.NOTHING));
    /** Of sessions that others may end. */
    private static final double MOST_ENDED = 0.02;
    /** More is not delivered until some are deleted. */
    private static final int MOST_MESSAGES = 40;

    /** Dovecot waits 5 minutes for a mailbox that somebody has locked. */
    private static final int LOCK_MILLIS = 360_000;

    private static final Pattern SEQUENCE = Pattern.compile("\\* (\\d+) FETCH .*", Pattern.DOTALL);

    private final int seconds = Integer.getInteger("pop2.neighbours.seconds", 1200);
    private final long seed = Long.getLong("pop2.seed", System.nanoTime());
    private final Map<String, NeighbourLedger> ledgers = new ConcurrentSkipListMap<>();
    private final Map<String, AtomicInteger> counts = new ConcurrentSkipListMap<>();
    private volatile boolean stopped;

    private void count(String what) {
        counts.computeIfAbsent(what, name -> new AtomicInteger()).incrementAndGet();
    }

    private NeighbourLedger ledger(String user) {
        return ledgers.computeIfAbsent(user, name -> new NeighbourLedger(Objects.requireNonNull(USERS.get(name))));
    }

    private int counted(String what) {
        AtomicInteger count = counts.get(what);
        return count == null ? 0 : count.get();
    }

    /** Something that is done again and again. */
    private interface Step {
        void take(Random random) throws IOException, InterruptedException;
    }

    @Test
    void mailboxesAreSharedWithOtherPrograms(@TempDir Path temporary) throws Exception {
        System.out.println("seed " + seed + ", " + seconds + " s");
        assertThat(DebianPackages.isRoot()).as("run as root").isTrue();
        DebianPackages.install(Map.of(
                "/usr/bin/mutt", "mutt",
                "/usr/bin/alpine", "alpine",
                "/usr/bin/setpriv", "util-linux",
                "/usr/bin/script", "bsdutils"));
        assertThat(Tool.succeed("stat", "-c", "%a", "/tmp").strip())
                .as("mode of /tmp, without which alpine does not write")
                .isEqualTo("1777");
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path directory = temporary.toRealPath();
        Path spool = Files.createDirectory(directory.resolve("spool"));
        Path own = Files.createDirectory(directory.resolve("pop2d"));
        Path program = directory.resolve("program");
        Tool.succeed("cp", "-R", Instance.UNPACKED.toString(), program.toString());
        String owner = DovecotNeighbour.OWNER;
        Instance instance = new Instance(
                own,
                spool,
                DovecotNeighbour.asOwner(),
                program,
                "mailbox { busy-wait = 30s }",
                "mailbox.takeover-after = 1h",
                "storage.mbox.quoting = none",
                "lmtp { address = \"127.0.0.1:0\", domains = example.org }");
        Tool.succeed("chown", "-R", owner + ":" + owner, own.toString(), spool.toString());
        for (String user : USERS.keySet()) {
            assertThat(instance.run(PASSWORD + "\n", "user", "add", user, "--password-stdin"))
                    .isZero();
        }
        try (DovecotNeighbour dovecot =
                new DovecotNeighbour(Files.createDirectory(directory.resolve("dovecot")), spool)) {
            instance.start();
            try {
                campaign(instance, dovecot, directory, spool);
                USERS.keySet().forEach(user -> checkAtTheEnd(user, instance, dovecot, spool));
            } finally {
                instance.close();
                report(dovecot, instance);
            }
        }
        ledgers.forEach((user, ledger) -> assertThat(ledger.wrongs()).as(user).isEmpty());
        int ended = counted("pop2 ended by others");
        assertThat(ended).as("sessions ended by others, of " + counted("pop2")).isLessThanOrEqualTo((int)
                Math.ceil(counted("pop2") * MOST_ENDED));
    }

    private void report(DovecotNeighbour dovecot, Instance instance) throws IOException {
        System.out.println(counts);
        ledgers.forEach((user, ledger) -> System.out.println(user + ": " + ledger.count() + " delivered, "
                + ledger.deletedCount() + " deleted, " + ledger.cutShort() + " cut short by Dovecot, "
                + ledger.wrongs().stream().limit(10).toList()));
        long complaints = Files.readAllLines(dovecot.log(), StandardCharsets.ISO_8859_1).stream()
                .filter(line -> line.contains("Error") || line.contains("Panic"))
                .peek(line -> count("dovecot: "
                        + line.replaceFirst(".*?: (Error|Panic)", "$1").replaceAll("/\\S+|[0-9]+", "*")))
                .count();
        System.out.println(complaints + " errors of Dovecot");
        counts.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("dovecot: "))
                .forEach(System.out::println);
        List<String> own = Files.readAllLines(instance.log(), StandardCharsets.UTF_8).stream()
                .filter(line -> line.contains("WARN") || line.contains("ERROR"))
                .toList();
        System.out.println(own.size() + " warnings of the server, the last: "
                + own.subList(Math.max(0, own.size() - 30), own.size()));
    }

    private void campaign(Instance instance, DovecotNeighbour dovecot, Path directory, Path spool) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        List<Future<?>> all = new ArrayList<>();
        int number = 0;
        for (String user : USERS.keySet()) {
            NeighbourLedger ledger = ledger(user);
            Terminal terminal = new Terminal(directory.resolve("terminal-" + user), spool.resolve(user));
            for (Step step : List.<Step>of(
                    random -> pop2(user, ledger, instance.port(), random, false),
                    random -> pop2(user, ledger, instance.port(), random, true),
                    random -> imap(user, ledger, dovecot, random),
                    random -> imap(user, ledger, dovecot, random),
                    random -> deliver(user, ledger, instance, dovecot, random),
                    random -> terminal(terminal, ledger, random))) {
                Random random = new Random(seed + number++);
                all.add(threads.submit(() -> {
                    while (!stopped) {
                        step.take(random);
                    }
                    return null;
                }));
            }
        }
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < until && all.stream().noneMatch(Future::isDone)) {
            Thread.sleep(200);
        }
        stopped = true;
        for (Future<?> each : all) {
            each.get(10, TimeUnit.MINUTES);
        }
        threads.shutdown();
    }

    private static void pause(Random random, int most) throws InterruptedException {
        Thread.sleep(random.nextInt(most) + 1);
    }

    // ---- deliveries

    private void deliver(
            String user, NeighbourLedger ledger, Instance instance, DovecotNeighbour dovecot, Random random)
            throws IOException, InterruptedException {
        pause(random, 700);
        if (ledger.live() > MOST_MESSAGES) {
            return;
        }
        String message = ledger.message(random);
        ledger.sends(message);
        int how = random.nextInt(10);
        boolean good;
        if (how == 0) {
            good = Tool.feed(dovecot.deliveryAgent(user), message.replace("\r", ""), dovecot.log()) == 0;
            count("delivered by dovecot-lda");
        } else {
            int port = how < 5 ? dovecot.lmtpPort() : instance.lmtpPort();
            count(how < 5 ? "delivered by dovecot lmtp" : "delivered by pop2d lmtp");
            good = lmtp(port, user, message);
        }
        if (good) {
            ledger.delivered(message);
        } else {
            count("deliveries put off");
        }
    }

    private static boolean lmtp(int port, String user, String message) throws IOException {
        try (PlainClient client = new PlainClient(port, LOCK_MILLIS)) {
            client.receive();
            for (String line = client.ask("LHLO campaign"); line.startsWith("250-"); ) {
                line = client.receive();
            }
            client.ask("MAIL FROM:<jkr@example.org>");
            if (!client.ask("RCPT TO:<" + user + "@example.org>").startsWith("250")
                    || !client.ask("DATA").startsWith("354")) {
                return false;
            }
            client.send(message.replace("\r\n.", "\r\n..") + ".");
            return client.receive().startsWith("250");
        }
    }

    // ---- POP2

    private void pop2(String user, NeighbourLedger ledger, int port, Random random, boolean slow)
            throws IOException, InterruptedException {
        pause(random, slow ? 500 : 1500);
        Set<Integer> marked = new HashSet<>();
        try (PlainClient client = new PlainClient(port)) {
            client.receive();
            String opened = client.ask("HELO " + user + " " + PASSWORD);
            if (opened.startsWith("- mailbox in use")) {
                return;
            }
            count("pop2");
            count(slow ? "pop2 slow" : "pop2 fast");
            if (!opened.startsWith("#")) {
                ended("HELO", opened);
                return;
            }
            int messages = PlainClient.number(opened, '#');
            for (int number = 1; number <= messages; number++) {
                if (!read(client, number, ledger, marked, random, slow)) {
                    return;
                }
                if (slow) {
                    pause(random, 1500);
                }
                if (stopped) {
                    break;
                }
            }
            ledger.mayDelete(marked);
            String end = client.ask("QUIT");
            if (end.startsWith("+")) {
                ledger.deleted(marked);
                return;
            }
            ended("QUIT", end);
        }
    }

    private void ended(String where, String reply) {
        count("pop2 ended by others");
        count("ended at " + where + ": " + reply);
    }

    /** One message; whether the session goes on. */
    private boolean read(
            PlainClient client, int number, NeighbourLedger ledger, Set<Integer> marked, Random random, boolean slow)
            throws IOException, InterruptedException {
        String told = client.ask("READ " + number);
        if (!told.startsWith("=")) {
            ended("READ", told);
            return false;
        }
        int octets = PlainClient.number(told, '=');
        if (octets == 0) {
            count("gone");
            return true;
        }
        if (slow) {
            pause(random, 1000);
        }
        client.send("RETR");
        StringBuilder text = new StringBuilder();
        while (text.length() < octets) {
            byte[] some = client.receive(Math.min(slow ? 8192 : 65536, octets - text.length()));
            if (some.length == 0) {
                ended(text.isEmpty() ? "RETR" : "the middle of a message", "");
                return false;
            }
            text.append(new String(some, StandardCharsets.ISO_8859_1));
            if (slow && text.length() < octets) {
                pause(random, 200);
            }
        }
        int id = ledger.check(NeighbourLedger.POP2, text.toString());
        boolean delete = random.nextBoolean();
        String next = client.ask(delete ? "ACKD" : "ACKS");
        if (!next.startsWith("=")) {
            ended("ACKD", next);
            return false;
        }
        if (delete) {
            marked.add(id);
        }
        return true;
    }

    // ---- IMAP

    private void imap(String user, NeighbourLedger ledger, DovecotNeighbour dovecot, Random random)
            throws IOException, InterruptedException {
        try (ImapClient client = dovecot.login(user)) {
            count("imap");
            client.must("SELECT INBOX");
            for (int step = random.nextInt(30); step >= 0 && !stopped; step--) {
                telephone(client, ledger, random);
                pause(random, 2500);
            }
            client.ask("LOGOUT");
        } catch (IOException e) {
            // Dovecot gives up when it does not recognise its mailbox; people connect anew
            count("imap ended: " + String.valueOf(e.getMessage()).replaceAll("[0-9]+", "*"));
            pause(random, 1000);
        }
    }

    private void telephone(ImapClient client, NeighbourLedger ledger, Random random)
            throws IOException, InterruptedException {
        int one = client.exists() == 0 ? 0 : 1 + random.nextInt(client.exists());
        switch (random.nextInt(9)) {
            case 0 -> client.idle(1000 + random.nextInt(4000));
            case 1 -> client.must("NOOP");
            case 2 -> client.must("CHECK");
            case 3 -> {
                String message = ledger.message(random);
                if (ledger.live() > MOST_MESSAGES) {
                    return;
                }
                ledger.sends(message);
                if (client.append(message).ok()) {
                    ledger.delivered(message);
                    count("appended by imap");
                } else {
                    count("append refused");
                    client.must("SELECT INBOX");
                }
            }
            case 4 -> {
                if (one > 0) {
                    ImapClient.Answer all = client.ask("FETCH 1:* (UID BODY.PEEK[])");
                    for (String line : all.lines()) {
                        if (line.contains(" FETCH ") && line.contains("X-Campaign")) {
                            String text = line.substring(line.indexOf('\n') + 1);
                            ledger.check(
                                    NeighbourLedger.IMAP,
                                    text.endsWith(")") ? text.substring(0, text.length() - 1) : text);
                        }
                    }
                }
            }
            case 5 -> expunge(client, ledger, one);
            default -> {
                if (one > 0) {
                    String flag = List.of("\\Seen", "\\Flagged", "\\Answered", "$Later", "Custom" + random.nextInt(9))
                            .get(random.nextInt(5));
                    client.ask("STORE " + one + " " + (random.nextBoolean() ? "+" : "-") + "FLAGS (" + flag + ")");
                    count("flags");
                }
            }
        }
    }

    /** Deletes one message that it has looked at, and knows by its UID. */
    private void expunge(ImapClient client, NeighbourLedger ledger, int one) throws IOException {
        if (one == 0) {
            return;
        }
        ImapClient.Answer header = client.ask("FETCH " + one + " (UID BODY.PEEK[HEADER])");
        for (String line : header.lines()) {
            Matcher uid = Pattern.compile("UID (\\d+)").matcher(line);
            if (SEQUENCE.matcher(line).matches() && uid.find() && NeighbourLedger.id(line) > 0) {
                Set<Integer> id = Set.of(NeighbourLedger.id(line));
                ledger.mayDelete(id);
                client.must("UID STORE " + uid.group(1) + " +FLAGS (\\Deleted)");
                if (client.must("UID EXPUNGE " + uid.group(1)).lines().stream()
                        .anyMatch(told -> told.endsWith(" EXPUNGE"))) {
                    count("expunged by imap");
                }
            }
        }
    }

    // ---- mutt and alpine

    /** Programs that want a terminal. */
    private static final class Terminal {
        private final Path home;
        private final Path mailbox;

        Terminal(Path home, Path mailbox) throws IOException, InterruptedException {
            this.home = Files.createDirectory(home);
            this.mailbox = mailbox;
            Files.write(
                    home.resolve("muttrc"),
                    List.of(
                            "set folder=" + home + " record=\"\" postponed=" + home + "/postponed",
                            "set confirmappend=no delete=yes quit=yes move=no mark_old=yes sort=mailbox-order",
                            "set save_empty=yes wait_key=no header_cache=\"\" dotlock_program=" + home + "/dotlock"));
            // or it asks questions that nobody answers
            Files.write(
                    home.resolve("pinerc"),
                    List.of(
                            "last-version-used=6.26",
                            "feature-list=enable-flag-cmd,quit-without-confirm,expunge-without-confirm-everywhere"));
            Files.createDirectory(home.resolve("mail"));
            // it would take away a lock that others hold for more than 5 seconds, for there is nobody who says no
            Path dotLock = Files.write(
                    home.resolve("dotlock"),
                    List.of(
                            "#!/bin/bash",
                            "for one; do [ \"$one\" = -f ] || all+=(\"$one\"); done",
                            "exec /usr/bin/mutt_dotlock \"${all[@]}\""));
            Files.setPosixFilePermissions(dotLock, PosixFilePermissions.fromString("rwxr-xr-x"));
            Tool.succeed("chown", "-R", DovecotNeighbour.OWNER + ":" + DovecotNeighbour.OWNER, home.toString());
        }

        /** Has mutt do something, as if somebody typed it. */
        int mutt(String keys) throws IOException, InterruptedException {
            return run("15", "mutt -n -F " + home + "/muttrc -f " + mailbox + " -e 'push \"" + keys + "\"'");
        }

        /** The same with alpine. */
        int alpine(String keys) throws IOException, InterruptedException {
            return run("60", "alpine -p " + home + "/pinerc -f " + mailbox + " -I '" + keys + "'");
        }

        private int run(String mostSeconds, String command) throws IOException, InterruptedException {
            List<String> all = new ArrayList<>(DovecotNeighbour.asOwner());
            all.addAll(List.of(
                    "env",
                    "HOME=" + home,
                    "TERM=xterm",
                    "timeout",
                    "-k",
                    "5",
                    mostSeconds,
                    "script",
                    "-qec",
                    command,
                    "/dev/null"));
            return Tool.feed(all, "", home.resolve("log"));
        }
    }

    private void terminal(Terminal terminal, NeighbourLedger ledger, Random random)
            throws IOException, InterruptedException {
        pause(random, 8000);
        switch (ledger.beside()) {
            case NOTHING -> {}
            case ALPINE -> {
                // marks the message that the index opens at, or takes the mark off, and writes the mailbox
                count(
                        terminal.alpine("i,*," + (random.nextBoolean() ? "!," : "") + "*,q,y,y") == 0
                                ? "alpine"
                                : "alpine did not end");
            }
            case MUTT -> {
                if (random.nextInt(3) > 0) {
                    count("mutt, flags");
                    terminal.mutt("<tag-pattern>~s id<enter><tag-prefix><set-flag>" + (random.nextBoolean() ? "!" : "r")
                            + "<sync-mailbox><quit>");
                    return;
                }
                int id = ledger.some(random);
                if (id > 0) {
                    count("mutt, deletion");
                    ledger.mayDelete(Set.of(id));
                    terminal.mutt("<delete-pattern>~s id-" + id + "-<enter><sync-mailbox><quit>");
                }
            }
        }
    }

    // ---- the end

    private void checkAtTheEnd(String user, Instance instance, DovecotNeighbour dovecot, Path spool) {
        NeighbourLedger ledger = ledger(user);
        try {
            String mailbox = Files.readString(spool.resolve(user), StandardCharsets.ISO_8859_1);
            if (mailbox.indexOf('\0') >= 0) {
                ledger.wrong("NULs are in the mailbox");
            }
            ledger.checkAll(NeighbourLedger.POP2, byPop2(user, ledger, instance.port()));
            ledger.checkAll(NeighbourLedger.IMAP, patientlyByImap(user, ledger, dovecot));
        } catch (IOException e) {
            ledger.wrong("cannot be read: " + e);
        }
    }

    private static List<Integer> byPop2(String user, NeighbourLedger ledger, int port) throws IOException {
        List<Integer> found = new ArrayList<>();
        try (PlainClient client = new PlainClient(port)) {
            client.receive();
            int messages = PlainClient.number(client.ask("HELO " + user + " " + PASSWORD), '#');
            for (int number = 1; number <= messages; number++) {
                int octets = PlainClient.number(client.ask("READ " + number), '=');
                client.send("RETR");
                found.add(ledger.check(
                        NeighbourLedger.POP2, new String(client.receive(octets), StandardCharsets.ISO_8859_1)));
                client.ask("ACKS");
            }
            client.ask("QUIT");
        }
        return found;
    }

    /** As often as there may be messages: a size that Dovecot remembers wrong ends a session, and is mended by that. */
    private static List<Integer> patientlyByImap(String user, NeighbourLedger ledger, DovecotNeighbour dovecot)
            throws IOException {
        for (int tries = 2 * MOST_MESSAGES; ; tries--) {
            try {
                return byImap(user, ledger, dovecot);
            } catch (IOException e) {
                if (tries == 0) {
                    throw e;
                }
            }
        }
    }

    private static List<Integer> byImap(String user, NeighbourLedger ledger, DovecotNeighbour dovecot)
            throws IOException {
        List<Integer> found = new ArrayList<>();
        try (ImapClient client = dovecot.login(user)) {
            client.must("SELECT INBOX");
            for (int number = 1; number <= client.exists(); number++) {
                String line =
                        client.must("FETCH " + number + " BODY.PEEK[]").lines().get(0);
                String text = line.substring(line.indexOf('\n') + 1);
                found.add(ledger.check(NeighbourLedger.IMAP, text.substring(0, text.length() - 1)));
            }
        }
        return found;
    }
}
