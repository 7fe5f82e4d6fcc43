package org.pop2.server;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.pop2.auth.Authenticator;
import org.pop2.auth.Login;
import org.pop2.storage.MailStore;

/** A server on a free port of the loopback address, for tests. */
public final class TestServer implements AutoCloseable {
    /** Longer than anything takes, even on a busy machine. */
    public static final Duration LIMIT = Duration.ofSeconds(20);

    private final Pop2Server server;

    private TestServer(Pop2Server server) {
        this.server = server;
    }

    public static TestServer over(MailStore store) {
        return over(store, settings -> settings);
    }

    public static TestServer over(MailStore store, UnaryOperator<ServerSettings> settings) {
        return over(store, settings, Authenticator.Settings.defaults());
    }

    public static TestServer over(
            MailStore store, UnaryOperator<ServerSettings> settings, Authenticator.Settings logins) {
        ServerSettings base = ServerSettings.defaults()
                .withHostName("test.example")
                .withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        ServerSettings all = settings.apply(base);
        return new TestServer(Objects.requireNonNull(Pop2Server.start(all, logins.withRemember(all.loginCache()), store)
                .block(LIMIT)));
    }

    /** A server whose program decides who may log in. */
    public static TestServer over(MailStore store, Login login) {
        ServerSettings settings = ServerSettings.defaults()
                .withHostName("test.example")
                .withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return new TestServer(Objects.requireNonNull(
                Pop2Server.start(settings, Authenticator.Settings.defaults(), login, store, ServerObserver.NONE)
                        .block(LIMIT)));
    }

    public Pop2Server server() {
        return server;
    }

    public InetSocketAddress address() {
        return server.address();
    }

    /** A connection whose greeting has not been read. */
    public Wire connect() {
        return Wire.to(address());
    }

    /** A connection that has logged in as {@code postel} with the password {@code secret}. */
    public Wire logIn() {
        Wire wire = connect();
        wire.expect("+ POP2 ");
        wire.send("HELO postel secret\r\n");
        wire.expect("#");
        return wire;
    }

    @Override
    public void close() {
        server.stop().block(LIMIT);
    }
}
