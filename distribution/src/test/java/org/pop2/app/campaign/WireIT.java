package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.BufferedInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.bench.Load;
import org.pop2.app.bench.Plan;
import org.pop2.app.bench.Result;
import org.pop2.app.bench.Scenario;
import org.pop2.protocol.Secret;

/**
 * The packaged server on mbox files, as its users meet it: how it starts, and what it does a second. Nothing is
 * asserted but that the answers are right: figures are for people, in {@code target/wire.md}.
 * {@code -Dpop2.wire.warmup=SECONDS}, {@code -Dpop2.wire.javas=/usr/lib/jvm/A:/usr/lib/jvm/B}.
 */
@Tag("wire")
@Timeout(1800)
class WireIT {
    private static final int USERS = 64;
    private static final int MESSAGES = 1000;
    private static final int MESSAGE_OCTETS = 4096;
    private static final int MANY = 20_000;
    private static final int MANY_OCTETS = 10_240;
    private static final int BIG_OCTETS = 50 * 1024 * 1024;
    private static final int STARTS = 15;
    /** Mailboxes that are read and emptied; as many before them, for practice. */
    private static final int DELETIONS = 20;
    /** Large mailboxes that were never opened; as many before them, for practice. */
    private static final int NEW = 9;
    /** Users with the same password as the first one. */
    private static final int OTHERS = 40;

    private static final int IDLE = Integer.getInteger("pop2.wire.idle", 10_000);
    private static final Duration IDLE_DURATION = Duration.ofSeconds(40);
    /** Homes of other Javas that the start is measured with, separated as in a class path. */
    private static final String OTHER_JAVAS = System.getProperty("pop2.wire.javas", "");

