package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.epoll.Epoll;
import io.netty.util.ResourceLeakDetector;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.cost.Allocation;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerSettings;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.fs.MboxStoreProvider;
import reactor.core.publisher.Mono;

/**
 * What the threads of a server on mbox files allocate for a message that is read and kept, over a socket. The bounds
 * are what was measured: who has to raise one says why.
 */
class MboxAllocationTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int MESSAGES = 200;
    private static final int AHEAD = 20;
    private static final int ROUNDS = 5;

    /** Less than the smallest object that is made for each message and has a field. */
    private static final int SLACK = 15;

    /**
     * The bounds are those of epoll; what another transport adds for each message is its own, but not more than that.
     */
    private static final int OTHER_TRANSPORT = 4;

    /** Of the server's event loop (400) and its reading thread, for RETR and ACKS. */
    private static final int AHEAD_BOUND = 1116;

    private static final int ONE_BY_ONE_BOUND = 1300;

    private static final String MAIL = "From a@b Mon Nov 23 12:00:00 2026\nSubject: x\n\n"
            + "a line of a message that is neither short nor especially long\n".repeat(64) + "\n";

    private final ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
    private final ByteBuffer received = ByteBuffer.allocateDirect(256 * 1024);

    @TempDir
    Path directory;

    /** Which writes down where each buffer was touched. */
    @BeforeEach
    void withoutLeakDetection() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }

    @AfterEach
    void withLeakDetection() {
        ResourceLeakDetector.setLevel(level);
    }

    @Test
    void messagesAskedForAhead() throws IOException {
        holds(AHEAD, AHEAD_BOUND);
    }

    @Test
    void messagesAskedForOneByOne() throws IOException {
        holds(1, ONE_BY_ONE_BOUND);
    }

    private void holds(int ahead, int bound) throws IOException {
        Files.createDirectories(directory.resolve("var/mail"));
        Files.writeString(directory.resolve("var/mail/postel"), MAIL.repeat(MESSAGES));
        Path accounts = Files.createFile(
                directory.resolve("accounts"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(accounts, "postel:{PLAIN}secret\n");
        MailStore store = Objects.requireNonNull(Mono.from(new MboxStoreProvider()
                        .open(new StoreSettings(
                                Map.of("accounts", accounts.toString()),
                                new HoldPolicy(Duration.ofSeconds(30), Duration.ofSeconds(5)),
                                directory)))
                .block(LIMIT));
        Pop2Server server = Objects.requireNonNull(Pop2Server.start(
                        ServerSettings.defaults()
                                .withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                        store)
                .block(LIMIT));
        try (SocketChannel client = SocketChannel.open(server.address())) {
            received.limit(0);
            number(client);
            say(client, "HELO postel secret\r\n");
            assertThat(number(client)).isEqualTo(MESSAGES);
            // for what is only done once
            fetch(client, ahead);
            double least = Double.MAX_VALUE;
            for (int round = 0; round < ROUNDS; round++) {
                long before = Allocation.ofThreads("pop2-");
                fetch(client, ahead);
                least = Math.min(least, (double) (Allocation.ofThreads("pop2-") - before) / MESSAGES);
            }
            assertThat(least)
                    .isPositive()
                    .isLessThanOrEqualTo(Epoll.isAvailable() ? bound + SLACK : OTHER_TRANSPORT * bound);
        } finally {
            server.stop().block(LIMIT);
            Mono.from(store.close()).block(LIMIT);
        }
    }

    /** Reads every message. */
    private void fetch(SocketChannel client, int ahead) throws IOException {
        say(client, "READ 1\r\n");
        int octets = number(client);
        String commands = "RETR\r\nACKS\r\n".repeat(ahead);
        for (int message = 0; message < MESSAGES; message += ahead) {
            say(client, commands);
            for (int i = 0; i < ahead; i++) {
                take(client, octets);
                octets = number(client);
            }
        }
        assertThat(octets).as("octets after the last message").isZero();
    }

    private static void say(SocketChannel client, String lines) throws IOException {
        client.write(ByteBuffer.wrap(lines.getBytes(StandardCharsets.US_ASCII)));
    }

    private byte next(SocketChannel client) throws IOException {
        if (!received.hasRemaining()) {
            received.clear();
            if (client.read(received) < 0) {
                throw new EOFException("closed");
            }
            received.flip();
        }
        return received.get();
    }

    /** That of a reply; 0 if it has none. */
    private int number(SocketChannel client) throws IOException {
        int number = 0;
        boolean digits = true;
        next(client);
        for (byte octet = next(client); octet != '\n'; octet = next(client)) {
            digits &= octet >= '0' && octet <= '9';
            number = digits ? 10 * number + octet - '0' : number;
        }
        return number;
    }

    private void take(SocketChannel client, int octets) throws IOException {
        for (int i = 0; i < octets; i++) {
            next(client);
        }
    }
}
