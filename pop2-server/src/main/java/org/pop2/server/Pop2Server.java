package org.pop2.server;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.pop2.auth.Authenticator;
import org.pop2.auth.Login;
import org.pop2.auth.Passwords;
import org.pop2.library.Library;
import org.pop2.net.Arrival;
import org.pop2.net.EventLoops;
import org.pop2.net.Native;
import org.pop2.net.OwnFamily;
import org.pop2.net.RemoteClient;
import org.pop2.net.Stop;
import org.pop2.net.TlsContext;
import org.pop2.net.TlsException;
import org.pop2.storage.MailStore;
import org.pop2.trace.SessionTranscript;
import org.pop2.trace.TooManyWatchedException;
import org.pop2.trace.Transcripts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpServer;

/** A running POP2 server. */
public final class Pop2Server {
    private static final Logger LOG = LoggerFactory.getLogger(Pop2Server.class);

    /** Beyond {@link MessageTransfer#WINDOW} buffers of content, no further answers are queued. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    /** A command has at most 512 octets, so buffers stay small until a client sends many ahead. */
    private static final AdaptiveRecvByteBufAllocator RECEIVE_BUFFERS =
            new AdaptiveRecvByteBufAllocator(64, 512, 16 * 1024);

    /**
     * Unsent octets that the system may hold for a client; our timers do not see them move. At 1200 baud, half of them
     * take a good minute, well within the stall timeout.
     */
    private static final long UNSENT_OCTETS = 16 * 1024;

    private static final int BACKLOG = 1024;

    /** How long a stop waits for releases after it has cut all connections. */
    private static final Duration RELEASE_LIMIT = Duration.ofSeconds(30);

    private final Sessions sessions;
    private final Authenticator authenticator;
    private final LoopResources loops;
    private final Disposable watches;
    private final List<TlsContext> certificates;
    private final List<Bound> listeners;
    private final Stop stop = new Stop();

    private record Bound(Listener listener, DisposableServer server) {
        InetSocketAddress address() {
            return Objects.requireNonNull((InetSocketAddress) server.address());
        }
    }

    private Pop2Server(
            Sessions sessions,
            Authenticator authenticator,
            LoopResources loops,
            Disposable watches,
            List<TlsContext> certificates,
            List<Bound> listeners) {
        this.sessions = sessions;
        this.authenticator = authenticator;
        this.loops = loops;
        this.watches = watches;
        this.certificates = certificates;
        this.listeners = listeners;
    }

    /**
     * Opens the listeners and serves the store's mail. Work starts at subscription; the server is emitted once all
     * listeners accept connections. If one cannot be opened, all are closed and a {@link ListenException} is emitted; a
     * missing {@link Library} that the settings need is a {@link org.pop2.library.MissingLibraryException}. The caller
     * closes the store, after the server has {@linkplain #stop stopped}.
     */
    public static Mono<Pop2Server> start(ServerSettings settings, MailStore store) {
        return start(settings, Authenticator.Settings.defaults().withRemember(settings.loginCache()), store);
    }

    /** As {@link #start(ServerSettings, MailStore)}, with settings for logins. */
    public static Mono<Pop2Server> start(ServerSettings settings, Authenticator.Settings logins, MailStore store) {
        return start(settings, logins, store, ServerObserver.NONE);
    }

    /** As {@link #start(ServerSettings, Authenticator.Settings, MailStore)}, with an observer. */
    public static Mono<Pop2Server> start(
            ServerSettings settings, Authenticator.Settings logins, MailStore store, ServerObserver observer) {
        return Mono.fromCallable(() -> {
                    Library.BOUNCY_CASTLE.require("stored hashes of passwords");
                    return transcripts(settings);
                })
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(transcripts -> start(
                                settings,
                                () -> new Authenticator(store.accounts(), logins),
                                store,
                                transcripts,
                                observer)
                        .doOnNext(server -> Schedulers.boundedElastic().schedule(Passwords::practise)));
    }

    /**
     * As {@link #start(ServerSettings, Authenticator.Settings, MailStore, ServerObserver)}, with a {@link Login} that
     * decides who may log in, instead of the store's accounts. Of the settings for logins, only the penalty applies
     * then.
     */
    public static Mono<Pop2Server> start(
            ServerSettings settings,
            Authenticator.Settings logins,
            Login login,
            MailStore store,
            ServerObserver observer) {
        return Mono.fromCallable(() -> transcripts(settings))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(transcripts ->
                        start(settings, () -> new Authenticator(login, logins), store, transcripts, observer));
    }

    private static Optional<Transcripts> transcripts(ServerSettings settings) throws IOException {
        return settings.trace().isPresent()
                ? Optional.of(Transcripts.in(settings.trace().get()))
                : Optional.empty();
    }

