package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The packaged server collects the mail of a real Dovecot while either of them is killed with SIGKILL, again and again:
 * each message is here exactly once and octet for octet, and at the provider is what {@code at-provider} says.
 */
@Tag("collect")
@Timeout(1800)
class CollectIT {
    private static final int EACH_ROUND = 12;

    private final int kills = Integer.getInteger("pop2.collect.kills", 60);
    private final long seed = Long.getLong("pop2.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @TempDir
    private Path directory;

    private final List<String> expected = new ArrayList<>();

    private String[] lines(DovecotProvider provider, String scheme, String atProvider, String... more)
            throws IOException {
        Path password = Files.writeString(directory.resolve("password"), "secret\n");
        List<String> lines = new ArrayList<>(List.of(more));
        lines.add("collect.jon { user = jon, from = \"" + provider.address(scheme) + "\", password-file = \"" + password
                + "\", tls-ca = \"" + provider.authority() + "\", every = 10s, which = all, at-provider = \""
                + atProvider
                + "\" }");
        return lines.toArray(String[]::new);
    }

    private void arrive(DovecotProvider provider, int count) throws IOException, InterruptedException {
        List<String> messages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = expected.size() + i;
            // every seventh is the same to the octet as the one before
            boolean again = number % 7 == 6 && i > 0;
            messages.add(again ? messages.get(i - 1) : message(number));
        }
        provider.arrive(messages, expected.size());
        expected.addAll(messages);
    }

    private String message(int number) {
        StringBuilder body = new StringBuilder();
        int lines = random.nextInt(10) == 0 ? 5000 : random.nextInt(40);
        for (int i = 0; i < lines; i++) {
            body.append(random.nextInt(20) == 0 ? "From here" : random.nextInt(20) == 0 ? "." : "line \u00e9 " + i);
            body.append('\n');
        }
        return "Return-Path: <jkr@example.org>\nX-Id: " + number + "\nSubject: " + number + "\n\n" + body;
    }

    @ParameterizedTest
    @CsvSource({"imaps, keep", "imaps, delete", "imaps, mark-seen", "pop3s, delete"})
    void eachMessageIsHereOnceInMbox(String scheme, String atProvider) throws Exception {
        try (DovecotProvider provider = new DovecotProvider(directory.resolve("dovecot"))) {
            campaign(new Instance(directory, lines(provider, scheme, atProvider)), provider, scheme, atProvider);
        }
    }

    @ParameterizedTest
    @CsvSource({"imaps, delete", "pop3s, keep"})
    void eachMessageIsHereOnceInPostgresql(String scheme, String atProvider) throws Exception {
        try (SharedDatabase database = new SharedDatabase();
                DovecotProvider provider = new DovecotProvider(directory.resolve("dovecot"))) {
            Instance node =
                    SharedDatabase.node(directory, "node", database.port(), lines(provider, scheme, atProvider));
            campaign(node, provider, scheme, atProvider);
        }
    }

    private void campaign(Instance instance, DovecotProvider provider, String scheme, String atProvider)
            throws Exception {
        System.out.println("seed " + seed + ", " + kills + " kills, " + atProvider);
        assertThat(instance.run("secret\n", "user", "add", "jon", "--password-stdin"))
                .isZero();
        int killedProviders = 0;
        int killedServers = 0;
        arrive(provider, 200);
        instance.start();
        for (int round = 0; round < kills; round++) {
            arrive(provider, random.nextInt(2 * EACH_ROUND));
            Thread.sleep(random.nextInt(2500));
            switch (random.nextInt(4)) {
                case 0 -> {
                    provider.killSessions();
                    killedProviders++;
                }
                case 1 -> {
                    provider.kill();
                    killedProviders++;
                    Thread.sleep(random.nextInt(300));
                    provider.start();
                }
                default -> {
                    instance.kill();
                    killedServers++;
                    instance.start();
                }
            }
        }
        long start = System.nanoTime();
        List<String> mail = List.of();
        while (mail.size() < expected.size() && System.nanoTime() - start < TimeUnit.MINUTES.toNanos(4)) {
            Thread.sleep(1000);
            mail = mailOrNone(instance);
        }
        // and nothing more comes
        Thread.sleep(12_000);
        mail = LmtpProgramsIT.mail(instance, "jon");
        System.out.println(expected.size() + " messages, " + killedServers + " kills of the server, " + killedProviders
                + " of the provider; here: " + mail.size() + ", there: " + provider.count());
        instance.close();
        assertThat(mail)
                .containsExactlyInAnyOrderElementsOf(
                        expected.stream().map(CollectIT::wire).toList());
        assertThat(provider.count()).isEqualTo(atProvider.equals("delete") ? 0 : expected.size());
        if (!scheme.equals("pop3s")) {
            // Dovecot marks what is read by POP3
            assertThat(provider.unseen()).isEqualTo(atProvider.equals("keep") ? expected.size() : 0);
        }
    }

