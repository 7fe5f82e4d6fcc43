package org.pop2.storage.sql;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leases that this node holds, by mailbox: at most one each, the one with the highest epoch. Losses are reported only
 * after the map was changed.
 */
final class HeldLeases {
    private static final Logger LOG = LoggerFactory.getLogger(HeldLeases.class);
    private static final Duration LONGEST_MARGIN = Duration.ofSeconds(10);

    private final Map<UUID, Holding> held = new ConcurrentHashMap<>();
    private final LongAdder takeovers = new LongAdder();
    private final LongAdder expired = new LongAdder();
    private final Duration ttl;

    HeldLeases(Duration ttl) {
        this.ttl = ttl;
    }

    @Nullable
    Holding of(UUID mailboxId) {
        return held.get(mailboxId);
    }

    int count() {
        return held.size();
    }

    /** Leases that another session took. */
    long takeovers() {
        return takeovers.sum();
    }

    /** Leases given up because the database had not confirmed them in time. */
    long expired() {
        return expired.sum();
    }

    /** The statements of two sessions may end in another order than they were carried out: the later epoch has it. */
    void register(Holding taken) {
        Holding known = held.putIfAbsent(taken.mailboxId, taken);
        while (known != null) {
            if (known.epoch > taken.epoch) {
                displaced(taken, known);
                return;
            }
            if (held.replace(taken.mailboxId, known, taken)) {
                displaced(known, taken);
                return;
            }
            known = held.putIfAbsent(taken.mailboxId, taken);
        }
    }

    private void displaced(Holding earlier, Holding later) {
        // an equal session is the same one, whose statement was repeated
        if (earlier.lose() && !earlier.session.equals(later.session)) {
            takeovers.increment();
        }
    }

    /** The hold is over: nothing of it is left here. */
    void forget(Holding holding) {
        held.remove(holding.mailboxId, holding);
        holding.end();
    }

    void taken(Holding holding, String why) {
        lose(holding, why, takeovers);
    }

    /** By this node's clock alone: what may have ended at the database is no longer served. */
    void giveUpUnconfirmed() {
        held.values().forEach(this::giveUpUnconfirmed);
    }

    void giveUpUnconfirmed(Holding holding) {
        Duration sixth = ttl.dividedBy(6);
        Duration margin = sixth.compareTo(LONGEST_MARGIN) < 0 ? sixth : LONGEST_MARGIN;
        if (holding.unconfirmed().compareTo(ttl.minus(margin)) >= 0) {
            lose(holding, "its lease could not be renewed in time", expired);
        }
    }

    private void lose(Holding holding, String why, LongAdder counter) {
        if (holding.lose()) {
            counter.increment();
            held.remove(holding.mailboxId, holding);
            LOG.atInfo()
                    .addKeyValue("mailbox", holding.mailboxId)
                    .addKeyValue("reason", why)
                    .log("lease-lost");
        }
    }

    /** Those that have not been confirmed for a third of their time to live. */
    List<Holding> due() {
        List<Holding> due = new ArrayList<>();
        for (Holding holding : held.values()) {
            if (holding.isHeld() && holding.unconfirmed().compareTo(ttl.dividedBy(3)) >= 0) {
                due.add(holding);
            }
        }
        return due;
    }

    /** All are lost; the mailboxes they were of. */
    List<UUID> loseAll() {
        List<UUID> mailboxIds = new ArrayList<>(held.keySet());
        held.values().forEach(Holding::lose);
        held.clear();
        return mailboxIds;
    }
}
