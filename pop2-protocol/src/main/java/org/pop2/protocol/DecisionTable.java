package org.pop2.protocol;

import java.util.EnumMap;
import java.util.Map;

/**
 * The Server Decision Table of RFC 937 p. 22.
 *
 * <p>Of its 71 cells 14 are legal, and only those are written down. Every other one is action 1, {@link Action#REJECT}:
 * "send - error, close the connection".
 */
public final class DecisionTable {
    private static final Map<State, Map<Input, Action>> LEGAL = new EnumMap<>(State.class);

    static {
        legal(State.LSTN, Input.OPEN, Action.GREET);

        legal(State.AUTH, Input.HELO, Action.LOG_IN);
        legal(State.AUTH, Input.QUIT, Action.FINISH);

        legal(State.MBOX, Input.FOLD, Action.SELECT);
        legal(State.MBOX, Input.READ, Action.TELL_LENGTH);
        legal(State.MBOX, Input.QUIT, Action.FINISH);

        legal(State.ITEM, Input.FOLD, Action.SELECT);
        legal(State.ITEM, Input.READ, Action.TELL_LENGTH);
        legal(State.ITEM, Input.RETR, Action.TRANSFER);
        legal(State.ITEM, Input.QUIT, Action.FINISH);

        legal(State.NEXT, Input.ACKS, Action.ACKNOWLEDGE);
        legal(State.NEXT, Input.ACKD, Action.ACKNOWLEDGE);
        legal(State.NEXT, Input.NACK, Action.ACKNOWLEDGE);

        legal(State.DONE, Input.CLOSE, Action.CLOSE);
    }

    private DecisionTable() {}

    /**
     * The action for an input in a state.
     *
     * @throws IllegalArgumentException for the one cell that does not exist: nothing runs out of time while listening
     */
    public static Action action(State state, Input input) {
        if (state == State.LSTN && input == Input.TIMEOUT) {
            throw new IllegalArgumentException("the table has no cell for a timeout in LSTN");
        }
        return LEGAL.getOrDefault(state, Map.of()).getOrDefault(input, Action.REJECT);
    }

    private static void legal(State state, Input input, Action action) {
        LEGAL.computeIfAbsent(state, s -> new EnumMap<>(Input.class)).put(input, action);
    }
}
