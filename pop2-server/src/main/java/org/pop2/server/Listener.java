package org.pop2.server;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** A listener at work. Safe for many threads. */
final class Listener {
    private final ListenerSettings settings;
    private final Optional<TlsContext> tls;
    private final AtomicInteger connections = new AtomicInteger();

    Listener(ListenerSettings settings, Optional<TlsContext> tls) {
        this.settings = settings;
        this.tls = tls;
    }

    ListenerSettings settings() {
        return settings;
    }

    Optional<TlsContext> tls() {
        return tls;
    }

    /** Counts a connection in; {@code false}: there are too many, but it is counted all the same. */
    boolean add() {
        return connections.incrementAndGet() <= settings.maxConnections();
    }

    void remove() {
        connections.decrementAndGet();
    }
}
