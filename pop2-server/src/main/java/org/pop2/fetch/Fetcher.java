package org.pop2.fetch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import org.pop2.client.Acknowledgement;
import org.pop2.client.Pop2Message;
import org.pop2.client.Pop2Session;
import org.pop2.fetch.source.AtProvider;
import org.pop2.storage.transfer.Fingerprint;
import org.pop2.storage.transfer.Header;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Fetches the messages of a mailbox of a POP2 server to a target. Each is stored safely before it is acknowledged, and
 * none is delivered twice, however often it is run with the same journal.
 *
 * <p>POP2 gives messages no names: each run reads all that are there, and knows by their fingerprints those that it has
 * had. A message that was being delivered when an earlier run was killed is looked for in the target, if the target can
 * count: one more such message than the journal knows of means that it was delivered. In doubt, it is delivered again.
 */
public final class Fetcher {
    /** Buffers on their way from the network to the disk. */
    private static final int AHEAD = 8;

    private final Target target;
    private final FetchState state;
    private final FetchPlan plan;
    private final LeadingLine.Finder leading;
    private final FetchObserver observer;
    private final BooleanSupplier stopped;
    private final Clock clock;

    /** Messages of this session that are settled here, and those of them that are to be deleted there. */
    private final Map<Fingerprint, Integer> seen = new HashMap<>();

    private final Map<Fingerprint, Integer> deleted = new HashMap<>();

    private long taken;

    private long known;
    private Tally tally;

    private Fetcher(
            Target target,
            FetchState state,
            FetchPlan plan,
            LeadingLine.Finder leading,
            FetchObserver observer,
            BooleanSupplier stopped,
            Clock clock) {
        this.target = target;
        this.state = state;
        this.plan = plan;
        this.leading = leading;
        this.observer = observer;
        this.tally = new Tally(observer);
        this.stopped = stopped;
        this.clock = clock;
    }

    /**
     * A fetcher for successive runs with one journal. The caller closes target and journal.
     *
     * @param leading finds lines that servers send before a message
     * @param stopped asked between two messages: whether to stop
     * @throws IllegalArgumentException if the plan is not possible with POP2, which knows neither what was read nor
     *     folders to move to
     */
    public static Fetcher of(
            Target target,
            Journal journal,
            FetchPlan plan,
            LeadingLine.Finder leading,
            FetchObserver observer,
            BooleanSupplier stopped,
            Clock clock)
            throws IOException {
        if (plan.which() == FetchPlan.Which.UNSEEN || plan.atProvider().needsImap()) {
            throw new IllegalArgumentException("POP2 can only keep and delete, and does not tell what was read");
        }
        return new Fetcher(target, FetchState.of(journal), plan, leading, observer, stopped, clock);
    }

    /** What the last run did, or did before it failed. */
    public FetchResult result() {
        return tally.result();
    }

    /** Messages in the last run that an earlier one had settled. */
    public long known() {
        return known;
    }

    /**
     * Finds out whether the message that was being stored at a kill is stored: to be called before a user can delete it
     * here. Needs no server.
     */
    public void recall() throws IOException {
        for (Map.Entry<Fingerprint, FetchState.Doubt> each : state.doubts().entrySet()) {
            if (isThere(each.getKey(), each.getValue())) {
                state.finish(each.getKey());
            }
        }
    }

    private boolean isThere(Fingerprint of, FetchState.Doubt doubt) throws IOException {
        OptionalInt there = target.count(doubt.here());
        return there.isPresent() && there.getAsInt() > state.here(of);
    }

    /**
     * Fetches what is there, and quits. Blocks. The caller closes the session.
     *
     * @param session in which nothing was asked for yet
     * @param folder for FOLD; empty: the user's default mailbox
     * @throws IOException if the target or the journal fails
     * @throws org.pop2.storage.StoreException likewise
     * @throws org.pop2.client.Pop2ClientException if the server does
     */
    public FetchResult run(Pop2Session session, Optional<String> folder) throws IOException {
        begin();
        known = 0;
        tally = new Tally(observer);
        boolean confirmed = false;
        try {
            read(session, folder, Long.MAX_VALUE, this::settle, this::isEnough);
            confirmed = true;
        } finally {
            // that a server does not confirm the end matters only where something was deleted
            if ((confirmed && !isEnough()) || (taken > 0 && taken == session.count())) {
                state.end();
            } else if (!isFirst()) {
                state.flush();
            }
        }
        if (!isEnough() && taken > 0 && taken == session.count()) {
            // All that the server has was seen, and it has confirmed the end: what was deleted does not come again.
            // After gaps, or of a mailbox that could not be opened and counts 0, messages may come back.
            deleted.forEach((of, count) -> seen.merge(of, -count, Integer::sum));
            state.keep(seen);
        } else if (taken > 0) {
            // a copy of a message that was deleted now may be among those that were not looked at: it is a new one
            state.forget(deleted);
        }
        return result();
    }

