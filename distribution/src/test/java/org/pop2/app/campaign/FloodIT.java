package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that mean harm, or do harm, against the packaged server with the settings it comes with, and what they cost
 * somebody who just reads mail. Each is compared with the quiet server of the same run. {@code -Dpop2.floods.idle=N}.
 */
@Tag("floods")
@Timeout(1800)
class FloodIT {
    private static final int IDLE = Integer.getInteger("pop2.floods.idle", 10_000);
    private static final int SLOW = 1_000;
    private static final int HALF_OPEN = 2_000;
    /** Connections that come and go, in a second. */
    private static final int FLOOD_RATE = 500;

    private static final int SESSIONS = 400;
    private static final long MIB = 1024 * 1024;
    private static final String MAIL = "From a@b Mon Nov 23 12:00:00 2026\nSubject: x\n\nHello\n\n";

    private final List<String> report = new ArrayList<>();

    @Test
    void othersAreServedAsQuicklyAndMemoryIsBounded(@TempDir Path directory) throws Exception {
        Instance instance = new Instance(
                directory,
                "limits.connections = " + (IDLE + 5_000),
                // ten thousand passwords hashed anew would be what is measured
                "auth.rehash = false");
        StringBuilder accounts = new StringBuilder("postel:{PLAIN}secret\n");
        for (int i = 0; i < IDLE; i++) {
            accounts.append("idle").append(i).append(":{PLAIN}secret\n");
        }
        Path file = Files.writeString(directory.resolve("accounts"), accounts);
        Files.setPosixFilePermissions(file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        Files.writeString(instance.spool().resolve("postel"), MAIL.repeat(5));
        instance.start();
        try {
            // warm: what is compiled after it began would look like an attack
            latency(instance, 20 * SESSIONS);
            report.add("resident at rest: " + resident(instance) / MIB + " MiB");
            compare(instance, "slow clients, one octet a second each, " + SLOW, () -> slow(instance));
            compare(instance, "half-open: connected, and silent, " + HALF_OPEN, () -> silent(instance));
            compare(instance, "connections that come and go, " + FLOOD_RATE + "/s", () -> flood(instance));
            compare(instance, "endless lines, 4 at a time", () -> endless(instance));
            compare(instance, "wrong passwords, 4 at a time", () -> guesses(instance));
            idle(instance);
        } finally {
            instance.close();
            report.forEach(System.out::println);
        }
    }

    /** @param start begins something that goes on, until it is closed, while others read mail */
    private void compare(Instance instance, String name, Callable<Closeable> start) throws Exception {
        double quiet = latency(instance, SESSIONS);
        double attacked;
        Closeable attack = start.call();
        try {
            attacked = latency(instance, SESSIONS);
        } finally {
            attack.close();
        }
        double after = latency(instance, SESSIONS);
        double ratio = attacked / Math.max(quiet, after);
        report.add(String.format(
                "%s: a session takes %.2f ms; quiet %.2f ms before, %.2f ms after: %.2f x; resident %d MiB",
                name, attacked, quiet, after, ratio, resident(instance) / MIB));
        assertThat(ratio).as(name).isLessThan(2);
    }

    /** Median of whole sessions that read a message, in milliseconds. */
    private static double latency(Instance instance, int sessions) throws IOException {
        long[] nanos = new long[sessions];
        for (int i = 0; i < sessions; i++) {
            long begin = System.nanoTime();
            try (PlainClient client = new PlainClient(instance.port())) {
                assertThat(client.receive()).startsWith("+ POP2");
                assertThat(client.ask("HELO postel secret")).startsWith("#5");
                int octets = PlainClient.number(client.ask("READ 1"), '=');
                client.send("RETR");
                client.receive(octets);
                client.ask("ACKS");
                assertThat(client.ask("QUIT")).startsWith("+");
            }
            nanos[i] = System.nanoTime() - begin;
        }
        Arrays.sort(nanos);
        return nanos[sessions / 2] / 1e6;
    }

    // ---- attacks

    private static SocketChannel connect(Instance instance) throws IOException {
        SocketChannel channel =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), instance.port()));
        channel.configureBlocking(true);
        return channel;
    }

    private static ByteBuffer octets(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static List<SocketChannel> connect(Instance instance, int count) throws IOException {
        List<SocketChannel> channels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            channels.add(connect(instance));
        }
        return channels;
    }

    private static void close(List<SocketChannel> channels) throws IOException {
        for (SocketChannel channel : channels) {
            channel.close();
        }
    }

    /** Does something again and again until it is closed. */
    private static Closeable again(int threads, Step step) {
        List<Thread> all = new ArrayList<>();
        AtomicInteger stop = new AtomicInteger();
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(() -> {
                while (stop.get() == 0) {
                    try {
                        step.run();
                    } catch (IOException e) {
                        // it was thrown out, and comes again
                        LockSupport.parkNanos(1_000_000);
                    }
                }
            });
            thread.setDaemon(true);
            thread.start();
            all.add(thread);
        }
        return () -> {
            stop.set(1);
            all.forEach(thread -> {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        };
    }

    private interface Step {
        void run() throws IOException;
    }

    private static Closeable slow(Instance instance) throws IOException {
        List<SocketChannel> channels = connect(instance, SLOW);
        AtomicInteger next = new AtomicInteger();
        Closeable drip = again(1, () -> {
            int i = next.getAndIncrement();
            channels.get(i % SLOW).write(octets(i / SLOW % 2 == 0 ? "H" : "E"));
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / SLOW);
        });
        return () -> {
            drip.close();
            close(channels);
        };
    }

    private static Closeable silent(Instance instance) throws IOException {
        List<SocketChannel> channels = connect(instance, HALF_OPEN);
        return () -> close(channels);
    }

    private static Closeable flood(Instance instance) {
        return again(1, () -> {
            connect(instance).close();
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / FLOOD_RATE);
        });
    }

    private static Closeable endless(Instance instance) {
        return again(4, () -> {
            try (SocketChannel channel = connect(instance)) {
                channel.write(octets("X".repeat(100_000)));
            }
            LockSupport.parkNanos(10_000_000);
        });
    }

    private static Closeable guesses(Instance instance) {
        return again(4, () -> {
            try (SocketChannel channel = connect(instance)) {
                ByteBuffer answer = ByteBuffer.allocate(1000);
                channel.read(answer);
                channel.write(octets("HELO idle0 guessed\r\n"));
                while (channel.read(answer) > 0) {
                    answer.clear();
                }
            }
            LockSupport.parkNanos(10_000_000);
        });
    }

    // ---- sessions that are just there

    private void idle(Instance instance) throws Exception {
        double quiet = latency(instance, SESSIONS);
        List<SocketChannel> channels = new ArrayList<>();
        try {
            for (int i = 0; i < IDLE; i++) {
                SocketChannel channel = connect(instance);
                channels.add(channel);
                expect(channel, "+ POP2");
                channel.write(octets("HELO idle" + i + " secret\r\n"));
                expect(channel, "#0");
            }
            await().pollDelay(Duration.ofSeconds(5)).until(() -> true);
            long resident = resident(instance);
            double beside = latency(instance, SESSIONS);
            report.add(String.format(
                    "%d idle sessions: resident %d MiB; a session takes %.2f ms, quiet %.2f ms: %.2f x",
                    IDLE, resident / MIB, beside, quiet, beside / quiet));
            assertThat(resident).as("resident octets with " + IDLE).isLessThanOrEqualTo(256 * MIB);
            assertThat(beside / quiet).as("beside idle sessions").isLessThan(2);
        } finally {
            close(channels);
        }
    }

    private static void expect(SocketChannel channel, String start) throws IOException {
        ByteBuffer line = ByteBuffer.allocate(600);
        while (channel.read(line) > 0 && line.get(line.position() - 1) != '\n') {
            // the rest of the line
        }
        String text = new String(line.array(), 0, line.position(), StandardCharsets.US_ASCII);
        assertThat(text).startsWith(start);
    }

    private static long resident(Instance instance) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + instance.pid() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException("no VmRSS");
    }
}
