package org.pop2.lmtp;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.pop2.net.LogText;
import org.pop2.net.OwnFamily;
import org.pop2.net.Stop;
import org.pop2.storage.MailStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A running LMTP server (RFC 2033). It accepts mail for the accounts of a storage, and never relays.
 *
 * <p>It runs on Netty's NIO transport, which has Unix sockets without a native library. LMTP has no login: bind it to
 * loopback, a private network, or a Unix socket whose {@linkplain LmtpSettings.SocketFile mode} admits only the MTA.
 */
public final class LmtpServer {
    private static final Logger LOG = LoggerFactory.getLogger(LmtpServer.class);

    /** Beyond this many octets of unread replies, no more commands are read. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(16 * 1024, 64 * 1024);

    /** Small for commands; grows when a message comes in. */
    private static final AdaptiveRecvByteBufAllocator RECEIVE_BUFFERS =
            new AdaptiveRecvByteBufAllocator(512, 2048, 64 * 1024);

    private static final int BACKLOG = 128;
    private static final int THREADS = 2;

    /** How long a stop waits for deliveries after it has cut all connections. */
    private static final Duration DELIVERY_LIMIT = Duration.ofSeconds(30);

    private final LmtpSessions sessions;
    private final EventLoopGroup loops;
    private final Channel listener;
    private final Optional<Object> socketFile;
    private final Stop stop = new Stop();

    private LmtpServer(LmtpSessions sessions, EventLoopGroup loops, Channel listener, Optional<Object> socketFile) {
        this.sessions = sessions;
        this.loops = loops;
        this.listener = listener;
        this.socketFile = socketFile;
    }

    /**
     * Binds the address and accepts mail for the store. Work starts at subscription; the server is emitted once it
     * accepts connections. Fails with an {@link IOException} if the address cannot be bound, if another process listens
     * on the Unix socket, or if the spool's directory cannot be used. The caller closes the store, after the server has
     * {@linkplain #stop stopped}.
     */
    public static Mono<LmtpServer> start(LmtpSettings settings, MailStore store) {
        return start(settings, store, LmtpObserver.NONE);
    }

    /** As {@link #start(LmtpSettings, MailStore)}, with an observer. */
    public static Mono<LmtpServer> start(LmtpSettings settings, MailStore store, LmtpObserver observer) {
        // binds and touches files, and so may wait: once, and not on the caller's thread
        return Mono.fromCallable(() -> bind(settings, store, observer)).subscribeOn(Schedulers.boundedElastic());
    }

    // after a failed bind nobody waits for the loops to end
    @SuppressWarnings("FutureReturnValueIgnored")
    private static LmtpServer bind(LmtpSettings settings, MailStore store, LmtpObserver observer) throws IOException {
        Path spool = settings.spooling().directory();
        if (!Files.isDirectory(spool) || !Files.isWritable(spool)) {
            throw new NotDirectoryException(spool + " is not a writable directory");
        }
        Optional<Path> file = settings.address() instanceof UnixDomainSocketAddress unix
                ? Optional.of(unix.getPath())
                : Optional.empty();
        if (file.isPresent()) {
            UnixSocket.clear(file.get());
        }
        LmtpSessions sessions = new LmtpSessions(settings, store, observer);
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(
                THREADS, new DefaultThreadFactory("lmtp", true), NioIoHandler.newFactory());
        boolean served = false;
        try {
            ServerBootstrap bootstrap = new ServerBootstrap()
                    .group(loops)
                    .option(ChannelOption.SO_BACKLOG, BACKLOG)
                    .childOption(ChannelOption.AUTO_READ, false)
                    .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                    .childOption(ChannelOption.RECVBUF_ALLOCATOR, RECEIVE_BUFFERS)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast("lmtp", new LmtpHandler(sessions).connection());
                        }
                    });
            if (settings.address() instanceof InetSocketAddress inet) {
                bootstrap
                        .channelFactory(() -> OwnFamily.nio(inet))
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(ChannelOption.SO_KEEPALIVE, true)
                        // a client may send everything ahead, end its side, and still wants its replies;
                        // Netty's Unix sockets cannot, and close when the client's side ends
                        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            } else {
                bootstrap.channel(NioServerDomainSocketChannel.class);
            }
            ChannelFuture bound = bootstrap.bind(settings.address()).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                throw new IOException(
                        "cannot listen on " + settings.address() + ": " + LogText.systemError(bound.cause()),
                        bound.cause());
            }
            Optional<Object> key = file.isPresent()
                    ? Optional.of(UnixSocket.prepare(file.get(), settings.socketFile()))
                    : Optional.empty();
            LmtpServer server = new LmtpServer(sessions, loops, bound.channel(), key);
            LOG.atInfo()
                    .addKeyValue("address", LmtpRecord.listening(server.address()))
                    .log("lmtp-listening");
            served = true;
            return server;
        } finally {
            if (!served) {
                sessions.spool().close();
                loops.shutdownGracefully(0, 5, TimeUnit.SECONDS);
            }
        }
    }

    /** Where it listens, with the actual port if the settings said 0. */
    public SocketAddress address() {
        SocketAddress local = listener.localAddress();
        return local == null ? sessions.settings().address() : local;
    }

    /** Whether connections are accepted. */
    public boolean isServing() {
        return !stop.hasBegun() && listener.isActive();
    }

    /** Current connections. */
    public int connections() {
        return sessions.connections().count();
    }

    /** Octets of messages that are currently held in memory. */
    public long spooledInMemory() {
        return sessions.spool().memoryUsed();
    }

    /**
     * Stops the server: accepts no more connections, ends sessions that wait for a command with 421, lets messages
     * under way finish within {@link LmtpSettings.Limits#stopTimeout}, then cuts the rest. Deliveries that have begun
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
                error -> LOG.atWarn().setCause(error).log("lmtp-stop-failed"),
                List.of(
                        Mono.defer(() -> done(listener.close()))
                                .doOnSuccess(closed -> LOG.atInfo()
                                        .addKeyValue("address", LmtpRecord.listening(address()))
                                        .log("lmtp-listener-closed")),
                        Mono.<Void>fromRunnable(this::removeSocketFile).subscribeOn(Schedulers.boundedElastic()),
                        Mono.fromRunnable(sessions.connections()::stop),
                        lastSessions(),
                        Mono.fromRunnable(sessions.spool()::close),
                        Mono.defer(() -> done(loops.shutdownGracefully(0, 5, TimeUnit.SECONDS)))));
    }

    private Mono<Void> lastSessions() {
        Duration limit = sessions.settings().limits().stopTimeout();
        return sessions.connections()
                .idle(
                        limit,
                        () -> LOG.atWarn()
                                .addKeyValue(
                                        "connections", sessions.connections().count())
                                .addKeyValue("seconds", limit.toSeconds())
                                .log("lmtp-connections-cut"),
                        DELIVERY_LIMIT,
                        () -> LOG.atError()
                                .addKeyValue("seconds", DELIVERY_LIMIT.toSeconds())
                                .log("lmtp-deliveries-unfinished"));
    }

    private void removeSocketFile() {
        if (sessions.settings().address() instanceof UnixDomainSocketAddress unix && socketFile.isPresent()) {
            try {
                UnixSocket.remove(unix.getPath(), socketFile.get());
            } catch (IOException e) {
                LOG.atWarn().addKeyValue("error", e.toString()).log("lmtp-socket-file-left");
            }
        }
    }

    private static Mono<Void> done(io.netty.util.concurrent.Future<?> future) {
        return Mono.create(sink -> future.addListener(any -> sink.success()));
    }
}
