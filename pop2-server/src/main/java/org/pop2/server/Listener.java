package org.pop2.server;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.pop2.net.TlsContext;
import org.pop2.profile.ClientProfile;

/** A running listener. Safe for many threads. */
final class Listener {
    private final ListenerSettings settings;
    private final Optional<TlsContext> tls;
    private volatile ClientProfile profile;
    private final AtomicInteger connections = new AtomicInteger();

    Listener(ListenerSettings settings, Optional<TlsContext> tls) {
        this.settings = settings;
        this.tls = tls;
        this.profile = settings.profile();
    }

    ListenerSettings settings() {
        return settings;
    }

    /** The profile of new clients, unless a rule says otherwise. */
    ClientProfile profile() {
        return profile;
    }

    void profile(ClientProfile needs) {
        profile = needs;
    }

    Optional<TlsContext> tls() {
        return tls;
    }

    /** Counts a connection; {@code false} if there are too many, though it is counted nevertheless. */
    boolean add() {
        return connections.incrementAndGet() <= settings.maxConnections();
    }

    int connections() {
        return connections.get();
    }

    void remove() {
        connections.decrementAndGet();
    }
}
