package org.pop2.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.pop2.fetch.source.AtProvider;
import org.pop2.fetch.source.Source;
import org.pop2.fetch.source.SourceException;

/**
 * Brings the mail of an account at a provider to a target: each message once, however often it is killed and run again,
 * and stored safely before anything changes at the provider.
 *
 * <p>The journal gets a record before a message is stored, with its fingerprint and an id, and another one afterwards.
 * If the second is missing, the next run first looks for the message in the target. (A target that stores a repeated id
 * only once is safe without that.) So a kill costs at most reading one message again.
 */
public final class Collector {
    /** Messages in one command to the provider. */
    private static final int BATCH = 100;

    /** Attempts to read a message before it is left at the provider. */
    private static final int TRIES = 20;

    /** Most octets that are stored of a message that is too large. */
    static final int BEGINNING = 64 * 1024;

    /** Octets that are accepted of a message whatever size was announced. */
    private static final long WRONG_SIZE = 64L * 1024 * 1024;

    private final Target target;
    private final CollectState state;
    private final FetchPlan plan;
    private final FetchObserver observer;
    private final BooleanSupplier stopped;
    private final Clock clock;

    /** Messages that are stored here, for which something remains to be done at the provider. */
    private final List<String> toActOn = new ArrayList<>();

    private Tally tally;

    private Collector(
            Target target,
            CollectState state,
            FetchPlan plan,
            FetchObserver observer,
            BooleanSupplier stopped,
            Clock clock) {
        this.target = target;
        this.state = state;
        this.plan = plan;
        this.observer = observer;
        this.tally = new Tally(observer);
        this.stopped = stopped;
        this.clock = clock;
    }

    /**
     * A collector for successive runs with one state. The caller closes target and journal.
     *
     * @param stopped asked between two messages: whether to stop
     */
    public static Collector of(
            Target target,
            Journal journal,
            FetchPlan plan,
            FetchObserver observer,
            BooleanSupplier stopped,
            Clock clock)
            throws IOException {
        return new Collector(target, CollectState.of(journal), plan, observer, stopped, clock);
    }

    /**
     * Finds out whether the message that was being stored at a kill is stored: to be called before a user can delete it
     * here. Needs no provider.
     */
    public void recall() throws IOException {
        for (Map.Entry<String, CollectState.Doubt> each : state.doubts().entrySet()) {
            OptionalInt there = target.count(each.getValue().fingerprint());
            if (there.isPresent()
                    && there.getAsInt() > state.count(each.getValue().fingerprint())) {
                state.finish(
                        each.getKey(),
                        each.getValue().fingerprint(),
                        each.getValue().acts());
            }
        }
        state.flush();
    }

    /**
     * Collects what is there. The caller {@linkplain Source#finish finishes} the source.
     *
     * @throws SourceException if the provider fails
     * @throws IOException if the target or the journal does
     * @throws org.pop2.storage.StoreException likewise
     */
    public FetchResult run(Source source) throws IOException {
        tally = new Tally(observer);
        recall();
        begin(source);
        boolean byNumber = source.last().isPresent();
        List<String> there =
                source.keys(new Source.Wanted(state.settled(), plan.which() == FetchPlan.Which.UNSEEN && byNumber));
        Set<String> unsettled = new HashSet<>();
        List<String> wanted = new ArrayList<>();
        for (String key : there) {
            if (!state.isKnown(key)) {
                wanted.add(key);
                unsettled.add(key);
            }
        }
        lookForLost(source, wanted, unsettled);
        toActOn.clear();
        toActOn.addAll(state.toBeActedOn());
        // what could not be read comes last: behind it there is mail
        wanted.sort(Comparator.comparingInt(key -> state.failures(key) + (state.wasDropped(key) ? 1 : 0)));
        for (int from = 0; from < wanted.size() && !isEnough(); from += BATCH) {
            List<String> some = wanted.subList(from, Math.min(wanted.size(), from + BATCH));
            take(source, some, unsettled);
            act(source, unsettled);
        }
        act(source, unsettled);
        settle(source, there, unsettled);
        return tally.result();
    }