    /** Who looks for a message that was being stored may take the mailbox over, as sessions do here at once. */
    private static List<String> mailOrNone(Instance instance) throws Exception {
        try {
            return LmtpProgramsIT.mail(instance, "jon");
        } catch (IOException e) {
            return List.of();
        }
    }

    private static String wire(String message) {
        return message.replace("\n", "\r\n");
    }

    @Test
    void whatHasNoRoomStaysThereUntilThereIs() throws Exception {
        try (DovecotProvider provider = new DovecotProvider(directory.resolve("dovecot"))) {
            Instance instance = new Instance(directory, lines(provider, "imaps", "delete", "quota.messages = 30"));
            assertThat(instance.run("secret\n", "user", "add", "jon", "--password-stdin"))
                    .isZero();
            arrive(provider, 50);

            assertThat(instance.run("", "collect", "run", "jon")).isEqualTo(65);
            assertThat(provider.count()).isEqualTo(20);
            assertThat(instance.run("", "user", "quota", "jon", "--unlimited")).isZero();
            assertThat(instance.run("", "collect", "run", "jon")).isZero();

            instance.start();
            assertThat(LmtpProgramsIT.mail(instance, "jon"))
                    .containsExactlyInAnyOrderElementsOf(
                            expected.stream().map(CollectIT::wire).toList());
            assertThat(provider.count()).isZero();
            instance.close();
        }
    }

    /** A file system that is really full: that of the mailboxes, of what is remembered, or of messages on their way. */
    @ParameterizedTest
    @CsvSource({
        "mail, imaps, delete",
        "mail, pop3s, delete",
        "mail, imaps, keep",
        "state, imaps, delete",
        "state, pop3s, delete",
        "temporary, imaps, delete",
        "temporary, pop3s, delete"
    })
    void aFullDiskLosesNothingAndBringsNothingTwice(String full, String scheme, String atProvider) throws Exception {
        try (SmallDisk disk = new SmallDisk(directory.resolve("disk"));
                DovecotProvider provider = new DovecotProvider(directory.resolve("dovecot"))) {
            Instance instance = new Instance(
                    directory,
                    lines(
                            provider,
                            scheme,
                            atProvider,
                            full.equals("mail") ? "storage.mbox.inbox = \"" + disk.path() + "/{user}\"" : "",
                            full.equals("state") ? "storage.mbox.state = \"" + disk.path() + "/state\"" : ""));
            Path temporary = full.equals("temporary") ? disk.path() : Files.createDirectory(directory.resolve("tmp"));
            instance.javaOptions("-Djava.io.tmpdir=" + temporary);
            whileTheDiskIsFull(instance, disk, provider, atProvider);
        }
    }

