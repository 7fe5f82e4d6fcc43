package org.pop2.lmtp;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.pop2.storage.MailStore;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The sessions of a server, and what they share. Safe for many threads. */
final class LmtpSessions {
    private final LmtpSettings settings;
    private final LmtpObserver observer;
    private final MailStore store;
    private final Spool spool;
    private final Set<LmtpHandler> open = ConcurrentHashMap.newKeySet();

    /** Connections and deliveries: what a stop waits for. */
    private final AtomicInteger underWay = new AtomicInteger();

    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicLong ids = new AtomicLong();
    private final Sinks.Empty<Void> idle = Sinks.empty();
    private volatile boolean stopping;

    LmtpSessions(LmtpSettings settings, MailStore store, LmtpObserver observer) {
        this.observer = observer;
        this.settings = settings;
        this.store = store;
        this.spool = new Spool(settings.spooling());
    }

    LmtpSettings settings() {
        return settings;
    }

    LmtpObserver observer() {
        return observer;
    }

    MailStore store() {
        return store;
    }

    Spool spool() {
        return spool;
    }

    /** A name that no other session has, nor one of POP2. */
    String nextId() {
        return "lmtp-" + ids.incrementAndGet();
    }

    int count() {
        return connections.get();
    }

    /** Counts a connection in; {@code false}: there are too many. */
    boolean add(LmtpHandler session) {
        underWay.incrementAndGet();
        open.add(session);
        boolean fits = connections.incrementAndGet() <= settings.limits().connections();
        if (stopping) {
            session.stop();
        }
        return fits;
    }

    void remove(LmtpHandler session) {
        open.remove(session);
        connections.decrementAndGet();
        ended();
    }

    void deliveryBegins() {
        underWay.incrementAndGet();
    }

    void deliveryEnds() {
        ended();
    }

    /** Ends every session that has nothing under way, and the others as soon as they have not. */
    void stop() {
        stopping = true;
        open.forEach(LmtpHandler::stop);
        if (underWay.get() == 0) {
            idle.tryEmitEmpty();
        }
    }

    /** Ends every session at once. A delivery that has begun goes on. */
    void stopNow() {
        open.forEach(LmtpHandler::stopNow);
    }

    /** Completes when, after a {@link #stop}, nothing is under way any more. */
    Mono<Void> idle() {
        return idle.asMono();
    }

    private void ended() {
        if (underWay.decrementAndGet() == 0 && stopping) {
            idle.tryEmitEmpty();
        }
    }
}