    private static Mono<Pop2Server> start(
            ServerSettings settings,
            Supplier<Authenticator> logins,
            MailStore store,
            Optional<Transcripts> transcripts,
            ServerObserver observer) {
        return Mono.defer(() -> {
            NeededLibraries.require(settings);
            Authenticator authenticator = logins.get();
            Sessions sessions = new Sessions(settings, store, authenticator, transcripts, observer);
            LoopResources loops = EventLoops.create(settings.busyPoll());
            Disposable.Composite watches = Disposables.composite();
            transcripts.ifPresent(watches::add);
            List<Bound> bound = new ArrayList<>();
            List<TlsContext> certificates = new CopyOnWriteArrayList<>();
            return Flux.fromIterable(settings.listeners())
                    .concatMap(listener -> listen(listener, sessions, loops, watches, certificates))
                    .doOnNext(bound::add)
                    .then(Mono.fromCallable(() ->
                            new Pop2Server(sessions, authenticator, loops, watches, certificates, List.copyOf(bound))))
                    .doOnError(error -> {
                        bound.forEach(it -> it.server().dispose());
                        watches.dispose();
                        authenticator.dispose();
                        loops.dispose();
                    });
        });
    }

    private static Mono<Bound> listen(
            ListenerSettings settings,
            Sessions sessions,
            LoopResources loops,
            Disposable.Composite watches,
            List<TlsContext> certificates) {
        return Mono.fromCallable(() -> listener(settings, watches, certificates))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(listener -> withSystemLimits(TcpServer.create())
                        .bindAddress(settings::address)
                        .runOn(OwnFamily.of(settings.address(), loops))
                        .option(ChannelOption.SO_BACKLOG, BACKLOG)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(ChannelOption.SO_KEEPALIVE, true)
                        // a client may send everything ahead, end its side, and still wants its answers
                        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                        .childOption(ChannelOption.RECVBUF_ALLOCATOR, RECEIVE_BUFFERS)
                        .doOnConnection(connection -> receive(connection, sessions, listener))
                        .bind()
                        .doOnNext(bound -> tell(settings, bound))
                        .map(bound -> new Bound(listener, bound)))
                .onErrorMap(cause -> new ListenException(settings, cause));
    }

    private static void tell(ListenerSettings settings, DisposableServer bound) {
        String address = RemoteClient.text(bound.address());
        LOG.atInfo()
                .addKeyValue("listener", settings.name())
                .addKeyValue("address", address)
                .addKeyValue("tls", settings.tls().isPresent())
                .log("listening");
        bound.onDispose(() -> LOG.atInfo()
                .addKeyValue("listener", settings.name())
                .addKeyValue("address", address)
                .log("listener-closed"));
    }

    private static Listener listener(
            ListenerSettings settings, Disposable.Composite watches, List<TlsContext> certificates)
            throws TlsException {
        if (settings.tls().isEmpty()) {
            return new Listener(settings, Optional.empty());
        }
        TlsContext tls = TlsContext.load(settings.tls().get());
        watches.add(tls.watch());
        certificates.add(tls);
        return new Listener(settings, Optional.of(tls));
    }

    private static void receive(Connection connection, Sessions sessions, Listener listener) {
        SocketAddress from = connection.channel().remoteAddress();
        Door door = new Door(sessions, listener);
        connection.addHandlerLast(
                "session",
                Arrival.isNeeded(door, from)
                        ? new Arrival(door)
                        : new SessionHandler(sessions, listener, RemoteClient.plain(from, System.nanoTime()))
                                .connection());
    }

    private static TcpServer withSystemLimits(TcpServer server) {
        if (!Native.isEpoll()) {
            return server;
        }
        // an answer acknowledges its command; where none comes at once, the session asks for an acknowledgement
        return server.childOption(EpollChannelOption.TCP_NOTSENT_LOWAT, UNSENT_OCTETS)
                .childOption(EpollChannelOption.TCP_QUICKACK, false);
    }

    /** The address of the first listener, with its actual port. */
    public InetSocketAddress address() {
        return addresses().get(0);
    }

    /** The addresses of the listeners, in the order of {@link ServerSettings#listeners}. */
    public List<InetSocketAddress> addresses() {
        return listeners.stream().map(Bound::address).toList();
    }

    /** The state of the listeners, in the order of {@link ServerSettings#listeners}. */
    public List<ListenerView> listeners() {
        return listeners.stream()
                .map(bound -> new ListenerView(
                        bound.listener().settings().name(),
                        bound.address(),
                        bound.listener().tls().isPresent(),
                        bound.listener().connections(),
                        Math.min(
                                bound.listener().settings().maxConnections(),
                                sessions.settings().limits().connections())))
                .toList();
    }

