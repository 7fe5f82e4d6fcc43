package org.pop2.trace;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The sessions that operators watch, at most {@value #MOST}. A session is watched from the first question until nobody
 * has asked for a while; sessions that nobody watches cost nothing. Safe for many threads.
 */
public final class Watches {
    private static final Logger LOG = LoggerFactory.getLogger(Watches.class);

    static final int MOST = 16;

    /** How long a session is watched after the last question. */
    static final Duration FORGOTTEN = Duration.ofMinutes(2);

    /** A session that can be watched. */
    public interface Watched {
        long id();

        /** Begins to watch the session; empty if it has ended. */
        Mono<Watch> watch();

        /** Ends watching. On any thread. */
        void unwatch();
    }

    private static final class Entry {
        private final Watched session;
        private final Mono<Watch> watch;
        private long asked;

        private Entry(Watched session, long now) {
            this.session = session;
            this.watch = session.watch().cache();
            this.asked = now;
        }
    }

    private final Scheduler timer;
    private final Map<Long, Entry> entries = new HashMap<>();
    private boolean looking;

    /** @param timer for the timeout of watching */
    public Watches(Scheduler timer) {
        this.timer = timer;
    }

    /** The dialogue of a session that is being watched, even if it has ended. Empty if it is not watched. */
    public Mono<SessionTranscript> known(long id) {
        return Mono.defer(() -> {
            synchronized (entries) {
                Entry entry = entries.get(id);
                if (entry == null) {
                    return Mono.empty();
                }
                entry.asked = now();
                return entry.watch.map(Watch::transcript);
            }
        });
    }

    /**
     * Begins to watch a session, unless it is being watched already. Empty if it has ended.
     *
     * @throws TooManyWatchedException if there is no room
     */
    public Mono<SessionTranscript> begin(Watched session) {
        Entry entry;
        synchronized (entries) {
            entry = entries.get(session.id());
            if (entry == null) {
                if (entries.size() == MOST) {
                    throw new TooManyWatchedException();
                }
                entry = new Entry(session, now());
                entries.put(session.id(), entry);
                LOG.atInfo().addKeyValue("session", session.id()).log("session-watched");
                lookLater();
            }
        }
        return entry.watch
                .map(Watch::transcript)
                .switchIfEmpty(Mono.<SessionTranscript>empty().doFinally(signal -> forget(session)));
    }

    private void forget(Watched session) {
        synchronized (entries) {
            entries.remove(session.id());
        }
    }

    /** Schedules the next check if any session is being watched. */
    private void lookLater() {
        if (looking) {
            return;
        }
        looking = true;
        timer.schedule(this::forgetOld, FORGOTTEN.toMillis() / 4, TimeUnit.MILLISECONDS);
    }

    private void forgetOld() {
        synchronized (entries) {
            looking = false;
            long old = now() - FORGOTTEN.toMillis();
            entries.values().removeIf(entry -> {
                boolean forgotten = entry.asked <= old;
                if (forgotten) {
                    entry.session.unwatch();
                }
                return forgotten;
            });
            if (!entries.isEmpty()) {
                lookLater();
            }
        }
    }

    private long now() {
        return timer.now(TimeUnit.MILLISECONDS);
    }

    int size() {
        synchronized (entries) {
            return entries.size();
        }
    }
}
