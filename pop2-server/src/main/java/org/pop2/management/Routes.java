package org.pop2.management;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pop2.lmtp.LmtpServer;
import org.pop2.server.Pop2Server;
import org.pop2.server.SessionView;
import org.pop2.trace.SessionTranscript;
import org.pop2.trace.TooManyWatchedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The handlers of all paths. */
final class Routes {
    private static final Logger LOG = LoggerFactory.getLogger(Routes.class);

    /** Most sessions in one list. */
    static final int MAX_SESSIONS = 1000;

    /** Delay of the answer to a wrong token, which makes guessing hopeless. */
    private static final Duration WRONG_TOKEN = Duration.ofMillis(500);

    private static final Pattern SESSION = Pattern.compile("/sessions/(\\d{1,18})(/transcript)?");

    private final ManagementSettings settings;
    private final Pop2Server server;
    private final Readiness readiness;
    private final Metrics metrics;
    private final Reload reload;
    private final StatusPage page;
    private final AtomicBoolean reloading = new AtomicBoolean();
    private final String style = resource("status.css");
    private final String script = resource("status.js");
    private final String icon = resource("status.svg");

    Routes(
            ManagementSettings settings,
            Pop2Server server,
            Readiness readiness,
            Optional<LmtpServer> lmtp,
            Metrics metrics,
            Samples samples,
            MailboxSizes sizes,
            Reload reload) {
        this.settings = settings;
        this.server = server;
        this.readiness = readiness;
        this.metrics = metrics;
        this.reload = reload;
        this.page = new StatusPage(settings, server, lmtp, metrics, samples, sizes);
    }

    Mono<Answer> answer(HttpMethod method, String path, HttpHeaders headers) {
        boolean reads = method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
        Matcher session = SESSION.matcher(path);
        if (session.matches() && session.group(2) != null) {
            return reads
                    ? authorized(headers, () -> transcript(Long.parseLong(session.group(1))))
                    : wrongMethod("GET, HEAD");
        }
        if (session.matches()) {
            return method.equals(HttpMethod.DELETE)
                    ? authorized(headers, () -> kick(Long.parseLong(session.group(1))))
                    : wrongMethod("DELETE");
        }
        if (path.equals("/reload")) {
            return method.equals(HttpMethod.POST) ? authorized(headers, this::reload) : wrongMethod("POST");
        }
        return switch (path) {
            case "/health/live" ->
                reads ? Mono.just(Answer.json(200, Map.of("status", "up"))) : wrongMethod("GET, HEAD");
            case "/health/ready" -> reads ? ready() : wrongMethod("GET, HEAD");
            case "/metrics" -> reads ? scrape() : wrongMethod("GET, HEAD");
            case "/sessions" -> reads ? authorized(headers, this::sessions) : wrongMethod("GET, HEAD");
            case "/" -> reads ? page(headers) : wrongMethod("GET, HEAD");
            case "/status.css" ->
                reads ? Mono.just(new Answer(200, "text/css; charset=utf-8", style)) : wrongMethod("GET, HEAD");
            case "/status.js" ->
                reads ? Mono.just(new Answer(200, "text/javascript; charset=utf-8", script)) : wrongMethod("GET, HEAD");
            case "/status.svg" -> reads ? Mono.just(new Answer(200, "image/svg+xml", icon)) : wrongMethod("GET, HEAD");
            default -> Mono.just(Answer.problem(404, "there is nothing here"));
        };
    }

    private static Mono<Answer> wrongMethod(String allowed) {
        return Mono.just(Answer.problem(405, "only " + allowed).with("Allow", allowed));
    }

    /** Whether the request has the right token. */
    boolean isAuthorized(HttpHeaders headers) {
        return settings.token().isPresent()
                && Requests.token(headers).filter(settings.token().get()::is).isPresent();
    }

    private Mono<Answer> authorized(HttpHeaders headers, Supplier<Mono<Answer>> work) {
        if (settings.token().isEmpty()) {
            return Mono.just(Answer.problem(403, "no management.token-file is set"));
        }
        return isAuthorized(headers) ? work.get() : unauthorized(headers);
    }

    private static Mono<Answer> unauthorized(HttpHeaders headers) {
        Answer answer = Answer.problem(401, "this needs the management token").with("WWW-Authenticate", "Bearer");
        return Requests.token(headers).isPresent() ? Mono.delay(WRONG_TOKEN).thenReturn(answer) : Mono.just(answer);
    }

