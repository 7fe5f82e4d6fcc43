package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one user's mailbox, while sessions on several nodes come, delete and are cut off. Everything that is
 * told here is told in the order in which the clients saw it.
 */
final class SharedMailbox {
    /** Releases whose end the client did not hear, and which had taken effect. */
    static final AtomicLong COMMITTED_UNHEARD = new AtomicLong();

    /** Releases whose end the client did not hear, or was told to be none, and which had no effect. */
    static final AtomicLong UNDONE = new AtomicLong();

    final String user;
    /** Every message that may be there, by number. */
    private final Map<Integer, String> bodies = new HashMap<>();
    /** Whose delivery was confirmed. */
    private final Set<Integer> delivered = new HashSet<>();

    private final Set<Integer> gone = new HashSet<>();
    private final List<Holder> unsettled = new ArrayList<>();
    private @Nullable Holder holder;

    SharedMailbox(String user) {
        this.user = user;
    }

    /** A session that was given the mailbox. */
    final class Holder {
        /** Another session was given the mailbox since. */
        private boolean superseded;

        /** What it has asked to be deleted, until the outcome is known. */
        private @Nullable Set<Integer> pending;

        private @Nullable Boolean tookEffect;

        /** Whether the node may answer no more: ask before sending a command. */
        boolean isSuperseded() {
            synchronized (SharedMailbox.this) {
                return superseded;
            }
        }

        /** Just before QUIT is sent. */
        void releases(Set<Integer> deleted) {
            synchronized (SharedMailbox.this) {
                if (superseded) {
                    tookEffect = false;
                }
                pending = Set.copyOf(deleted);
            }
        }

        /** The node has said that they are deleted. */
        void released() {
            synchronized (SharedMailbox.this) {
                Set<Integer> deleted = pending;
                assertThat(deleted).isNotNull();
                if (deleted == null || deleted.isEmpty()) {
                    return;
                }
                assertThat(tookEffect)
                        .as("a release is confirmed that a later session saw as not done")
                        .isNotEqualTo(false);
                gone.addAll(deleted);
                tookEffect = true;
            }
        }

        /** The node has said that the hold was lost, and so nothing is deleted. */
        void refused() {
            synchronized (SharedMailbox.this) {
                assertThat(tookEffect)
                        .as("a release is refused that a later session saw done")
                        .isNotEqualTo(true);
                tookEffect = false;
            }
        }

        private void settle(Set<Integer> found) {
            Set<Integer> deleted = pending;
            if (deleted == null || deleted.isEmpty() || tookEffect != null) {
                return;
            }
            Set<Integer> kept = new HashSet<>(deleted);
            kept.retainAll(found);
            assertThat(kept.isEmpty() || kept.equals(deleted))
                    .as("a release of %s is all or nothing, and %s are left", deleted, kept)
                    .isTrue();
            tookEffect = kept.isEmpty();
            if (kept.isEmpty()) {
                gone.addAll(deleted);
                COMMITTED_UNHEARD.incrementAndGet();
            } else {
                UNDONE.incrementAndGet();
            }
        }
    }

    synchronized void delivers(int id, String body) {
        bodies.put(id, body);
    }

    synchronized void delivered(int id) {
        delivered.add(id);
    }

    synchronized int live() {
        return delivered.size() - gone.size();
    }

    /** What must be there if HELO is sent now: but for what releases under way delete. */
    synchronized Set<Integer> expected() {
        Set<Integer> expected = new HashSet<>(delivered);
        expected.removeAll(gone);
        return expected;
    }

    /** A session was given the mailbox: whoever had it has it no longer. Told at once when the reply has come. */
    synchronized Holder opened() {
        Holder earlier = holder;
        if (earlier != null) {
            earlier.superseded = true;
            unsettled.add(earlier);
        }
        Holder next = new Holder();
        holder = next;
        return next;
    }

    /**
     * Everything that the session has found, against what has to be there.
     *
     * @param expected what was, just before it asked for the mailbox
     */
    synchronized void check(Set<Integer> expected, Map<Integer, String> found) {
        for (Holder earlier : unsettled) {
            if (earlier != holder) {
                earlier.settle(found.keySet());
            }
        }
        unsettled.clear();
        found.forEach((id, body) -> assertThat(body).as("message " + id).isEqualTo(bodies.get(id)));
        assertThat(gone.stream().filter(found::containsKey))
                .as("deleted for good, and there again")
                .isEmpty();
        assertThat(expected.stream().filter(id -> !gone.contains(id) && !found.containsKey(id)))
                .as("lost")
                .isEmpty();
    }

    synchronized int delivered() {
        return delivered.size();
    }

    synchronized int deleted() {
        return gone.size();
    }
}