    /** Current connections. */
    public int connections() {
        return sessions.connections().count();
    }

    /** Whether connections are accepted: all listeners are bound, and the server is not stopping. */
    public boolean isServing() {
        return !stop.hasBegun()
                && listeners.stream().noneMatch(bound -> bound.server().isDisposed());
    }

    /**
     * The current sessions, in no order. Each is read on its own event loop at subscription, and emitted on another
     * thread, which may block. A session that ends meanwhile may be missing.
     */
    public Flux<SessionView> sessions() {
        return sessions.views().publishOn(Schedulers.boundedElastic());
    }

    /**
     * Ends a session with an error line or, within a message, without one. Its marks are treated as after a lost
     * connection ({@link ServerSettings#onDisconnect}); a release under way is completed.
     *
     * @return whether there is a session of that number
     */
    public boolean kick(long id) {
        return sessions.kick(id);
    }

    /**
     * The dialogue of a session since the first call, which begins to watch it. At most 16 sessions are watched at a
     * time, each until nobody has asked for two minutes, even after its end; the last 200 lines of each are kept.
     * Passwords are hidden, and of messages only the length is shown. Works at subscription, and emits on a thread that
     * may block. Empty if there is no such session; fails with {@link TooManyWatchedException}.
     */
    public Mono<SessionTranscript> transcript(long id) {
        return sessions.transcript(id).publishOn(Schedulers.boundedElastic());
    }

    /**
     * Applies new settings to sessions that begin from now on: host name, times, what becomes of marks, limits and
     * profiles. Present sessions keep theirs. Unchanged are listeners (except for the profile of those with the same
     * name), transcripts, the cache of logins, the stop timeout and busy polling. Reads certificates again if they have
     * changed, and forgets which passwords were right. Works at subscription, on a thread that may block.
     */
    public Mono<Void> reconfigure(ServerSettings settings) {
        return Mono.<Void>fromRunnable(() -> {
                    ServerSettings current = sessions.settings();
                    ServerSettings next = settings.withListeners(current.listeners())
                            .withLoginCache(current.loginCache())
                            .withStopTimeout(current.stopTimeout())
                            .withBusyPoll(current.busyPoll());
                    settings.listeners().forEach(this::adoptProfile);
                    sessions.reconfigure(current.trace().map(next::withTrace).orElse(next));
                    authenticator.forgetVerified();
                    certificates.forEach(TlsContext::reload);
                })
                .subscribeOn(Schedulers.boundedElastic());
    }

    private void adoptProfile(ListenerSettings next) {
        listeners.stream()
                .map(Bound::listener)
                .filter(listener -> listener.settings().name().equals(next.name()))
                .forEach(listener -> listener.profile(next.profile()));
    }

    /**
     * Stops the server: accepts no more connections, ends sessions that wait for a command with an error line, lets
     * transfers and releases under way finish within {@link ServerSettings#stopTimeout}, then cuts the rest. Releases
     * are completed. Starts at the first subscription and cannot be cancelled; further ones await the same end.
     */
    public Mono<Void> stop() {
        return stop.by(stopping());
    }

    /** Completes when the server has stopped. */
    public Mono<Void> onStop() {
        return stop.ended();
    }

    private Mono<Void> stopping() {
        return Stop.inOrder(
                error -> LOG.atWarn().setCause(error).log("stop-failed"),
                List.of(
                        Mono.fromRunnable(
                                () -> listeners.forEach(bound -> bound.server().dispose())),
                        Mono.fromRunnable(sessions.connections()::stop),
                        Mono.fromRunnable(authenticator::tellRefusalsNow),
                        Flux.fromIterable(listeners)
                                .flatMap(bound -> bound.server().onDispose())
                                .then(),
                        lastSessions(),
                        Mono.fromRunnable(authenticator::dispose),
                        Mono.fromRunnable(watches::dispose),
                        loops.disposeLater(Duration.ZERO, Duration.ofSeconds(5))));
    }

    private Mono<Void> lastSessions() {
        Duration limit = sessions.settings().stopTimeout();
        return sessions.connections()
                .idle(
                        limit,
                        () -> LOG.atWarn()
                                .addKeyValue(
                                        "connections", sessions.connections().count())
                                .addKeyValue("seconds", limit.toSeconds())
                                .log("connections-cut"),
                        RELEASE_LIMIT,
                        () -> LOG.atError()
                                .addKeyValue("seconds", RELEASE_LIMIT.toSeconds())
                                .log("releases-unfinished"));
    }
}
