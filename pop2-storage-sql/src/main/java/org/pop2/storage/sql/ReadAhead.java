package org.pop2.storage.sql;

import java.util.concurrent.atomic.AtomicInteger;

/** What the mailboxes of a store may keep in memory beyond what was asked for, together. Safe for many threads. */
final class ReadAhead {
    /** Octets of small messages that one mailbox has read ahead. */
    static final int MOST = 256 * 1024;

    /** Octets of small messages that all mailboxes have read ahead. */
    private static final int TOTAL = 32 * 1024 * 1024;

    /** Large messages of which a window may be read ahead, at any time. */
    private static final int TRANSFERS = 32;

    private final AtomicInteger octetsLeft = new AtomicInteger(TOTAL);
    private final AtomicInteger transfersLeft = new AtomicInteger(TRANSFERS);

    /** Whether so many octets may be kept; then they are to be {@linkplain #free given back}. */
    boolean keep(int octets) {
        return take(octetsLeft, octets);
    }

    void free(int octets) {
        octetsLeft.addAndGet(octets);
    }

    /** Whether one more large message may be read ahead; then its {@linkplain #transferEnds end} is to be told. */
    boolean transferBegins() {
        return take(transfersLeft, 1);
    }

    void transferEnds() {
        transfersLeft.incrementAndGet();
    }

    private static boolean take(AtomicInteger left, int count) {
        return left.getAndUpdate(before -> before >= count ? before - count : before) >= count;
    }
}
