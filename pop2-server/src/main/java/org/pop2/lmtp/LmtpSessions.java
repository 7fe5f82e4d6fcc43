package org.pop2.lmtp;

import java.util.concurrent.atomic.AtomicLong;
import org.pop2.net.Connections;
import org.pop2.storage.MailStore;

/** The sessions of a server, and what they share. Safe for many threads. */
final class LmtpSessions {
    private final LmtpSettings settings;
    private final LmtpObserver observer;
    private final MailStore store;
    private final Spool spool;
    private final Connections connections = new Connections();
    private final AtomicLong ids = new AtomicLong();

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

    /** An id that no other session has, of LMTP or POP2. */
    String nextId() {
        return "lmtp-" + ids.incrementAndGet();
    }

    Connections connections() {
        return connections;
    }

    /** Adds a connection; {@code false} if there are too many. */
    boolean add(LmtpHandler session) {
        return connections.add(session) <= settings.limits().connections();
    }
}
