package org.pop2.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.pop2.auth.Authenticator;
import org.pop2.auth.Verdict;
import org.pop2.protocol.End;
import org.pop2.protocol.Secret;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerObserver;
import org.pop2.server.ServerSettings;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;
import reactor.core.publisher.Mono;

/**
 * A POP2 server (RFC 937) in this process, on a free port of the loopback address, for tests. It is the real server;
 * users and mail are in memory, and what it says passes a wiretap that writes it down and spoils it as ordered.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final Pop2TestServer server = Pop2TestServer.create()
 *         .user("smith", "secret")
 *         .message("smith", "Subject: one\r\n\r\nHello\r\n");
 * }</pre>
 *
 * <p>An extension of JUnit 5 and 6. Before each test users and mail are as they were given above, and neither faults
 * nor a transcript are left of the test before; a static one keeps its port for the whole class. Without JUnit:
 * {@link #start} and {@link #close}. Safe for threads, but tests that run at the same time need one each.
 */
public final class Pop2TestServer
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback, AutoCloseable {
    private static final String CLEAR = "{PLAIN}";
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** What a test begins with. */
    private final List<Consumer<MemoryMailStore>> given = new ArrayList<>();

    private final Script script = new Script();
    /** Classes that are at work, one within the other, if this belongs to a class. */
    private int classes;

    private Ends ends = new Ends();
    private @Nullable MemoryMailStore store;
    private @Nullable Pop2Server server;
    private @Nullable Wiretap wiretap;

    private Pop2TestServer() {}

    /** One without users. */
    public static Pop2TestServer create() {
        return new Pop2TestServer();
    }

    /** Adds a user that each test begins with. */
    public Pop2TestServer user(String name, String password) {
        given.add(all -> all.account(name, CLEAR + password));
        return this;
    }

    /** As {@link #message(String, String, String)}, to the inbox. */
    public Pop2TestServer message(String user, String content) {
        return message(user, "INBOX", content);
    }

    /**
     * Adds a message that each test begins with.
     *
     * @param content a character for each octet (Latin-1); lines that end with LF alone are sent with CRLF
     */
    public Pop2TestServer message(String user, String folder, String content) {
        given.add(all -> all.message(user, folder, content));
        return this;
    }

    // ---- the life of it

    /** Starts with users and mail as given. Blocks. */
    public synchronized Pop2TestServer start() {
        reset();
        return this;
    }

    /**
     * Ends all sessions, forgets faults and transcript, and begins with users and mail as given; the port stays.
     * Blocks.
     */
    public synchronized void reset() {
        stopServer();
        script.clear();
        // a session of before may still be about to tell the old one
        Ends counting = new Ends();
        MemoryMailStore fresh = MemoryMailStore.create();
        given.forEach(step -> step.accept(fresh));
        ServerSettings settings = ServerSettings.defaults()
                .withHostName("test.example")
                .withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Pop2Server started = Objects.requireNonNull(Pop2Server.start(
                        settings,
                        Authenticator.Settings.defaults().withPenalty(false),
                        // not the server's own: that hashes, which takes time, and a library
                        (name, secret, peer) -> verdict(fresh, name, secret),
                        fresh,
                        counting)
                .block(LIMIT));
        store = fresh;
        server = started;
        ends = counting;
        try {
            if (wiretap == null) {
                wiretap = new Wiretap(script);
            }
            wiretap.over(started.address(), counting);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Mono<Verdict> verdict(MemoryMailStore store, String name, Secret secret) {
        return Mono.justOrEmpty(UserName.of(name))
                .flatMap(user -> Mono.from(store.accounts().find(user)))
                .filter(account -> {
                    byte[] octets = secret.octets();
                    boolean right = Arrays.equals(
                            octets,
                            account.passwordHash().substring(CLEAR.length()).getBytes(StandardCharsets.UTF_8));
                    Arrays.fill(octets, (byte) 0);
                    return right;
                })
                .map(account -> Verdict.accepted(account.user()))
                .defaultIfEmpty(Verdict.REFUSED);
    }

    /** Ends all sessions and gives the port back. Blocks. Not an error if it does not run. */
    @Override
    public synchronized void close() {
        stopServer();
        if (wiretap != null) {
            wiretap.close();
            wiretap = null;
        }
    }

    private void stopServer() {
        if (wiretap != null) {
            wiretap.hangUp();
        }
        if (server != null) {
            server.stop().block(LIMIT);
            server = null;
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        // not again for a nested class: the port stays
        if (classes++ == 0) {
            start();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        reset();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (classes == 0) {
            close();
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (--classes == 0) {
            close();
        }
    }

    // ---- what a test asks

    /** Where clients connect. */
    public InetSocketAddress address() {
        return running().address();
    }

    /** As {@link #address}; it is on 127.0.0.1. */
    public int port() {
        return address().getPort();
    }

    /** Another message comes in, be a session open or not: that one does not see it (RFC 937 p. 8). */
    public void deliver(String user, String folder, String content) {
        stored().message(user, folder, content);
    }

    /** What is in the user's inbox now: each message as it is sent, a character for each octet. */
    public List<String> messages(String user) {
        return messages(user, "INBOX");
    }

    /** As {@link #messages(String)}, of any folder. */
    public List<String> messages(String user, String folder) {
        return stored().data().messages(new UserName(user), new FolderName(folder)).stream()
                .map(octets -> new String(octets, StandardCharsets.ISO_8859_1))
                .toList();
    }

    /**
     * Waits until all sessions so far have ended, their deletions done or given up.
     *
     * @throws AssertionError if one has not within 20 s
     */
    public void awaitClosed() {
        if (!counted().await(LIMIT)) {
            throw new AssertionError("a session is still open after " + LIMIT.toSeconds() + " s");
        }
    }

    /** What was said on the only connection since the test began; {@link #transcripts} has those of several. */
    public Transcript transcript() {
        List<Transcript> all = transcripts();
        if (all.size() != 1) {
            throw new AssertionError("there were " + all.size() + " connections, not one");
        }
        return all.get(0);
    }

    /** What was said on each connection since the test began, in the order of their coming. */
    public List<Transcript> transcripts() {
        return running().transcripts();
    }

    // ---- faults

    /** Closes the next connections as soon as they come, before the greeting. */
    public void refuse(int connections) {
        script.refuse(connections);
    }

    /** What is to happen at the greeting. */
    public Fault whenConnected() {
        return new Fault(script, Script.GREETING);
    }

    /**
     * What is to happen instead of, or with, the answer to a command. The server has had the command: after a QUIT
     * whose answer is dropped, what was acknowledged with ACKD is deleted.
     *
     * @param command its word: {@code HELO}, {@code RETR} and so on; small letters will do
     */
    public Fault when(String command) {
        return new Fault(script, command.toUpperCase(Locale.ROOT));
    }

    private synchronized Wiretap running() {
        if (wiretap == null) {
            throw new IllegalStateException("it does not run: @RegisterExtension or start() is missing");
        }
        return wiretap;
    }

    private synchronized Ends counted() {
        return ends;
    }

    private synchronized MemoryMailStore stored() {
        if (store == null) {
            throw new IllegalStateException("it does not run: @RegisterExtension or start() is missing");
        }
        return store;
    }

    /** Counts sessions that were begun and have ended. */
    static final class Ends implements ServerObserver {
        private int open;

        synchronized void begun() {
            open++;
        }

        @Override
        public synchronized void ended(End why, long discarded) {
            open--;
            notifyAll();
        }

        synchronized boolean await(Duration limit) {
            long end = System.nanoTime() + limit.toNanos();
            while (open > 0) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                try {
                    wait(left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            return true;
        }
    }
}
