package org.pop2.server;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.pop2.storage.MailStore;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** The sessions of a server, and what they share. Safe for many threads. */
final class Sessions {
    private final ServerSettings settings;
    private final MailStore store;
    private final Authenticator authenticator;
    private final Set<SessionHandler> open = ConcurrentHashMap.newKeySet();

    /** Connections, lingering ones included, and openings and releases of mailboxes: what a stop waits for. */
    private final AtomicInteger underWay = new AtomicInteger();

    private final AtomicInteger connections = new AtomicInteger();
    private final Sinks.Empty<Void> idle = Sinks.empty();
    private volatile boolean stopping;

    Sessions(ServerSettings settings, MailStore store, Authenticator authenticator) {
        this.settings = settings;
        this.store = store;
        this.authenticator = authenticator;
    }

    ServerSettings settings() {
        return settings;
    }

    MailStore store() {
        return store;
    }

    Authenticator authenticator() {
        return authenticator;
    }

    int count() {
        return connections.get();
    }

    /** Counts a connection in; {@code false}: there are too many. */
    boolean add(SessionHandler session) {
        underWay.incrementAndGet();
        open.add(session);
        boolean fits = connections.incrementAndGet() <= settings.maxConnections();
        if (stopping) {
            session.stop();
        }
        return fits;
    }

    void remove(SessionHandler session) {
        open.remove(session);
        connections.decrementAndGet();
        ends();
    }

    /** Something begins that a stop waits for, whatever becomes of its connection. */
    void begins() {
        underWay.incrementAndGet();
    }

    void ends() {
        if (underWay.decrementAndGet() == 0 && stopping) {
            idle.tryEmitEmpty();
        }
    }

    /** Ends every session that has nothing under way, and the others as soon as they have not. */
    void stop() {
        stopping = true;
        open.forEach(SessionHandler::stop);
        if (underWay.get() == 0) {
            idle.tryEmitEmpty();
        }
    }

    /** Ends every session at once. Releases go on. */
    void stopNow() {
        open.forEach(SessionHandler::stopNow);
    }

    /** Completes when, after a {@link #stop}, nothing is under way any more. */
    Mono<Void> idle() {
        return idle.asMono();
    }
}
