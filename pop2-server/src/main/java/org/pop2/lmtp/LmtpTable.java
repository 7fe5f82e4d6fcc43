package org.pop2.lmtp;

import java.util.EnumMap;
import java.util.Map;

/**
 * What is legal when, after RFC 5321 section 4.1.4 with LHLO in the place of EHLO.
 *
 * <p>Only legal cells are written down; every other one is {@link Action#REJECT}, "503 bad sequence of commands". One
 * of them is RFC 2033's own (p. 3): "when there have been no successful RCPT commands in the mail transaction, the DATA
 * command MUST fail with a 503 reply code".
 */
final class LmtpTable {
    private static final Map<State, Map<Input, Action>> LEGAL = new EnumMap<>(State.class);

    static {
        legal(State.START, Input.OPEN, Action.WELCOME);

        for (State anyTime : new State[] {State.CONNECTED, State.GREETED, State.SENDER, State.RECIPIENTS}) {
            legal(anyTime, Input.LHLO, Action.GREET);
            legal(anyTime, Input.RSET, Action.RESET);
            legal(anyTime, Input.NOOP, Action.NOTHING);
            legal(anyTime, Input.VRFY, Action.NOT_VERIFIED);
            legal(anyTime, Input.QUIT, Action.FINISH);
        }
        legal(State.GREETED, Input.MAIL, Action.TAKE_SENDER);
        legal(State.SENDER, Input.RCPT, Action.TAKE_RECIPIENT);
        legal(State.RECIPIENTS, Input.RCPT, Action.TAKE_RECIPIENT);
        legal(State.RECIPIENTS, Input.DATA, Action.RECEIVE);
        legal(State.CONTENT, Input.END_OF_DATA, Action.DELIVER);
    }

    private LmtpTable() {}

    static Action action(State state, Input input) {
        return LEGAL.getOrDefault(state, Map.of()).getOrDefault(input, Action.REJECT);
    }

    private static void legal(State state, Input input, Action action) {
        LEGAL.computeIfAbsent(state, s -> new EnumMap<>(Input.class)).put(input, action);
    }
}
