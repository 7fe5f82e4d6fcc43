package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
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
    private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("pop2.wire.warmup", 60));
    private static final Duration DURATION = Duration.ofSeconds(10);
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
        startOf(new Instance(directory.resolve("small")));
        instance.start();
        try {
            open(instance);
            delete(instance);
            Result churn = run(instance, "churn%d", Scenario.CHURN, USERS, 1, WARM_UP);
            row("sessions/s (connect, log in, count, quit), 64 at a time", churn.perSecond(), 9000, true);
            Result fetch = run(instance, "fetch", Scenario.FETCH, 1, 1, WARM_UP.dividedBy(4));
            row("messages/s of 4 KiB, one by one", fetch.perSecond(), 12_000, true);
            Result ahead = run(instance, "fetch", Scenario.FETCH, 1, 20, WARM_UP.dividedBy(4));
            row("messages/s of 4 KiB, 20 asked for ahead", ahead.perSecond(), 40_000, true);
            Result big = run(instance, "big", Scenario.BIG, 1, 1, WARM_UP.dividedBy(4));
            row("MB/s, one message of 50 MiB", big.megabytesPerSecond(), 1200, true);
            row("MB/s, the same over TLS 1.3", overTls(instance, certificate), 500, true);
        } finally {
            instance.close();
        }
        report.forEach(System.out::println);
        Files.write(REPORT, report);
        String all = System.getProperty("pop2.benchmarks", "");
        if (!all.isEmpty()) {
            Path table = Files.createDirectories(Path.of(all)).resolve("wire.md");
            Files.writeString(table, "## The packaged server\n\n" + String.join("\n", report) + "\n");
        }
    }

    private static void prepare(Instance instance, Path directory) throws Exception {
        StringBuilder accounts = new StringBuilder();
        for (String user : List.of("fetch", "big", "many", "first")) {
            accounts.append(user).append(":{PLAIN}secret\n");
        }
        for (int i = 0; i < USERS; i++) {
            accounts.append("churn").append(i).append(":{PLAIN}secret\n");
            Files.writeString(instance.spool().resolve("churn" + i), mailbox(1, 10));
        }
        for (int i = 0; i < 20; i++) {
            accounts.append("delete").append(i).append(":{PLAIN}secret\n");
            Files.writeString(instance.spool().resolve("delete" + i), mailbox(MESSAGES, MESSAGE_OCTETS));
        }
        Files.writeString(directory.resolve("users"), accounts);
        Files.setPosixFilePermissions(directory.resolve("users"), PosixFilePermissions.fromString("rw-------"));
        assertThat(instance.run("", "user", "import", directory.resolve("users").toString()))
                .as("exit code of user import: %s", Files.readString(instance.log()))
                .isZero();
        Files.writeString(instance.spool().resolve("fetch"), mailbox(MESSAGES, MESSAGE_OCTETS));
        Files.writeString(instance.spool().resolve("first"), mailbox(1, 10));
        Files.writeString(instance.spool().resolve("many"), mailbox(MANY, MANY_OCTETS));
        Files.writeString(instance.spool().resolve("big"), mailbox(1, BIG_OCTETS));
    }

    /**
     * A server with what it comes with: from the command to the greeting, with the cache of classes that the build
     * made.
     */
    private void startOf(Instance instance) throws Exception {
        Files.writeString(instance.spool().resolve("first"), mailbox(1, 10));
        assertThat(instance.run("secret\n", "user", "add", "first", "--password-stdin"))
                .isZero();
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
        Arrays.sort(millis);
        int java = Runtime.version().feature();
        row("start to first greeting on Java " + java + ", ms", millis[STARTS / 2], java >= 25 ? 400 : 600, false);
        instance.start();
        try {
            idle(instance);
            firstSession(instance);
        } finally {
            instance.close();
        }
    }

    private void firstSession(Instance instance) throws IOException {
        double first = session(instance, "first");
        double[] later = new double[400];
        for (int i = 0; i < later.length; i++) {
            later[i] = session(instance, "first");
        }
        Arrays.sort(later);
        row("first session after the start, its password verified, ms", first, 3 * later[later.length / 2], false);
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
        long pages = Files.readAllLines(Path.of("/proc/" + instance.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
        row("resident when idle, MiB", pages / 1024.0, 80, false);
    }

    private void open(Instance instance) throws Exception {
        // it is the mailbox that is new, not the server
        for (int i = 0; i < 200; i++) {
            session(instance, "first");
        }
        double cold = session(instance, "many");
        row("a session with 20,000 messages, 200 MiB, never opened before, ms", cold, 100, false);
        Result warm = run(instance, "many", Scenario.OPEN, 1, 1, Duration.ofSeconds(3));
        row("connect to count, opened before, ms", warm.medianMillis(), 3, false);
    }

    private void delete(Instance instance) throws IOException {
        double[] millis = new double[20];
        for (int i = 0; i < millis.length; i++) {
            millis[i] = run(instance, "delete" + i, Scenario.DELETE, 1, 1, Duration.ZERO)
                    .medianMillis();
        }
        row("1,000 messages of 4 KiB fetched and deleted, whole session, the first, ms", millis[0], Double.NaN, false);
        double[] later = Arrays.copyOfRange(millis, 10, 20);
        Arrays.sort(later);
        row("the same, after ten such sessions, ms", later[5], 90, false);
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
            double best = 0;
            for (int round = 0; round < 40; round++) {
                long begin = System.nanoTime();
                say(socket, "RETR");
                for (long left = octets; left > 0; ) {
                    int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                    assertThat(read).isPositive();
                    left -= read;
                }
                best = Math.max(best, octets * 1e3 / (System.nanoTime() - begin));
                say(socket, "NACK");
                assertThat(line(in)).startsWith("=" + octets);
            }
            return best;
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
        return run(instance, user, scenario, concurrency, pipeline, warmUp, DURATION);
    }

    private Result run(
            Instance instance,
            String user,
            Scenario scenario,
            int concurrency,
            int pipeline,
            Duration warmUp,
            Duration duration)
            throws IOException {
        InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), instance.port());
        Plan plan = new Plan(server, user, password, scenario, concurrency, pipeline, 1, warmUp, duration);
        Result result = new Load(plan, done -> {}).run();
        assertThat(result.firstError()).isEmpty();
        assertThat(result.errors()).isZero();
        return result;
    }

    private static String mailbox(int messages, int octets) {
        StringBuilder text = new StringBuilder(messages * (octets + 100));
        for (int i = 0; i < messages; i++) {
            text.append("From a@b Mon Nov 23 12:00:00 2026\nSubject: ")
                    .append(i)
                    .append("\n\n");
            int end = text.length() + octets;
            while (text.length() < end) {
                int line = text.length();
                text.append(line * 2654435761L).append(" some words that a person might have written down\n");
            }
            text.append('\n');
        }
        return text.toString();
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