    /** Looks what a run would find now, by reading everything. Changes nothing, neither here nor there. */
    public FetchPreview preview(Pop2Session session, Optional<String> folder) throws IOException {
        begin();
        List<String> wanted = new ArrayList<>();
        boolean none = isFirst();
        read(
                session,
                folder,
                plan.since().isPresent() ? Header.MOST : 0,
                (message, spool) -> {
                    taken++;
                    Fingerprint of = spool.fingerprint();
                    boolean known = seen.merge(of, 1, Integer::sum) <= state.count(of);
                    boolean old = plan.isTooOld(spool.header().received(), clock.instant());
                    if (!known && !old && !none) {
                        wanted.add(String.valueOf(message.number()));
                    }
                    return Acknowledgement.KEEP;
                },
                stopped);
        return new FetchPreview((int) taken, wanted, false);
    }

    private void begin() {
        seen.clear();
        deleted.clear();
        taken = 0;
    }

    /** Whether all that is there is to stay there: a first run, for what comes after it. */
    private boolean isFirst() {
        return state.isNew() && plan.which() == FetchPlan.Which.NEW;
    }

    private boolean isEnough() {
        return stopped.getAsBoolean() || tally.isEnough();
    }

    /** Looks at a message that came completely. */
    @FunctionalInterface
    private interface Reading {
        Acknowledgement of(Pop2Message message, Spool spool) throws IOException;
    }

    private void read(Pop2Session session, Optional<String> folder, long most, Reading reading, BooleanSupplier enough)
            throws IOException {
        try {
            session.fetch(folder, message -> take(message, most, reading), enough)
                    .block();
        } catch (RuntimeException e) {
            Throwable cause = Exceptions.unwrap(e);
            if (cause instanceof UncheckedIOException failed) {
                throw failed.getCause();
            }
            if (cause instanceof IOException failed) {
                throw failed;
            }
            throw e;
        }
    }

    /** @param most octets to keep of a message */
    private Mono<Acknowledgement> take(Pop2Message message, long most, Reading reading) {
        long kept = isTooLarge(message) ? Math.min(most, Math.min(Collector.BEGINNING, plan.maxOctets())) : most;
        return Mono.using(
                        () -> Spool.open(leading, kept),
                        // copies: when a lost line cancels this, what waits between the threads may be forgotten there
                        spool -> message.bytes()
                                .publishOn(Schedulers.boundedElastic(), AHEAD)
                                .doOnNext(octets -> write(spool, octets))
                                .then(Mono.fromCallable(() -> reading.of(message, spool))),
                        Fetcher::close)
                .subscribeOn(Schedulers.boundedElastic());
    }

    private boolean isTooLarge(Pop2Message message) {
        return message.octets() > plan.maxOctets();
    }

    private void write(Spool spool, byte[] octets) {
        try {
            observer.octets(octets.length);
            spool.write(ByteBuffer.wrap(octets));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void close(Spool spool) {
        try {
            spool.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Acknowledgement settle(Pop2Message message, Spool spool) throws IOException {
        taken++;
        String key = String.valueOf(message.number());
        Fingerprint of = spool.fingerprint();
        int number = seen.getOrDefault(of, 0) + 1;
        boolean staying;
        if (number <= state.count(of)) {
            staying = number <= state.staying(of);
            known++;
            observer.known(key);
        } else if (isFirst()) {
            state.leave(of);
            staying = true;
        } else if (plan.isTooOld(spool.header().received(), clock.instant())) {
            state.leave(of);
            staying = true;
            tally.left(key, "too old");
        } else if (store(key, of, message, spool)) {
            staying = isTooLarge(message) || !plan.acts();
        } else {
            return Acknowledgement.KEEP;
        }
        seen.put(of, number);
        if (staying || plan.atProvider().kind() != AtProvider.Kind.DELETE) {
            return Acknowledgement.KEEP;
        }
        deleted.merge(of, 1, Integer::sum);
        return Acknowledgement.DELETE;
    }

    /** @return whether it is stored; if not, the target refuses it */
    private boolean store(String key, Fingerprint of, Pop2Message message, Spool spool) throws IOException {
        FetchState.Doubt doubt = state.doubts().get(of);
        if (doubt != null && isThere(of, doubt)) {
            state.finish(of);
            known++;
            observer.known(key);
            return true;
        }
        Fingerprint here = isTooLarge(message) ? spool.append(Collector.noteOf(message.octets())) : of;
        try {
            target.deliver(spool, state.begin(of, here, isTooLarge(message) || !plan.acts()));
        } catch (DeliveryException e) {
            state.abandon(of);
            tally.refused(key, e);
            if (e.kind() == DeliveryException.Kind.NO_RECIPIENT) {
                state.flush();
                throw e;
            }
            return false;
        }
        state.finish(of);
        tally.stored(key, here.octets());
        return true;
    }
}
