package org.pop2.server;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.pop2.net.TlsContext;
import org.pop2.profile.ClientProfile;

/** A listener at work. Safe for many threads. */
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

    /** What clients need that come here from now on, unless a rule says otherwise. */
    ClientProfile profile() {
        return profile;
    }

    void profile(ClientProfile needs) {
        profile = needs;
    }

    Optional<TlsContext> tls() {
        return tls;
    }

    /** Counts a connection in; {@code false}: there are too many, but it is counted all the same. */
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
