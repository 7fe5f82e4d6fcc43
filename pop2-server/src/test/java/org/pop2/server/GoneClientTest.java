package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pop2.auth.Authenticator;
import org.pop2.auth.PlainHashes;
import org.pop2.net.RemoteClient;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.Quirk;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;
import org.pop2.protocol.State;
import org.pop2.storage.Account;
import org.pop2.storage.UserName;
import org.pop2.testing.LogCapture;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** Clients that go while something is under way for them, step by step on the test's own thread. */
class GoneClientTest {
    private static final UserName POSTEL = new UserName("postel");
    private static final Account ACCOUNT = new Account(POSTEL, "{PLAIN}secret", true);

    private final ScriptedStore store = new ScriptedStore();
    private final Map<State, Integer> states = new EnumMap<>(State.class);
    private final Authenticator authenticator = authenticator();
    private final Sessions sessions = new Sessions(
            ServerSettings.defaults().withLimits(Limits.defaults().withPerUser(2)),
            store,
            authenticator,
            Optional.empty(),
            new ServerObserver() {
                @Override
                public void moved(State from, State to) {
                    states.merge(from, -1, Integer::sum);
                    states.merge(to, 1, Integer::sum);
                }
            });
    private final Listener listener = new Listener(
            ListenerSettings.defaults().withProfile(ClientProfile.DEFAULT.with(Quirk.NO_MAIL)), Optional.empty());

    /** The right password is remembered, so that it is judged on the thread that brings the account. */
    private Authenticator authenticator() {
        Authenticator remembering = PlainHashes.authenticator(store.accounts(), Schedulers.immediate());
        Credentials postel = new Credentials("postel", Secret.of("secret".getBytes(StandardCharsets.US_ASCII)));
        remembering.authenticate(postel, null).block(TestServer.LIMIT);
        return remembering;
    }

    @AfterEach
    void stop() {
        authenticator.dispose();
    }

    private EmbeddedChannel connect() {
        EmbeddedChannel channel = new EmbeddedChannel(
                new SessionHandler(sessions, listener, RemoteClient.plain(null, System.nanoTime())).connection());
        assertThat(said(channel)).startsWith("+ POP2");
        return channel;
    }

    private static String ask(EmbeddedChannel channel, String command) {
        channel.writeInbound(Unpooled.copiedBuffer(command + "\r\n", StandardCharsets.US_ASCII));
        return said(channel);
    }

    private static String said(EmbeddedChannel channel) {
        StringBuilder said = new StringBuilder();
        for (io.netty.buffer.ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            said.append(next.toString(StandardCharsets.US_ASCII));
            next.release();
        }
        return said.toString();
    }

    @Test
    void aVerdictBetweenTheCloseAndItsNewsIsNobodys() {
        try (LogCapture log = LogCapture.of("org.pop2")) {
            EmbeddedChannel channel = connect();
            Sinks.One<Account> found = Sinks.one();
            store.accounts = name -> found.asMono();
            ask(channel, "HELO postel secret");
            // the channel is closed when this is told, and the pipeline does not know yet
            channel.closeFuture().addListener(closed -> found.tryEmitValue(ACCOUNT));
            channel.finishAndReleaseAll();
            assertThat(log.lines()).noneMatch(line -> line.contains("session-failed"));
        }
        assertThat(store.opened).hasValue(0);
    }

    @Test
    void whoGoesDuringASecondHeloLeavesOnce() {
        EmbeddedChannel other = connect();
        assertThat(ask(other, "HELO postel secret")).startsWith("+ No mail");
        EmbeddedChannel channel = connect();
        assertThat(ask(channel, "HELO postel secret")).startsWith("+ No mail");
        Sinks.One<Account> found = Sinks.one();
        store.accounts = name -> found.asMono();
        ask(channel, "HELO postel secret");
        channel.finishAndReleaseAll();
        found.tryEmitValue(ACCOUNT);
        channel.runPendingTasks();

        // two are allowed, and one is there
        assertThat(sessions.enters(POSTEL)).isPresent();
        assertThat(sessions.enters(POSTEL)).isEmpty();
        other.finishAndReleaseAll();
        assertThat(sessions.enters(POSTEL)).isPresent();
    }

    @Test
    void aReleaseThatOutlivesItsConnectionLeavesNoSessionInTheCount() {
        store.mail(10, "Subject: one\r\n\r\nHello\r\n");
        Sinks.Empty<Void> released = Sinks.empty();
        store.release = deleted -> released.asMono();
        EmbeddedChannel channel = connect();
        assertThat(ask(channel, "HELO postel secret")).startsWith("#1");
        ask(channel, "QUIT");
        channel.finishAndReleaseAll();
        released.tryEmitEmpty();
        channel.runPendingTasks();

        states.remove(State.LSTN);
        assertThat(states)
                .isNotEmpty()
                .allSatisfy((state, count) -> assertThat(count).as(state.name()).isZero());
    }

    @Test
    void aLoginWhoseClientHasGoneIsNotJudged() {
        EmbeddedChannel channel = connect();
        Sinks.One<Account> found = Sinks.one();
        boolean[] cancelled = new boolean[1];
        store.accounts = name -> found.asMono().doOnCancel(() -> cancelled[0] = true);
        ask(channel, "HELO postel secret");
        channel.finishAndReleaseAll();
        assertThat(cancelled[0]).isTrue();
    }
}