    private Mono<Answer> ready() {
        return offLoops(readiness.check()).map(checks -> {
            boolean all = checks.values().stream().allMatch(it -> it);
            Map<String, Object> body = new LinkedHashMap<>();
            body.put("status", all ? "up" : "down");
            body.putAll(checks);
            return Answer.json(all ? 200 : 503, body);
        });
    }

    private Mono<Answer> scrape() {
        return Mono.fromCallable(() -> metrics.scrape()
                        .map(text -> new Answer(200, "text/plain; version=0.0.4; charset=utf-8", text))
                        .orElseGet(() -> Answer.problem(404, "metrics are in a registry that is not Prometheus's")))
                .subscribeOn(Schedulers.boundedElastic());
    }

    /** Moves rendering to threads of its own, off the threads that delivered the data. */
    private static <T> Mono<T> offLoops(Mono<T> source) {
        return source.publishOn(Schedulers.boundedElastic());
    }

    /** At most {@value #MAX_SESSIONS} sessions, oldest first. */
    private Mono<List<SessionView>> views() {
        return server.sessions()
                .sort(Comparator.comparingLong(SessionView::id))
                .take(MAX_SESSIONS)
                .collectList();
    }

    private Mono<Answer> sessions() {
        return views().map(views -> {
            Map<String, Object> body = new LinkedHashMap<>();
            body.put("connections", server.connections());
            body.put("sessions", views.stream().map(Routes::json).toList());
            return Answer.json(200, body);
        });
    }

    private static Map<String, Object> json(SessionView view) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("id", view.id());
        json.put("listener", view.listener());
        json.put("address", view.address());
        json.put("encrypted", view.encrypted());
        view.user().ifPresent(user -> json.put("user", user.value()));
        json.put("state", Metrics.label(view.state()));
        view.folder().ifPresent(folder -> {
            json.put("folder", folder);
            json.put("message", view.message());
            json.put("messages", view.messages());
        });
        json.put("octets", view.octets());
        json.put("age_seconds", view.age().toSeconds());
        json.put("idle_seconds", view.idle().toSeconds());
        return json;
    }

    private Mono<Answer> kick(long id) {
        if (server.kick(id)) {
            LOG.atInfo().addKeyValue("session", id).log("session-kicked");
            return Mono.just(Answer.json(200, Map.of("closed", id)));
        }
        return Mono.just(Answer.problem(404, "there is no session " + id));
    }

    private Mono<Answer> transcript(long id) {
        return server.transcript(id)
                .map(transcript -> Answer.json(200, json(transcript)))
                .switchIfEmpty(Mono.fromSupplier(() -> Answer.problem(404, "there is no session " + id)))
                .onErrorResume(
                        TooManyWatchedException.class,
                        full -> Mono.just(Answer.problem(503, String.valueOf(full.getMessage()))));
    }

    private static Map<String, Object> json(SessionTranscript transcript) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("session", transcript.session());
        json.put("ended", transcript.ended());
        transcript.file().ifPresent(file -> json.put("file", file.toString()));
        json.put(
                "lines",
                transcript.lines().stream()
                        .map(line -> {
                            Map<String, Object> said = new LinkedHashMap<>();
                            said.put("number", line.number());
                            said.put(
                                    "at",
                                    line.at().truncatedTo(ChronoUnit.MILLIS).toString());
                            said.put("who", Metrics.label(line.who()));
                            said.put("text", line.text());
                            return said;
                        })
                        .toList());
        return json;
    }

    private Mono<Answer> reload() {
        if (!reloading.compareAndSet(false, true)) {
            return Mono.just(Answer.problem(409, "a reload is under way"));
        }
        // it runs to its end, whether or not somebody waits so long for the answer
        Mono<Answer> running = Mono.defer(reload::reload)
                .map(result -> Answer.json(
                        result.done() ? 200 : 422, Map.of("done", result.done(), "messages", result.messages())))
                .onErrorResume(error -> Mono.just(Answer.defect(error)))
                .doFinally(signal -> reloading.set(false))
                .cache();
        Disposable unused = running.subscribe();
        return running;
    }

    private Mono<Answer> page(HttpHeaders headers) {
        boolean shown = isAuthorized(headers);
        if (!shown && Requests.token(headers).isPresent()) {
            return unauthorized(headers);
        }
        return offLoops(readiness
                        .check()
                        .zipWith(shown ? views().map(Optional::of) : Mono.just(Optional.<List<SessionView>>empty())))
                .map(both -> new Answer(200, Answer.HTML, page.of(both.getT1(), both.getT2())));
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(Routes.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