    @Test
    void aFullDiskOfPostgresqlLosesNothingAndBringsNothingTwice() throws Exception {
        try (SmallDisk disk = new SmallDisk(directory.resolve("disk"));
                SharedDatabase database = new SharedDatabase();
                DovecotProvider provider = new DovecotProvider(directory.resolve("dovecot"))) {
            Instance node = SharedDatabase.node(directory, "node", database.port(), lines(provider, "imaps", "delete"));
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                Path place = Files.createDirectory(disk.path().resolve("tables"));
                statement.execute("CREATE TABLESPACE small LOCATION '" + place + "'");
                statement.execute("ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE small");
                statement.execute("ALTER INDEX ALL IN TABLESPACE pg_default SET TABLESPACE small");
            }
            whileTheDiskIsFull(node, disk, provider, "delete");
        }
    }

    private void whileTheDiskIsFull(Instance instance, SmallDisk disk, DovecotProvider provider, String atProvider)
            throws Exception {
        assertThat(instance.run("secret\n", "user", "add", "jon", "--password-stdin"))
                .isZero();
        arrive(provider, 60);
        int refusals = 0;
        for (int room = 0; room < 256 * 1024; room += 16 * 1024 + random.nextInt(48 * 1024)) {
            disk.leave(room);
            refusals += instance.run("", "collect", "run", "jon") == 0 ? 0 : 1;
        }
        System.out.println(refusals + " runs without room");
        assertThat(refusals).isPositive();
        disk.leave(SmallDisk.SIZE);
        assertThat(instance.run("", "collect", "run", "jon")).isZero();

        assertThat(Files.readAllLines(instance.log()).stream()
                        .filter(line -> line.startsWith("pop2d: ") || line.contains("message-not-collected")))
                .isNotEmpty()
                .allSatisfy(line ->
                        assertThat(line).containsIgnoringCase("no space").contains("/"));
        assertThat(provider.count()).isEqualTo(atProvider.equals("delete") ? 0 : expected.size());
        instance.start();
        assertThat(LmtpProgramsIT.mail(instance, "jon"))
                .containsExactlyInAnyOrderElementsOf(
                        expected.stream().map(CollectIT::wire).toList());
        instance.close();
    }

    /** A file system of a few MiB. */
    private record SmallDisk(Path path) implements AutoCloseable {
        private static final int SIZE = 48 * 1024 * 1024;

        SmallDisk {
            try {
                Files.createDirectories(path);
                Tool.succeed(
                        "mount", "-t", "tmpfs", "-o", "mode=0700,size=" + SIZE, "pop2-small-disk", path.toString());
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException("needs root, and the right to mount", e);
            }
        }

        /** Leaves so many octets, if there are so many. */
        void leave(int octets) throws IOException {
            Path filler = path.resolve("filler");
            Files.deleteIfExists(filler);
            long free = Files.getFileStore(path).getUsableSpace() - octets;
            if (free > 0) {
                Files.write(filler, new byte[(int) free]);
            }
        }

        @Override
        public void close() throws IOException {
            try {
                Tool.succeed("umount", "--lazy", path.toString());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"imaps", "pop3s"})
    void aMessageOfOneGibibyteComesWithAHeapOf256MiB(String scheme) throws Exception {
        try (DovecotProvider provider = new DovecotProvider(directory.resolve("dovecot"))) {
            Path password = Files.writeString(directory.resolve("password"), "secret\n");
            Instance instance = new Instance(
                    directory,
                    "collect.jon { user = jon, from = \"" + provider.address(scheme) + "\", password-file = \""
                            + password + "\", tls-ca = \"" + provider.authority()
                            + "\", which = all, at-provider = delete, max-octets = 2GiB }");
            instance.javaOptions("-Xmx256m");
            assertThat(instance.run("secret\n", "user", "add", "jon", "--password-stdin"))
                    .isZero();
            Path message = directory.resolve("message");
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(message), 1 << 16)) {
                out.write("Subject: big\n\n".getBytes(StandardCharsets.US_ASCII));
                for (int i = 0; i < 1 << 20; i++) {
                    out.write(String.format("%01023d%n", i).getBytes(StandardCharsets.US_ASCII));
                }
            }
            provider.arrive(message);

            assertThat(instance.run("", "collect", "run", "jon")).isZero();

            assertThat(provider.count()).isZero();
            Path mailbox = instance.spool().resolve("jon");
            // what comes before and behind a message in an mbox
            assertThat(Files.size(mailbox)).isBetween(Files.size(message), Files.size(message) + 1000);
            try (BufferedReader here = Files.newBufferedReader(mailbox);
                    BufferedReader there = Files.newBufferedReader(message)) {
                String line = here.readLine();
                while (!line.equals("Subject: big")) {
                    line = here.readLine();
                }
                for (String wanted = there.readLine(); wanted != null; wanted = there.readLine()) {
                    if (!line.equals(wanted)) {
                        assertThat(line).isEqualTo(wanted);
                    }
                    line = here.readLine();
                }
            }
        }
    }

    /** The lease of a ledger is a minute: so long the other one waits. */
    @Test
    void ofTwoNodesOneCollectsAndTheOtherTakesOver() throws Exception {
        try (SharedDatabase database = new SharedDatabase();
                DovecotProvider provider = new DovecotProvider(directory.resolve("dovecot"))) {
            String[] lines = lines(provider, "imaps", "mark-seen");
            Instance one = SharedDatabase.node(directory.resolve("one"), "one", database.port(), lines);
            Instance other = SharedDatabase.node(directory.resolve("other"), "other", database.port(), lines);
            assertThat(one.run("secret\n", "user", "add", "jon", "--password-stdin"))
                    .isZero();
            arrive(provider, 150);
            one.start();
            other.start();
            for (int round = 0; round < 3; round++) {
                Thread.sleep(random.nextInt(3000));
                one.kill();
                arrive(provider, 20);
                awaitMail(other, 2);
                one.start();
                Thread.sleep(random.nextInt(3000));
                // alive, and silent for longer than its lease: what it goes on with then must not come twice
                other.pause();
                arrive(provider, 20);
                awaitMail(one, 2);
                other.resume();
            }
            Thread.sleep(12_000);
            List<String> mail = LmtpProgramsIT.mail(one, "jon");
            System.out.println("two nodes: " + expected.size() + " messages, here " + mail.size());
            one.close();
            other.close();
            assertThat(mail)
                    .containsExactlyInAnyOrderElementsOf(
                            expected.stream().map(CollectIT::wire).toList());
            assertThat(provider.unseen()).isZero();
        }
    }

    private void awaitMail(Instance instance, int minutes) throws IOException, InterruptedException {
        long start = System.nanoTime();
        while (LmtpProgramsIT.mail(instance, "jon").size() < expected.size()
                && System.nanoTime() - start < TimeUnit.MINUTES.toNanos(minutes)) {
            Thread.sleep(2000);
        }
    }

    @Test
    void newMailComesAtOnceAndAStopEndsTheWait() throws Exception {
        try (DovecotProvider provider = new DovecotProvider(directory.resolve("dovecot"))) {
            Path password = Files.writeString(directory.resolve("password"), "secret\n");
            Instance instance = new Instance(
                    directory,
                    "collect.jon { user = jon, from = \"" + provider.address("imaps") + "\", password-file = \""
                            + password + "\", tls-ca = \"" + provider.authority() + "\", every = 1h }");
            assertThat(instance.run("secret\n", "user", "add", "jon", "--password-stdin"))
                    .isZero();
            arrive(provider, 3);
            expected.clear();
            instance.start();
            Thread.sleep(5000);
            provider.arrive(List.of(message(100)), 100);

            long start = System.nanoTime();
            while (LmtpProgramsIT.mail(instance, "jon").isEmpty()
                    && System.nanoTime() - start < TimeUnit.MINUTES.toNanos(1)) {
                Thread.sleep(200);
            }
            System.out.println(
                    "new mail was here after " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms");
            assertThat(LmtpProgramsIT.mail(instance, "jon")).hasSize(1);
            long stopping = System.nanoTime();
            instance.close();
            assertThat(System.nanoTime() - stopping).isLessThan(TimeUnit.SECONDS.toNanos(10));
            assertThat(Files.readString(instance.log(), StandardCharsets.UTF_8)).doesNotContain("collection-failed");
        }
    }

    /** It was 72 MiB when each of them had a thread, and 56 when this was written. */
    @Test
    void twoHundredWaitingAccountsTakeAtMost64MiB() throws Exception {
        try (DovecotProvider provider = new DovecotProvider(directory.resolve("dovecot"))) {
            long without = resident(provider, 0);
            long with = resident(provider, 200);

            System.out.println("resident without accounts " + without + " KiB, with 200 that wait " + with);
            assertThat(with - without).isLessThan(64 * 1024);
        }
    }

    /** KiB of a server whose accounts wait for mail: the least that there is within some time. */
    private long resident(DovecotProvider provider, int accounts) throws Exception {
        Path place = Files.createDirectory(directory.resolve("with-" + accounts));
        Path password = Files.writeString(place.resolve("password"), "secret\n");
        String[] lines = new String[accounts];
        for (int i = 0; i < accounts; i++) {
            provider.admit("jon" + i);
            lines[i] = "collect.a" + i + " { user = jon, from = \"" + provider.address("imaps", "jon" + i)
                    + "\", password-file = \"" + password + "\", tls-ca = \"" + provider.authority()
                    + "\", every = 1h }";
        }
        Instance instance = new Instance(place, lines);
        assertThat(instance.run("secret\n", "user", "add", "jon", "--password-stdin"))
                .isZero();
        instance.start();
        try {
            long start = System.nanoTime();
            while (provider.sessions() < accounts && System.nanoTime() - start < TimeUnit.MINUTES.toNanos(3)) {
                Thread.sleep(500);
            }
            assertThat(provider.sessions()).isEqualTo(accounts);
            long least = Long.MAX_VALUE;
            // what Java's compiler took goes back to the system every 10 s
            for (int second = 0; second < 40; second++) {
                Thread.sleep(1000);
                least = Math.min(least, resident(instance.pid()));
            }
            return least;
        } finally {
            instance.close();
        }
    }

    private static long resident(long pid) throws IOException {
        String status = Files.readString(Path.of("/proc/" + pid + "/status"));
        return Long.parseLong(status.replaceAll("(?s).*VmRSS:\\s+(\\d+) kB.*", "$1"));
    }
}