    /** Looks what a run would find now. Changes nothing, neither here nor at the provider. */
    public FetchPreview preview(Source source) throws IOException {
        List<String> all = source.keys(Source.Wanted.ALL);
        boolean countsAnew = !state.isNew() && !state.validity().equals(word(source.validity()));
        boolean unseen = plan.which() == FetchPlan.Which.UNSEEN && source.last().isPresent();
        List<String> wanted;
        if (state.isNew() && plan.which() == FetchPlan.Which.NEW) {
            wanted = List.of();
        } else if (countsAnew) {
            wanted = all;
        } else {
            wanted = source.keys(new Source.Wanted(state.settled(), unseen)).stream()
                    .filter(key -> !state.isKnown(key))
                    .toList();
        }
        return new FetchPreview(all.size(), wanted, countsAnew);
    }

    private boolean isEnough() {
        return stopped.getAsBoolean() || tally.isEnough();
    }

    private void begin(Source source) throws IOException {
        if (state.isNew()) {
            boolean later = plan.which() == FetchPlan.Which.NEW;
            boolean byNumber = source.last().isPresent();
            state.begin(
                    word(source.validity()),
                    clock.instant(),
                    later ? source.last().orElse(0) : 0,
                    later && !byNumber ? source.keys(Source.Wanted.ALL) : List.of());
        } else if (!state.validity().equals(word(source.validity()))) {
            observer.renumbered(state.validity(), source.validity());
            state.renumber(word(source.validity()), source.keys(Source.Wanted.ALL));
        } else if (source.last().isEmpty()) {
            List<String> there = source.keys(Source.Wanted.ALL);
            Set<String> known = state.keys();
            // POP3 does not say so; but if nothing that was known is there any more, and as much is, it may have
            if (known.size() >= 2
                    && there.size() >= known.size()
                    && there.stream().noneMatch(known::contains)) {
                observer.renumbered(known.iterator().next(), there.get(0));
                state.renumber(state.validity(), there);
            }
        }
    }

    /** The journal is one of words. */
    private static String word(String validity) {
        return validity.isEmpty() ? "-" : validity.replace(' ', '_');
    }

    /** Handles messages that were being stored and are not listed any more: somebody may have read them there. */
    private void lookForLost(Source source, List<String> wanted, Set<String> unsettled) throws IOException {
        for (String key : state.doubts().keySet()) {
            if (!unsettled.contains(key)) {
                if (source.info(List.of(key)).isEmpty()) {
                    observer.vanished(key);
                    state.abandon(key);
                } else if (unsettled.add(key)) {
                    wanted.add(key);
                }
            }
        }
    }

    private void take(Source source, List<String> keys, Set<String> unsettled) throws IOException {
        Map<String, Source.Info> known = new LinkedHashMap<>();
        source.info(keys).forEach(info -> known.put(info.key(), info));
        for (String key : keys) {
            if (isEnough()) {
                return;
            }
            Source.Info info = known.get(key);
            if (info == null) {
                // gone since it was listed
                unsettled.remove(key);
            } else if (take(source, info)) {
                unsettled.remove(key);
            }
        }
    }

    /** @return whether it is settled here */
    private boolean take(Source source, Source.Info info) throws IOException {
        String key = info.key();
        if (isTooOld(info.received())) {
            leave(key, "too old");
            return true;
        }
        if (state.failures(key) >= TRIES) {
            leave(key, "cannot be read");
            return true;
        }
        try (Spool spool = Spool.open(LeadingLine.Finder.NONE)) {
            boolean whole;
            try {
                whole = read(source, info, spool);
            } catch (SourceException e) {
                return unread(key, e);
            }
            return store(key, spool, info.received(), whole);
        }
    }

    private boolean unread(String key, SourceException e) throws IOException {
        switch (e.reason()) {
            case GONE -> {
                return true;
            }
            case REFUSED -> {
                state.failed(key);
                tally.refused(key, e);
                return false;
            }
            case PROTOCOL -> {
                // the line is of no use any more
                state.failed(key);
                throw e;
            }
            case CONNECTION -> {
                state.dropped(key);
                throw e;
            }
            default -> throw e;
        }
    }

    private boolean read(Source source, Source.Info info, Spool spool) throws IOException {
        if (info.octets() <= plan.maxOctets()) {
            // a message that does not end is one whose size was wrong
            long most = Math.min(plan.maxOctets(), Math.max(WRONG_SIZE, 2 * info.octets()));
            Tail tail = new Tail(spool, Long.MAX_VALUE, observer);
            if (source.read(info, most, tail::add)) {
                return true;
            }
            // its size was wrong: what is spooled is long enough to be cut
            note(spool, info);
            return false;
        }
        Tail tail = new Tail(spool, Math.min(BEGINNING, plan.maxOctets()), observer);
        source.read(info, Math.min(BEGINNING, plan.maxOctets()), tail::add);
        note(spool, info);
        return false;
    }

