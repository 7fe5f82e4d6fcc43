package org.pop2.server;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pop2.storage.MailStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpServer;

/** A running POP2 server. */
public final class Pop2Server {
    private static final Logger LOG = LoggerFactory.getLogger(Pop2Server.class);

    /** Beyond {@link MessageTransfer#WINDOW} buffers of content, no more answers are put into the socket's queue. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    /** A command is 512 octets at most, so buffers stay small until somebody sends many ahead. */
    private static final AdaptiveRecvByteBufAllocator RECEIVE_BUFFERS =
            new AdaptiveRecvByteBufAllocator(64, 512, 16 * 1024);

    /**
     * Octets that the system may hold for a client without having sent them: what moves there our timers do not see. At
     * 1200 baud half of this takes a good minute, which is well within the time that a client may stall.
     */
    private static final long UNSENT_OCTETS = 16 * 1024;

    private static final int BACKLOG = 1024;

    /** How long a stop that has cut every connection waits for releases to come to their end. */
    private static final Duration RELEASE_LIMIT = Duration.ofSeconds(30);

    private final Sessions sessions;
    private final Authenticator authenticator;
    private final LoopResources loops;
    private final DisposableServer listener;
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final Sinks.Empty<Void> stopped = Sinks.empty();

    private Pop2Server(Sessions sessions, Authenticator authenticator, LoopResources loops, DisposableServer listener) {
        this.sessions = sessions;
        this.authenticator = authenticator;
        this.loops = loops;
        this.listener = listener;
    }

    /**
     * Binds the address and serves the store's mail. Work starts at subscription; the server is given when it accepts
     * connections, and an error is that of the bind. The store stays the caller's, to close after the server has
     * {@linkplain #stop stopped}.
     */
    public static Mono<Pop2Server> start(ServerSettings settings, MailStore store) {
        return Mono.defer(() -> {
            Authenticator.Settings defaults = Authenticator.Settings.defaults();
            Authenticator authenticator = new Authenticator(
                    store.accounts(),
                    new Authenticator.Settings(
                            defaults.threads(), defaults.queue(), settings.loginCache(), defaults.maxRemembered()));
            Sessions sessions = new Sessions(settings, store, authenticator);
            LoopResources loops = LoopResources.create("pop2");
            return withSystemLimits(TcpServer.create())
                    .bindAddress(settings::address)
                    .runOn(loops)
                    .option(ChannelOption.SO_BACKLOG, BACKLOG)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childOption(ChannelOption.SO_KEEPALIVE, true)
                    // a client may send everything ahead, end its side, and still wants its answers
                    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                    .childOption(ChannelOption.RECVBUF_ALLOCATOR, RECEIVE_BUFFERS)
                    .doOnConnection(connection -> connection.addHandlerLast("pop2", new SessionHandler(sessions)))
                    .bind()
                    .map(listener -> new Pop2Server(sessions, authenticator, loops, listener))
                    .doOnError(error -> {
                        authenticator.dispose();
                        loops.dispose();
                    });
        });
    }

    private static TcpServer withSystemLimits(TcpServer server) {
        return Epoll.isAvailable() ? server.childOption(EpollChannelOption.TCP_NOTSENT_LOWAT, UNSENT_OCTETS) : server;
    }

    /** Where it listens, with the port that was found if any would do. */
    public InetSocketAddress address() {
        return Objects.requireNonNull((InetSocketAddress) listener.address());
    }

    /** Connections at the moment. */
    public int connections() {
        return sessions.count();
    }

    /**
     * Stops: accepts no more, ends sessions that wait for a command with an error line, lets a transfer or a release
     * under way finish within {@link ServerSettings#stopTimeout}, then cuts what is left. Releases run to their end.
     * Starts at the first subscription and cannot be cancelled; further ones await the same end.
     */
    public Mono<Void> stop() {
        return Mono.defer(() -> {
            if (stopping.compareAndSet(false, true)) {
                stopping()
                        .doOnError(error -> LOG.warn("stopping", error))
                        .onErrorComplete()
                        .subscribe(nothing -> {}, error -> {}, stopped::tryEmitEmpty);
            }
            return stopped.asMono();
        });
    }

    /** Completes when the server has stopped. */
    public Mono<Void> onStop() {
        return stopped.asMono();
    }

    private Mono<Void> stopping() {
        listener.dispose();
        sessions.stop();
        Duration limit = sessions.settings().stopTimeout();
        return listener.onDispose()
                .then(sessions.idle())
                .timeout(limit, Mono.defer(() -> {
                    LOG.warn("{} connections are still busy after {}; they are cut", sessions.count(), limit);
                    sessions.stopNow();
                    return sessions.idle()
                            .timeout(
                                    RELEASE_LIMIT,
                                    Mono.fromRunnable(() -> LOG.error(
                                            "the storage has not finished all releases after {}; they go on",
                                            RELEASE_LIMIT)));
                }))
                .then(Mono.fromRunnable(authenticator::dispose))
                .then(loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5)));
    }
}
