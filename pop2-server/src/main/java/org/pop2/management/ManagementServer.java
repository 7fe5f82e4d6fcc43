package org.pop2.management;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.timeout.WriteTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.library.Library;
import org.pop2.lmtp.LmtpServer;
import org.pop2.net.LogText;
import org.pop2.net.OwnFamily;
import org.pop2.net.Stop;
import org.pop2.server.Pop2Server;
import org.pop2.storage.MailStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;

/**
 * The listener for operators: HTTP/1.1, on an event loop of its own. Requests have no bodies; their size, their time
 * and the connections are bounded.
 */
public final class ManagementServer {
    private static final Logger LOG = LoggerFactory.getLogger(ManagementServer.class);

    private static final int MAX_LINE = 2048;
    private static final int MAX_HEADERS = 8192;
    private static final int REQUESTS_PER_CONNECTION = 1000;
    private static final int BACKLOG = 32;
    private static final int WRITE_SECONDS = 20;
    private static final Duration IDLE = Duration.ofSeconds(30);
    private static final Duration REQUEST = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(15);

    /** Lets a browser load only what is shipped with the page. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final DisposableServer server;
    private final LoopResources loops;
    private final Disposable looking;

    private ManagementServer(DisposableServer server, LoopResources loops, Disposable looking) {
        this.server = server;
        this.loops = loops;
        this.looking = looking;
    }

    /**
     * Starts to listen. Work starts at subscription; the server is emitted once it accepts connections. Fails with an
     * {@link IOException} if the address cannot be bound. Does not close what it shows.
     *
     * @param metrics the observer that the servers were started with
     * @param reload what a request to reload does
     */
    public static Mono<ManagementServer> start(
            ManagementSettings settings,
            Pop2Server server,
            Optional<LmtpServer> lmtp,
            MailStore store,
            Metrics metrics,
            Reload reload) {
        return Mono.defer(() -> {
            Library.HTTP.require("listeners for operators");
            Library.JACKSON.require("listeners for operators");
            Samples samples = new Samples();
            metrics.gauge("pop2.connections", "Connections at the moment", server::connections);
            metrics.gauge("pop2.serving", "1: connections are accepted", () -> server.isServing() ? 1 : 0);
            metrics.gauge(
                    "pop2.lmtp.connections",
                    "LMTP connections at the moment",
                    () -> lmtp.map(LmtpServer::connections).orElse(0));
            MailboxSizes sizes = new MailboxSizes(store, Schedulers.parallel());
            Routes routes = new Routes(
                    settings, server, new Readiness(server, lmtp, store), lmtp, metrics, samples, sizes, reload);
            LoopResources loops = LoopResources.create("pop2-management", 1, true);
            return bind(settings, routes, loops)
                    .map(bound -> new ManagementServer(
                            bound, loops, Disposables.composite(sample(samples, server, metrics), sizes)))
                    .doOnError(error -> loops.dispose())
                    .onErrorMap(error -> new IOException(
                            "management cannot listen on " + settings.address() + ": " + rootMessage(error), error));
        });
    }

    private static String rootMessage(Throwable error) {
        @Nullable Throwable cause = error.getCause();
        return LogText.systemError(cause == null ? error : cause);
    }

    private static Disposable sample(Samples samples, Pop2Server server, Metrics metrics) {
        return Flux.interval(Samples.DISTANCE)
                .onBackpressureDrop()
                .subscribe(
                        tick -> samples.add(metrics.octetsSent(), metrics.messagesSent(), server.connections()),
                        error -> LOG.atError().setCause(error).log("samples-stopped"));
    }

