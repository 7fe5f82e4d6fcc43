package org.pop2.protocol;

import static org.assertj.core.api.Assertions.fail;

import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionWalkTest {
    private static final long SEED = 937;
    private static final int WALKS = 1_000_000;
    private static final int STEPS = 24;

    @Test
    void aMillionRandomWalksBreakNoRule() {
        System.out.println("SessionWalkTest seed " + SEED);
        Random random = new Random(SEED);
        for (int walk = 0; walk < WALKS; walk++) {
            new Walk(random, walk).run();
        }
    }

    /** What a session may do, kept beside it. */
    private static final class Walk {
        private final Random random;
        private final int number;
        private final boolean apply;
        private final Session session;
        private final BitSet acknowledged = new BitSet();
        private char pending = ' ';
        private boolean held;
        private boolean writable;
        private boolean confirmed;
        private boolean closed;
        private int retrieved;

        Walk(Random random, int number) {
            this.random = random;
            this.number = number;
            apply = random.nextBoolean();
            session = new Session("h".repeat(random.nextInt(600)), apply ? OnDisconnect.APPLY : OnDisconnect.KEEP);
        }

        void run() {
            check(session.on(Event.OPENED), false);
            for (int step = 0; step < STEPS; step++) {
                int dice = random.nextInt(100);
                if (dice < 3) {
                    check(session.on(List.of(Event.TIMED_OUT, Event.CLOSED).get(dice % 2)), session.transferring());
                } else if (dice < 4) {
                    check(session.on(new Event.Aborted(End.SHUTDOWN, "x".repeat(600))), session.transferring());
                } else if (pending != ' ') {
                    outcome(dice < 8);
                } else if (session.ready()) {
                    command();
                }
            }
            check(session.on(Event.CLOSED), session.transferring());
            if (pending != ' ') {
                outcome(false);
            }
            require(!held && closed && session.state() == State.DONE, "ends released and closed");
        }

        private void command() {
            Input[] inputs = {Input.HELO, Input.FOLD, Input.READ, Input.RETR, Input.ACKS, Input.ACKD, Input.QUIT};
            Input input = switch (random.nextInt(12) == 0 ? State.DONE : session.state()) {
                case AUTH -> Input.HELO;
                case MBOX -> Input.READ;
                case ITEM -> random.nextBoolean() ? Input.RETR : inputs[1 + random.nextInt(3)];
                case NEXT -> List.of(Input.ACKS, Input.ACKD, Input.NACK).get(random.nextInt(3));
                case LSTN, DONE -> inputs[random.nextInt(inputs.length)];
            };
            if (input == Input.ACKD && session.state() == State.NEXT && writable) {
                acknowledged.set(retrieved);
            }
            confirmed = input == Input.QUIT || input == Input.FOLD;
            Command command = input == Input.READ ? new Command.Read(random.nextInt(6) - 1) : Sessions.command(input);
            check(session.on(new Event.Received(command)), false);
        }

        private void outcome(boolean failed) {
            char was = pending;
            pending = ' ';
            if (failed) {
                check(session.on(new Event.Failed(End.STORAGE_FAILED, "no luck")), was == 'D');
                return;
            }
            switch (was) {
                case 'L' -> check(session.on(Event.LOGGED_IN), false);
                case 'S' -> {
                    held = true;
                    writable = random.nextBoolean();
                    acknowledged.clear();
                    confirmed = false;
                    check(session.on(new Event.Selected(writable ? Sessions.THREE : Sessions.READ_ONLY)), false);
                }
                case 'D' -> check(session.on(Event.DELIVERED), false);
                default -> check(session.on(Event.RELEASED), false);
            }
        }

        private void check(List<Effect> effects, boolean transferring) {
            for (Effect effect : effects) {
                // a mailbox that opens after the end is still released
                require(!closed || effect instanceof Effect.Release, "nothing follows a close: " + effect);
                if (effect instanceof Effect.Send send) {
                    require(!transferring, "no line between the octets of a message");
                    require(ReplyCodec.encode(send.reply()).length <= LineFramer.MAX_LINE, "reply too long");
                } else if (effect instanceof Effect.Release release) {
                    require(held, "released once");
                    held = false;
                    BitSet wrong = release.deleted();
                    require(wrong.isEmpty() || confirmed || apply, "deleted without QUIT or FOLD");
                    wrong.andNot(acknowledged);
                    require(wrong.isEmpty(), "deleted without ACKD");
                    pending = session.state() == State.DONE ? pending : 'R';
                } else if (effect instanceof Effect.Close) {
                    closed = true;
                } else if (effect instanceof Effect.Deliver deliver) {
                    retrieved = deliver.number();
                    pending = 'D';
                } else {
                    pending = effect instanceof Effect.LogIn ? 'L' : 'S';
                }
            }
        }

        private void require(boolean holds, String rule) {
            if (!holds) {
                fail("walk " + number + " of seed " + SEED + ": " + rule);
            }
        }
    }
}