    private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("pop2.wire.warmup", 60));
    private static final Duration DURATION = Duration.ofSeconds(10);
    private static final int ROUNDS = 7;
    private static final int TLS_ROUNDS = 60;
    private static final Duration ROUND = Duration.ofSeconds(4);
    /** Of a round, not counted: the connections are made. */
    private static final Duration SETTLING = Duration.ofMillis(500);

    private static final Path REPORT = Path.of("target/wire.md");

    private final Secret password = Secret.of("secret".getBytes(StandardCharsets.US_ASCII));
    private final List<String> report = new ArrayList<>();

    @Test
    void whatTheTargetsSay(@TempDir Path directory) throws Exception {
        X509Bundle certificate = new CertificateBuilder()
                .subject("CN=localhost")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        String pem = certificate.toTempCertChainPem().toPath().toString();
        String key = certificate.toTempPrivateKeyPem().toPath().toString();
        Instance instance = new Instance(
                directory,
                "auth.rehash = false",
                "limits.sessions-per-user = 1000",
                "listeners.tls { address = 127.0.0.1, port = 0, tls { certificate = \"" + pem + "\", key = \"" + key
                        + "\" } }");
        prepare(instance, directory);
        report.add("| work | value | target |");
        report.add("|---|--:|---|");
        startOf(directory);
        idleSessions(directory.resolve("idle"));
        instance.start();
        try {
            besideCanned(instance, directory);
            delete(instance);
            open(instance);
            Result ahead = run(instance, "fetch", Scenario.FETCH, 1, 20, WARM_UP.dividedBy(4));
            row("messages/s of 4 KiB, 20 asked for ahead", ahead.perSecond(), 40_000, true);
            row("MB/s, one message of 50 MiB over TLS 1.3", overTls(instance, certificate), 500, true);
        } finally {
            instance.close();
        }
        report.forEach(System.out::println);
        Files.write(REPORT, report);
        String all = System.getProperty("pop2.benchmarks", "");
        if (!all.isEmpty()) {
            Path table = Files.createDirectories(Path.of(all)).resolve("wire.md");
            Files.writeString(table, "## The packaged server, on mbox files\n\n" + String.join("\n", report) + "\n");
        }
    }

    /**
     * Alternating with a server whose answers do not depend on the question, and which sends the large message from the
     * file to the socket: what this machine gives at that hour, to the same load generator.
     */
    private void besideCanned(Instance instance, Path directory) throws Exception {
        Path small = Files.write(directory.resolve("small.message"), new byte[MESSAGE_OCTETS]);
        Path large = Files.write(directory.resolve("large.message"), new byte[BIG_OCTETS]);
        try (Canned manyMessages = new Canned(MESSAGES, small);
                Canned largeMessage = new Canned(1, large)) {
            InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), instance.port());
            Contest sessions = contest("churn%d", Scenario.CHURN, USERS, server, manyMessages, WARM_UP);
            row("sessions/s (connect, log in, count, quit), 64 at a time", sessions.served(), 9000, true);
            row("the same with canned answers, /s", sessions.canned(), Double.NaN, true);
            row("ratio (9,000 of canned 13,900 are 0.65)", sessions.ratio(), 0.65, true);
            Contest messages = contest("fetch", Scenario.FETCH, 1, server, manyMessages, WARM_UP.dividedBy(4));
            row("messages/s of 4 KiB, one by one", messages.served(), 12_000, true);
            row("the same with canned answers, /s", messages.canned(), Double.NaN, true);
            Contest octets = contest("big", Scenario.BIG, 1, server, largeMessage, WARM_UP.dividedBy(4));
            row("MB/s, one message of 50 MiB", octets.served(), 1200, true);
            row("the same from file to socket (sendfile), MB/s", octets.canned(), Double.NaN, true);
            row("ratio (1,200 of 1,745 by sendfile are 0.69)", octets.ratio(), 0.69, true);
        }
    }

    private Contest contest(
            String user, Scenario scenario, int concurrency, InetSocketAddress server, Canned canned, Duration warmUp)
            throws IOException {
        run(server, user, scenario, concurrency, warmUp, Duration.ofSeconds(1));
        run(canned.address(), user, scenario, concurrency, warmUp.dividedBy(4), Duration.ofSeconds(1));
        double[] served = new double[ROUNDS];
        double[] unserved = new double[ROUNDS];
        double[] ratios = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            served[i] = rate(run(server, user, scenario, concurrency, SETTLING, ROUND));
            unserved[i] = rate(run(canned.address(), user, scenario, concurrency, SETTLING, ROUND));
            ratios[i] = served[i] / unserved[i];
        }
        return new Contest(median(served), median(unserved), median(ratios));
    }

    private static double rate(Result result) {
        return result.scenario() == Scenario.BIG ? result.megabytesPerSecond() : result.perSecond();
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** Medians of alternating rounds, and of their ratios. */
    private record Contest(double served, double canned, double ratio) {}

    private static final class Canned implements AutoCloseable {
        private final Process process;
        private final InetSocketAddress address;

        Canned(int messages, Path message) throws IOException {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            FloorServer.class.getName(),
                            String.valueOf(messages),
                            message.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            int port = Integer.parseInt(line(process.getInputStream()));
            address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        }

        InetSocketAddress address() {
            return address;
        }

        @Override
        public void close() {
            process.destroy();
        }
    }

    private static void prepare(Instance instance, Path directory) throws Exception {
        StringBuilder accounts = new StringBuilder();
        for (String user : List.of("fetch", "big", "many", "first")) {
            accounts.append(user).append(":{PLAIN}secret\n");
        }
        for (int i = 0; i < NEW; i++) {
            accounts.append("many").append(i).append(":{PLAIN}secret\n");
            accounts.append("practice").append(i).append(":{PLAIN}secret\n");
        }
        for (int i = 0; i < USERS; i++) {
            accounts.append("churn").append(i).append(":{PLAIN}secret\n");
            Files.writeString(instance.spool().resolve("churn" + i), MboxText.of(1, 10));
        }
        for (int i = 0; i < 2 * DELETIONS; i++) {
            accounts.append("delete").append(i).append(":{PLAIN}secret\n");
            Files.writeString(instance.spool().resolve("delete" + i), MboxText.of(MESSAGES, MESSAGE_OCTETS));
        }
        Files.writeString(directory.resolve("users"), accounts);
        Files.setPosixFilePermissions(directory.resolve("users"), PosixFilePermissions.fromString("rw-------"));
        assertThat(instance.run("", "user", "import", directory.resolve("users").toString()))
                .as("exit code of user import: %s", Files.readString(instance.log()))
                .isZero();
        Files.writeString(instance.spool().resolve("fetch"), MboxText.of(MESSAGES, MESSAGE_OCTETS));
        Files.writeString(instance.spool().resolve("first"), MboxText.of(1, 10));
        Path many = Files.writeString(instance.spool().resolve("many"), MboxText.of(MANY, MANY_OCTETS));
        for (int i = 0; i < NEW; i++) {
            Files.copy(many, instance.spool().resolve("many" + i));
            Files.copy(many, instance.spool().resolve("practice" + i));
        }
        Files.writeString(instance.spool().resolve("big"), MboxText.of(1, BIG_OCTETS));
    }

    /** A server with what it comes with, on this Java and on others. */
    private void startOf(Path directory) throws Exception {
        Instance instance = new Instance(directory.resolve("small"));
        Files.writeString(instance.spool().resolve("first"), MboxText.of(1, 10));
        assertThat(instance.run("secret\n", "user", "add", "first", "--password-stdin"))
                .isZero();
        Path accounts = directory.resolve("small/accounts");
        String line = Files.readString(accounts).strip();
        for (int i = 0; i < OTHERS; i++) {
            Files.writeString(accounts, line.replaceFirst("first", "other" + i) + "\n", StandardOpenOption.APPEND);
        }
        start(instance, Runtime.version().feature());
        for (String home : OTHER_JAVAS.split(File.pathSeparator, -1)) {
            if (!home.isEmpty()) {
                makeCache(home);
                instance.runOn(home);
                start(instance, feature(home));
            }
        }
        instance.runOn(System.getProperty("java.home"));
        double[] first = new double[STARTS];
        for (int i = 0; i < STARTS - 1; i++) {
            instance.start();
            first[i] = session(instance, "first");
            instance.close();
        }
        instance.start();
        try {
            idle(instance);
            first[STARTS - 1] = session(instance, "first");
            firstSession(instance, median(first));
        } finally {
            instance.close();
        }
    }

    /** That of the Java which builds is there already. */
    private static void makeCache(String home) throws Exception {
        ProcessBuilder cache =
                new ProcessBuilder(Instance.UNPACKED.resolve("bin/pop2d").toString(), "cache").inheritIO();
        cache.environment().put("JAVA_HOME", home);
        assertThat(cache.start().waitFor()).as("exit code of cache").isZero();
    }

    private static int feature(String home) throws IOException {
        return Files.readAllLines(Path.of(home, "release")).stream()
                .filter(line -> line.startsWith("JAVA_VERSION="))
                .mapToInt(line -> Integer.parseInt(line.replaceAll("\\D*(\\d+).*", "$1")))
                .findFirst()
                .orElseThrow();
    }

    /** From the command to the greeting, with the cache of classes. */
    private void start(Instance instance, int java) throws Exception {
        double[] millis = new double[STARTS];
        for (int i = 0; i < STARTS; i++) {
            long begin = System.nanoTime();
            instance.start();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), instance.port())) {
                assertThat(socket.getInputStream().read()).isEqualTo('+');
            }
            millis[i] = (System.nanoTime() - begin) / 1e6;
            instance.close();
        }
        row("start to first greeting on Java " + java + ", ms", median(millis), java >= 25 ? 400 : 600, false);
    }

    /** Sessions that have logged in and say nothing. */
    private void idleSessions(Path directory) throws Exception {
        Instance instance = new Instance(directory, "limits.connections = " + (IDLE + 100), "auth.rehash = false");
        StringBuilder accounts = new StringBuilder();
        for (int i = 0; i < IDLE; i++) {
            accounts.append("idle").append(i).append(":{PLAIN}secret\n");
        }
        Files.writeString(directory.resolve("accounts"), accounts);
        Files.setPosixFilePermissions(directory.resolve("accounts"), PosixFilePermissions.fromString("rw-------"));
        instance.start();
        AtomicLong resident = new AtomicLong();
        try {
            InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), instance.port());
            Plan plan = new Plan(server, "idle%d", password, Scenario.IDLE, IDLE, 1, 1, Duration.ZERO, IDLE_DURATION);
            LongConsumer whenAllAreThere = done -> {
                if (done == IDLE) {
                    // the last reading counts
                    resident.set(resident(instance));
                }
            };
            Result result = new Load(plan, whenAllAreThere).run();
            assertThat(result.firstError()).isEmpty();
            assertThat(resident.get()).as("resident with all sessions").isPositive();
        } finally {
            instance.close();
        }
        row(
                "resident with " + String.format(Locale.ROOT, "%,d", IDLE) + " idle sessions, MiB",
                resident.get() / 1024.0,
                256,
                false);
    }

    /** Against sessions that verify a password, too: one that was right lately is remembered. */
    private void firstSession(Instance instance, double first) throws IOException {
        for (int i = 0; i < 400; i++) {
            session(instance, "first");
        }
        double[] later = new double[OTHERS];
        for (int i = 0; i < OTHERS; i++) {
            later[i] = session(instance, "other" + i);
        }
        double warm = median(later);
        row("session of a warm server, its password verified, ms", warm, Double.NaN, false);
        row("first session after the start, its password verified, ms", first, 3 * warm, false);
    }

    /** Connect, log in, count, quit. */
    private static double session(Instance instance, String user) throws IOException {
        long begin = System.nanoTime();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), instance.port())) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            assertThat(line(in)).startsWith("+");
            socket.getOutputStream().write(("HELO " + user + " secret\r\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(line(in)).startsWith("#");
            socket.getOutputStream().write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(line(in)).startsWith("+");
            return (System.nanoTime() - begin) / 1e6;
        }
    }

    private void idle(Instance instance) throws Exception {
        Thread.sleep(20_000);
        row("resident when idle, MiB", resident(instance) / 1024.0, 80, false);
    }

    /** In KiB. */
    private static long resident(Instance instance) {
        try {
            return Files.readAllLines(Path.of("/proc/" + instance.pid() + "/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void open(Instance instance) throws Exception {
        row(
                "a session with 20,000 messages, 200 MiB, the first one of the server, ms",
                session(instance, "many"),
                Double.NaN,
                false);
        // the targets are for a server that is warm
        for (int i = 0; i < NEW; i++) {
            newMailbox(instance, "practice" + i);
        }
        double[] cold = new double[NEW];
        for (int i = 0; i < NEW; i++) {
            cold[i] = newMailbox(instance, "many" + i);
        }
        row("the same with a mailbox that was never opened before, in memory, ms", median(cold), 100, false);
        Result warm = run(instance, "many", Scenario.OPEN, 1, 1, Duration.ofSeconds(3));
        row("connect to count, opened before, ms", warm.medianMillis(), 3, false);
    }

    /** The disk is not what is measured: the system may have let go of what was written minutes ago. */
    private static double newMailbox(Instance instance, String user) throws IOException {
        Files.copy(instance.spool().resolve(user), OutputStream.nullOutputStream());
        return session(instance, user);
    }

    private void delete(Instance instance) throws IOException {
        for (int i = 0; i < DELETIONS; i++) {
            run(instance, "delete" + i, Scenario.DELETE, 1, 1, Duration.ZERO);
        }
        double[] millis = new double[DELETIONS];
        for (int i = 0; i < DELETIONS; i++) {
            millis[i] = run(instance, "delete" + (DELETIONS + i), Scenario.DELETE, 1, 1, Duration.ZERO)
                    .medianMillis();
        }
        row("1,000 messages of 4 KiB fetched and deleted, whole session, ms", median(millis), 90, false);
    }

    private double overTls(Instance instance, X509Bundle certificate) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(certificate.toKeyStore(new char[0]));
        context.init(null, trust.getTrustManagers(), null);
        SocketFactory factory = context.getSocketFactory();
        try (Socket socket = factory.createSocket(InetAddress.getLoopbackAddress(), instance.tlsPort())) {
            ((SSLSocket) socket).startHandshake();
            assertThat(((SSLSocket) socket).getSession().getProtocol()).isEqualTo("TLSv1.3");
            InputStream in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
            assertThat(line(in)).startsWith("+");
            say(socket, "HELO big secret");
            assertThat(line(in)).startsWith("#1");
            say(socket, "READ 1");
            long octets = Long.parseLong(line(in).replaceAll("^=(\\d+).*", "$1"));
            byte[] buffer = new byte[64 * 1024];
            double[] rates = new double[TLS_ROUNDS];
            // as many before them, for practice: of both sides' ciphers
            for (int round = -TLS_ROUNDS; round < TLS_ROUNDS; round++) {
                long begin = System.nanoTime();
                say(socket, "RETR");
                for (long left = octets; left > 0; ) {
                    int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                    assertThat(read).isPositive();
                    left -= read;
                }
                if (round >= 0) {
                    rates[round] = octets * 1e3 / (System.nanoTime() - begin);
                }
                say(socket, "NACK");
                assertThat(line(in)).startsWith("=" + octets);
            }
            return median(rates);
        }
    }

    private static void say(Socket socket, String command) throws IOException {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0) {
                throw new IOException("closed after " + line);
            }
            line.append((char) octet);
        }
        return line.toString().strip();
    }

    private Result run(
            Instance instance, String user, Scenario scenario, int concurrency, int pipeline, Duration warmUp)
            throws IOException {
        InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), instance.port());
        return run(new Plan(server, user, password, scenario, concurrency, pipeline, 1, warmUp, DURATION));
    }

    private Result run(
            InetSocketAddress server,
            String user,
            Scenario scenario,
            int concurrency,
            Duration warmUp,
            Duration duration)
            throws IOException {
        return run(new Plan(server, user, password, scenario, concurrency, 1, 1, warmUp, duration));
    }

    private static Result run(Plan plan) throws IOException {
        Result result = new Load(plan, done -> {}).run();
        assertThat(result.firstError()).isEmpty();
        assertThat(result.errors()).isZero();
        return result;
    }

    private void row(String work, double value, double target, boolean least) {
        boolean met = least ? value >= target : value <= target;
        String verdict =
                Double.isNaN(target) ? "" : (least ? "≥ " : "≤ ") + number(target) + (met ? ": met" : ": **not met**");
        report.add("| " + work + " | " + number(value) + " | " + verdict + " |");
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 20 ? "%,.2f" : "%,.0f", value);
    }
}
