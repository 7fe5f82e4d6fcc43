package org.pop2.management;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.pop2.library.Library;
import org.pop2.lmtp.LmtpObserver;
import org.pop2.protocol.End;
import org.pop2.protocol.ForeignProtocol;
import org.pop2.protocol.Input;
import org.pop2.protocol.State;
import org.pop2.server.ServerObserver;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreMetrics;
import org.pop2.storage.UserName;

/**
 * Counts what a server does: pass it to the server as its observer. All names and labels exist from the start, with the
 * value 0. Labels have a fixed set of values, and never contain users, addresses or folders.
 */
public final class Metrics implements ServerObserver, LmtpObserver {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30)
    };

    private final MeterRegistry registry;
    private final Map<State, AtomicLong> sessions = new EnumMap<>(State.class);
    private final Map<Login, Counter> logins;
    private final Map<Input, Counter> commands;
    private final Map<Refusal, Counter> refusals;
    private final Map<End, Counter> ends;
    private final Map<ForeignProtocol, Counter> foreign;
    private final Map<Release, Timer> releases = new EnumMap<>(Release.class);
    private final Counter messages;
    private final Counter sent;
    private final Counter received;
    private final Counter deleted;
    private final Counter discarded;
    private final Counter sessionsWithDiscarded;
    private final Counter lmtpMessages;
    private final Counter lmtpOctets;
    private final Counter lmtpDelivered;
    private final Counter lmtpFailed;
    private final Counter lmtpRefused;
    private final Counter lmtpOverloaded;
    private final RecentLogins recentLogins;
    private final RecentRefusals recentRefusals;

    /** The registry holds them weakly. */
    private final List<StoreMetrics.Measure> measures = new CopyOnWriteArrayList<>();

    /**
     * Metrics of a server over this store, and of the store if it {@linkplain StoreMetrics has any}, in a registry of
     * their own; {@link ManagementServer} exposes them to Prometheus.
     */
    public Metrics(MailStore store) {
        this(store, Clock.systemUTC());
    }

    Metrics(MailStore store, Clock clock) {
        this(store, OfPrometheus.registry(), clock);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    /**
     * The same in the given registry, without the metrics of the Java process. Several servers need a registry each, as
     * names and labels are the same.
     */
    public Metrics(MailStore store, MeterRegistry registry) {
        this(store, registry, Clock.systemUTC());
    }

    private Metrics(MailStore store, MeterRegistry registry, Clock clock) {
        this.registry = registry;
        recentLogins = new RecentLogins(clock);
        recentRefusals = new RecentRefusals(clock);
        for (State state : State.values()) {
            AtomicLong number = new AtomicLong();
            sessions.put(state, number);
            if (state != State.LSTN) {
                Gauge.builder("pop2.sessions", number, AtomicLong::get)
                        .description("Sessions at the moment, by the state of RFC 937; done: the connection is closing")
                        .tag("state", label(state))
                        .register(registry);
            }
        }
        logins = counters(Login.class, "pop2.logins", "result", "Logins, by what became of them", all -> true);
        commands = counters(
                Input.class,
                "pop2.commands",
                "command",
                "Lines taken from clients; other: no command of RFC 937",
                input -> input != Input.OPEN && input != Input.CLOSE && input != Input.TIMEOUT);
        refusals = counters(
                Refusal.class, "pop2.refused.connections", "reason", "Connections that were not let in", all -> true);
        ends = counters(End.class, "pop2.sessions.ended", "reason", "Sessions that ended, by why", all -> true);
        foreign = counters(
                ForeignProtocol.class,
                "pop2.wrong.protocol",
                "protocol",
                "Connections whose first line was another protocol's",
                all -> true);
        for (Release result : Release.values()) {
            releases.put(
                    result,
                    Timer.builder("pop2.release")
                            .description("How long it took to let go of a mailbox, deletions included")
                            .tag("result", label(result))
                            .serviceLevelObjectives(BUCKETS)
                            .register(registry));
        }
        messages = counter("pop2.messages.sent", "Messages that went out whole");
        sent = counter("pop2.sent.octets", "Octets that clients took");
        received = counter("pop2.received.octets", "Octets that clients sent");
        deleted = counter("pop2.messages.deleted", "Messages that clients deleted");
        discarded = counter("pop2.messages.discarded", "Messages that were marked by ACKD and kept all the same");
        sessionsWithDiscarded =
                counter("pop2.sessions.discarded", "Sessions that ended with marks of ACKD that were not carried out");
        lmtpMessages = counter("pop2.lmtp.messages", "Messages that came in whole by LMTP");
        lmtpOctets = counter("pop2.lmtp.octets", "Octets of messages that came in by LMTP");
        lmtpOverloaded = counter("pop2.lmtp.refused.connections", "LMTP connections beyond lmtp.connections");
        String recipients = "Recipients of messages that came in by LMTP, by what became of the delivery";
        lmtpDelivered = counter("pop2.lmtp.recipients", recipients, Tags.of("result", "delivered"));
        lmtpFailed = counter("pop2.lmtp.recipients", recipients, Tags.of("result", "failed"));
        lmtpRefused = counter("pop2.lmtp.recipients", recipients, Tags.of("result", "refused"));
        store.metrics().ifPresent(measured -> add("storage", measured.measures()));
    }

    /**
     * Adds metrics of another part of the program. Call once for each part.
     *
     * @param what the part, one word: its metrics are named {@code pop2_<what>_...}
     */
    public void add(String what, List<StoreMetrics.Measure> more) {
        measures.addAll(more);
        more.forEach(measure -> add(what, measure));
    }

    private void add(String what, StoreMetrics.Measure measure) {
        String name = "pop2." + what + "." + measure.name();
        switch (measure.kind()) {
            case GAUGE ->
                Gauge.builder(name, measure.value(), LongSupplier::getAsLong)
                        .description(measure.description())
                        .strongReference(true)
                        .register(registry);
            case COUNTER ->
                FunctionCounter.builder(name, measure, it -> it.value().getAsLong())
                        .description(measure.description())
                        .register(registry);
        }
    }

    private Counter counter(String name, String description) {
        return counter(name, description, Tags.empty());
    }

    private Counter counter(String name, String description, Tags tags) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    private <E extends Enum<E>> Map<E, Counter> counters(
            Class<E> type, String name, String tag, String description, Function<E, Boolean> which) {
        Map<E, Counter> counters = new EnumMap<>(type);
        for (E value : type.getEnumConstants()) {
            if (which.apply(value)) {
                counters.put(value, counter(name, description, Tags.of(tag, label(value))));
            }
        }
        return counters;
    }

    private static <E> void count(Map<E, Counter> counters, E value) {
        Counter counter = counters.get(value);
        if (counter != null) {
            counter.increment();
        }
    }

    static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** A gauge whose value is read elsewhere. */
    void gauge(String name, String description, LongSupplier value) {
        Gauge.builder(name, value, LongSupplier::getAsLong)
                .description(description)
                .strongReference(true)
                .register(registry);
    }

    /** All metrics in the text format of Prometheus; empty if the registry was given. Takes some ms. */
    Optional<String> scrape() {
        return OfPrometheus.scrape(registry);
    }

    /** A class of its own, so that Prometheus is not needed unless used. */
    private static final class OfPrometheus {
        static MeterRegistry registry() {
            Library.MICROMETER.require("metrics");
            Library.PROMETHEUS.require("metrics for Prometheus");
            return Made.registry();
        }

        static Optional<String> scrape(MeterRegistry registry) {
            return Library.PROMETHEUS.isPresent() ? Made.scrape(registry) : Optional.empty();
        }

        private static final class Made {
            static MeterRegistry registry() {
                return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            }

            static Optional<String> scrape(MeterRegistry registry) {
                return registry instanceof PrometheusMeterRegistry prometheus
                        ? Optional.of(prometheus.scrape())
                        : Optional.empty();
            }
        }
    }

    RecentLogins recentLogins() {
        return recentLogins;
    }

    RecentRefusals recentRefusals() {
        return recentRefusals;
    }

    long sessions(State state) {
        AtomicLong number = sessions.get(state);
        return number == null ? 0 : number.get();
    }

    long logins(Login result) {
        Counter counter = logins.get(result);
        return counter == null ? 0 : (long) counter.count();
    }

    /** Connections that were refused. */
    long refusedConnections() {
        return (long) refusals.values().stream().mapToDouble(Counter::count).sum();
    }

    long messagesSent() {
        return (long) messages.count();
    }

    long octetsSent() {
        return (long) sent.count();
    }

    // ---- what the servers tell

    @Override
    public void refused(Refusal why, String address) {
        count(refusals, why);
        recentRefusals.add(Reasons.of(why), address);
    }

    @Override
    public void login(Login result, String address, Optional<UserName> user) {
        count(logins, result);
        if (result == Login.ACCEPTED) {
            user.ifPresent(name -> recentLogins.add(name, address));
        } else {
            recentRefusals.add(Reasons.of(result), address);
        }
    }

    @Override
    public void command(Input command) {
        count(commands, command);
    }

    @Override
    public void wrongProtocol(ForeignProtocol protocol, String address) {
        count(foreign, protocol);
        recentRefusals.add(Reasons.of(protocol), address);
    }

    @Override
    public void moved(State from, State to) {
        if (from != State.LSTN) {
            sessions.getOrDefault(from, new AtomicLong()).decrementAndGet();
        }
        if (to != State.LSTN) {
            sessions.getOrDefault(to, new AtomicLong()).incrementAndGet();
        }
    }

    @Override
    public void messageSent() {
        messages.increment();
    }

    @Override
    public void octetsSent(long count) {
        sent.increment((double) count);
    }

    @Override
    public void octetsReceived(long count) {
        received.increment((double) count);
    }

    @Override
    public void released(Release result, int number, Duration took) {
        deleted.increment(number);
        Timer timer = releases.get(result);
        if (timer != null) {
            timer.record(took);
        }
    }

    @Override
    public void ended(End why, long kept) {
        count(ends, why);
        if (kept > 0) {
            discarded.increment((double) kept);
            sessionsWithDiscarded.increment();
        }
    }

    @Override
    public void received(long octets) {
        lmtpMessages.increment();
        lmtpOctets.increment((double) octets);
    }

    @Override
    public void delivered() {
        lmtpDelivered.increment();
    }

    @Override
    public void failed() {
        lmtpFailed.increment();
    }

    @Override
    public void refused() {
        lmtpRefused.increment();
    }

    @Override
    public void overloaded() {
        lmtpOverloaded.increment();
    }
}
