package org.pop2.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionWalkTest {
    private static final long SEED = 937;
    private static final int EVENTS = 1_000_000;
    private static final int STEPS = 24;

    /** What is rare and has to be met all the same. */
    private enum Met {
        LOGGED_IN_AFTER_THE_END,
        SELECTED_AFTER_THE_END,
        DELIVERED_AFTER_THE_END,
        MEASURED_AFTER_THE_END,
        RELEASED_AFTER_THE_END,
        FAILED_AFTER_THE_END,
        DELETED_BY_FOLD,
        DELETED_BY_QUIT,
        DELETED_BY_APPLY,
        KEPT_WITHOUT_QUIT,
        KEPT_READ_ONLY
    }

    @Test
    void aMillionRandomEventsBreakNoRule() {
        System.out.println("SessionWalkTest seed " + SEED);
        Random random = new Random(SEED);
        Map<Met, Integer> met = new EnumMap<>(Met.class);
        int events = 0;
        for (int walk = 0; events < EVENTS; walk++) {
            events += new Walk(random, walk, met).run();
        }
        assertThat(met).containsOnlyKeys(Met.values());
        assertThat(met.values()).allSatisfy(times -> assertThat(times).isGreaterThan(100));
    }

    /** What a session may do, kept beside it. */
    private static final class Walk {
        private final Random random;
        private final int number;
        private final Map<Met, Integer> met;
        private final boolean apply;
        private final Session session;
        private int events;
        /** The effect whose outcome is awaited: L, S, D, R, or a blank. */
        private char pending = ' ';

        private boolean held;
        private boolean writable;
        private int selections;
        private int releases;
        /** What the client has said ACKD to where that counts. */
        private BitSet acknowledged = new BitSet();

        private boolean readOnlyAcknowledged;
        /** The QUIT or FOLD that was taken, and lets the mailbox go. */
        private boolean confirmed;
        /** The end after which nothing is deleted, whatever was said. */
        private boolean unsafe;

        private int owedDiscards;
        private boolean closed;
        private int retrieved;
        private int measuring;

        Walk(Random random, int number, Map<Met, Integer> met) {
            this.random = random;
            this.number = number;
            this.met = met;
            apply = random.nextBoolean();
            session = new Session("h".repeat(random.nextInt(600)), apply ? OnDisconnect.APPLY : OnDisconnect.KEEP);
        }

        /** Says how many events there were. */
        int run() {
            tell(Event.OPENED);
            for (int step = 0; step < STEPS; step++) {
                int dice = random.nextInt(100);
                if (dice < 2) {
                    tell(dice == 0 ? Event.TIMED_OUT : Event.CLOSED);
                } else if (dice < 4) {
                    End end = dice == 2 ? End.SHUTDOWN : End.MAILBOX_LOST;
                    unsafe = end == End.MAILBOX_LOST;
                    tell(new Event.Aborted(end, "x".repeat(600)));
                    unsafe = false;
                } else if (pending != ' ') {
                    outcome(dice < 8);
                } else if (session.ready()) {
                    command();
                }
            }
            tell(Event.CLOSED);
            while (pending != ' ') {
                outcome(random.nextInt(8) == 0);
            }
            require(closed && session.state() == State.DONE && !session.ready(), "ends closed");
            require(!held && selections == releases, "every mailbox selected is released once");
            require(session.discarded() == owedDiscards, "what was kept is told");
            return events;
        }

        private void command() {
            State state = session.state();
            Input[] inputs = {Input.HELO, Input.FOLD, Input.READ, Input.RETR, Input.ACKS, Input.ACKD, Input.QUIT};
            Input input = switch (random.nextInt(12) == 0 ? State.DONE : state) {
                case AUTH -> Input.HELO;
                case MBOX -> Input.READ;
                case ITEM -> random.nextInt(8) < 6 ? inputs[2 + random.nextInt(2)] : inputs[random.nextInt(2) * 5 + 1];
                case NEXT -> List.of(Input.ACKS, Input.ACKD, Input.NACK).get(random.nextInt(3));
                case LSTN, DONE -> inputs[random.nextInt(inputs.length)];
            };
            if (input == Input.ACKD && state == State.NEXT) {
                acknowledged.set(retrieved, acknowledged.get(retrieved) || writable);
                readOnlyAcknowledged |= !writable;
            }
            // out of its state a QUIT confirms nothing
            confirmed = (input == Input.QUIT || input == Input.FOLD) && (state == State.MBOX || state == State.ITEM);
            int releasesBefore = releases;
            tell(new Event.Received(
                    input == Input.READ ? new Command.Read(random.nextInt(6) - 1) : Sessions.command(input)));
            if (confirmed) {
                require(releases == releasesBefore + 1, input + " releases");
                meetIf(!acknowledged.isEmpty(), input == Input.FOLD ? Met.DELETED_BY_FOLD : Met.DELETED_BY_QUIT);
            }
            confirmed = false;
        }

        private void outcome(boolean failed) {
            char was = pending;
            pending = ' ';
            boolean over = closed;
            if (failed) {
                unsafe = true;
                tell(new Event.Failed(End.STORAGE_FAILED, "no luck"), was == 'D');
                unsafe = false;
                meetIf(over, Met.FAILED_AFTER_THE_END);
                return;
            }
            switch (was) {
                case 'L' -> {
                    tell(Event.LOGGED_IN);
                    meetIf(over, Met.LOGGED_IN_AFTER_THE_END);
                }
                case 'S' -> {
                    require(!held, "a mailbox is opened when the one before has been let go");
                    held = true;
                    selections++;
                    writable = random.nextInt(4) > 0;
                    acknowledged = new BitSet();
                    readOnlyAcknowledged = false;
                    tell(new Event.Selected(Sessions.listing(writable, random.nextBoolean())));
                    require(held != over, "held, or over");
                    meetIf(over, Met.SELECTED_AFTER_THE_END);
                }
                case 'M' -> {
                    tell(new Event.Measured(10L * measuring));
                    meetIf(over, Met.MEASURED_AFTER_THE_END);
                }
                case 'D' -> {
                    tell(Event.DELIVERED, true);
                    meetIf(over, Met.DELIVERED_AFTER_THE_END);
                }
                default -> {
                    tell(Event.RELEASED);
                    meetIf(over, Met.RELEASED_AFTER_THE_END);
                }
            }
        }

        private void tell(Event event) {
            tell(event, session.transferring());
        }

        private void tell(Event event, boolean transferring) {
            events++;
            for (Effect effect : session.on(event)) {
                // a mailbox that opens after the end is still released
                require(!closed || effect instanceof Effect.Release, "nothing follows a close: " + effect);
                if (effect instanceof Effect.Send send) {
                    require(!transferring, "no line between the octets of a message");
                    require(ReplyCodec.encode(send.reply()).length <= LineFramer.MAX_LINE, "reply too long");
                } else if (effect instanceof Effect.Release release) {
                    release(release.deleted());
                } else if (effect instanceof Effect.Close) {
                    closed = true;
                } else if (effect instanceof Effect.Deliver deliver) {
                    require(held && !acknowledged.get(deliver.number()), "what is sent is there");
                    require(deliver.octets() == 10L * deliver.number(), "as long as announced");
                    retrieved = deliver.number();
                    pending = 'D';
                } else if (effect instanceof Effect.Measure measure) {
                    require(held && !acknowledged.get(measure.number()), "what is measured is there");
                    measuring = measure.number();
                    pending = 'M';
                } else {
                    pending = effect instanceof Effect.LogIn ? 'L' : 'S';
                }
            }
        }

        /** Deleted is exactly what was acknowledged, or nothing. */
        private void release(BitSet deleted) {
            require(held, "released once");
            held = false;
            releases++;
            boolean applies = confirmed || (apply && !unsafe);
            require(deleted.equals(applies ? acknowledged : new BitSet()), "deleted: " + deleted);
            if (!applies) {
                owedDiscards = acknowledged.cardinality();
                meetIf(!acknowledged.isEmpty(), Met.KEPT_WITHOUT_QUIT);
            } else if (!confirmed) {
                meetIf(!acknowledged.isEmpty(), Met.DELETED_BY_APPLY);
            }
            meetIf(readOnlyAcknowledged, Met.KEPT_READ_ONLY);
            if (pending != 'D' && pending != 'M') {
                // else the outcome of the transfer is still to come, and with it that of the release does not matter
                pending = 'R';
            }
        }

        private void meetIf(boolean so, Met what) {
            if (so) {
                meet(what);
            }
        }

        private void meet(Met what) {
            met.merge(what, 1, Integer::sum);
        }

        private void require(boolean holds, String rule) {
            if (!holds) {
                fail("walk " + number + " of seed " + SEED + ": " + rule);
            }
        }
    }
}