    private static Mono<? extends DisposableServer> bind(
            ManagementSettings settings, Routes routes, LoopResources loops) {
        Visitors visitors = new Visitors();
        return HttpServer.create()
                .bindAddress(settings::address)
                .runOn(OwnFamily.of(settings.address(), loops))
                .protocol(HttpProtocol.HTTP11)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .httpRequestDecoder(spec -> spec.maxInitialLineLength(MAX_LINE)
                        .maxHeaderSize(MAX_HEADERS)
                        .validateHeaders(true))
                .maxKeepAliveRequests(REQUESTS_PER_CONNECTION)
                .idleTimeout(IDLE)
                // a client may ask, end its side, and still wants its answer
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .httpMessageLogFactory(new NothingOfTheirs())
                .doOnChannelInit((observer, channel, from) -> {
                    visitors.admit(channel);
                    channel.pipeline()
                            .addFirst("slow-reader", new WriteTimeoutHandler(WRITE_SECONDS))
                            .addFirst("slow-writer", new RequestDeadline(REQUEST));
                })
                .handle((request, response) -> respond(request, response, settings, routes, visitors))
                .bind();
    }

    private static Mono<Void> respond(
            HttpServerRequest request,
            HttpServerResponse response,
            ManagementSettings settings,
            Routes routes,
            Visitors visitors) {
        Channel[] channels = new Channel[1];
        request.withConnection(connection -> channels[0] = connection.channel());
        Channel channel = Objects.requireNonNull(channels[0]);
        visitors.asks(channel, routes.isAuthorized(request.requestHeaders()));
        channel.pipeline().get(RequestDeadline.class).complete();
        // Reactor Netty 1.3 no longer reads from a connection whose client was quicker with its next request than the
        // thread that answered was with the last: an answer written on the loop is done before anything is read
        Mono<Answer> answered =
                answer(request, settings, routes).publishOn(Schedulers.fromExecutor(channel.eventLoop()));
        return answered.<Void>flatMap(answer -> {
                    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
                    response.status(answer.status())
                            .header("Content-Type", answer.type())
                            .header("Content-Length", String.valueOf(body.length))
                            .header("Cache-Control", "no-store")
                            .header("Content-Security-Policy", POLICY)
                            .header("X-Content-Type-Options", "nosniff")
                            .header("Referrer-Policy", "no-referrer")
                            .header("Cross-Origin-Resource-Policy", "same-origin");
                    answer.headers().forEach(response::header);
                    if (answer.status() == 413 || answer.status() == 400) {
                        response.keepAlive(false);
                    }
                    return request.method().equals(HttpMethod.HEAD)
                            ? response.send()
                            : response.sendByteArray(Mono.just(body)).then();
                })
                .doFinally(signal -> channel.eventLoop().execute(() -> rests(channel, visitors)));
    }

    private static void rests(Channel channel, Visitors visitors) {
        visitors.rests(channel);
        ChannelHandlerContext context = channel.pipeline().context(RequestDeadline.class);
        if (context != null) {
            ((RequestDeadline) context.handler()).answered(context);
        }
    }

    private static Mono<Answer> answer(HttpServerRequest request, ManagementSettings settings, Routes routes) {
        Optional<Answer> objection = Requests.objection(request.requestHeaders(), settings.address());
        if (objection.isPresent()) {
            return Mono.just(objection.get());
        }
        return Mono.defer(() -> routes.answer(request.method(), path(request.uri()), request.requestHeaders()))
                .timeout(ANSWER, Mono.fromSupplier(() -> Answer.problem(503, "no answer in time")))
                .onErrorResume(error -> Mono.just(Answer.defect(error)));
    }

    private static String path(String uri) {
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }

    /** Where it listens, with the actual port if the settings said 0. */
    public InetSocketAddress address() {
        SocketAddress address = server.address();
        return (InetSocketAddress) Objects.requireNonNull(address);
    }

    /** Stops at once, cutting requests under way. Works at subscription. */
    public Mono<Void> stop() {
        return Stop.inOrder(
                error -> LOG.atWarn().setCause(error).log("management-stop-failed"),
                List.of(
                        Mono.fromRunnable(looking::dispose),
                        Mono.fromRunnable(server::dispose),
                        server.onDispose().onErrorComplete(),
                        loops.disposeLater(Duration.ZERO, Duration.ofSeconds(2))
                                .subscribeOn(Schedulers.boundedElastic())));
    }
}