    private static void note(Spool spool, Source.Info info) throws IOException {
        spool.write(noteOf(info.octets()));
    }

    /** What follows the beginning of a message that is too large. */
    static ByteBuffer noteOf(long octets) {
        String text = String.format(
                Locale.ROOT,
                "%n%n[pop2d: this message has %,d octets, more than are taken here. This is its beginning;"
                        + " all of it is at the provider.]%n",
                octets);
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private boolean isTooOld(Optional<Instant> received) {
        return plan.isTooOld(received, clock.instant());
    }

    private void leave(String key, String why) throws IOException {
        state.leave(List.of(key));
        tally.left(key, why);
    }

    private boolean store(String key, Spool spool, Optional<Instant> received, boolean whole) throws IOException {
        var fingerprint = spool.fingerprint();
        Optional<Instant> dated =
                received.isPresent() ? received : spool.header().received();
        if (isTooOld(dated)) {
            leave(key, "too old");
            return true;
        }
        boolean acts = whole && plan.acts();
        if (state.isCompared(key)) {
            if (state.wasStoredEarlier(fingerprint)) {
                state.recognize(key, fingerprint, acts);
                toActOn(key, acts);
                return true;
            }
            if (plan.which() == FetchPlan.Which.NEW
                    && dated.isPresent()
                    && dated.get().isBefore(state.begun())) {
                leave(key, "older than the first run");
                return true;
            }
        }
        String id = state.begin(key, fingerprint, acts);
        try {
            target.deliver(spool, id);
        } catch (DeliveryException e) {
            state.abandon(key);
            tally.refused(key, e);
            if (e.kind() == DeliveryException.Kind.NO_RECIPIENT) {
                throw e;
            }
            return false;
        }
        state.finish(key, fingerprint, acts);
        tally.stored(key, fingerprint.octets());
        toActOn(key, acts);
        return true;
    }

    /** What is not stored as a whole, or to be kept there, stays as it is at the provider. */
    private void toActOn(String key, boolean acts) {
        if (acts) {
            toActOn.add(key);
        }
    }

    private void act(Source source, Collection<String> unsettled) throws IOException {
        // whatever changes there, what is known here is durable
        state.flush();
        if (toActOn.isEmpty() || plan.atProvider().kind() == AtProvider.Kind.KEEP) {
            toActOn.clear();
            return;
        }
        for (int from = 0; from < toActOn.size(); from += BATCH) {
            List<String> some = List.copyOf(toActOn.subList(from, Math.min(toActOn.size(), from + BATCH)));
            unsettled.addAll(some);
            source.act(some, plan.atProvider());
            if (source.last().isPresent()) {
                state.acted(some);
                some.forEach(unsettled::remove);
            }
        }
        toActOn.clear();
    }

    private void settle(Source source, List<String> there, Set<String> unsettled) throws IOException {
        boolean remember = plan.atProvider().kind() == AtProvider.Kind.KEEP
                || plan.atProvider().kind() == AtProvider.Kind.MARK_SEEN;
        if (source.last().isPresent()) {
            long upTo = source.last().getAsLong();
            for (String key : there) {
                upTo = Math.max(upTo, Long.parseLong(key));
            }
            for (String key : unsettled) {
                upTo = Math.min(upTo, Long.parseLong(key) - 1);
            }
            for (String key : state.doubts().keySet()) {
                upTo = Math.min(upTo, Long.parseLong(key) - 1);
            }
            state.settle(upTo, List.of(), remember);
        } else {
            Set<String> gone = new HashSet<>(state.keys());
            there.forEach(gone::remove);
            state.settle(0, gone, remember);
        }
    }

    /** Writes octets to the spool. */
    private static final class Tail {
        private final Spool spool;
        private final FetchObserver observer;
        private long room;

        Tail(Spool spool, long room, FetchObserver observer) {
            this.spool = spool;
            this.room = room;
            this.observer = observer;
        }

        void add(ByteBuffer octets) throws IOException {
            observer.octets(octets.remaining());
            if (octets.remaining() > room) {
                octets.limit(octets.position() + (int) room);
            }
            room -= octets.remaining();
            spool.write(octets);
        }
    }
}
