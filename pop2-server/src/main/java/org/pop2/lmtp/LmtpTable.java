package org.pop2.lmtp;

import java.util.EnumMap;
import java.util.Map;

/**
 * What is legal when, after RFC 5321 section 4.1.4 with LHLO in the place of EHLO.
 *
 * <p>Only legal cells are written down; every other one is {@link LmtpAction#REJECT}, "503 bad sequence of commands".
 * One of them is RFC 2033's own (p. 3): "when there have been no successful RCPT commands in the mail transaction, the
 * DATA command MUST fail with a 503 reply code".
 */
final class LmtpTable {
    private static final Map<LmtpState, Map<LmtpInput, LmtpAction>> LEGAL = new EnumMap<>(LmtpState.class);

    static {
        legal(LmtpState.START, LmtpInput.OPEN, LmtpAction.WELCOME);

        for (LmtpState anyTime :
                new LmtpState[] {LmtpState.CONNECTED, LmtpState.GREETED, LmtpState.SENDER, LmtpState.RECIPIENTS}) {
            legal(anyTime, LmtpInput.LHLO, LmtpAction.GREET);
            legal(anyTime, LmtpInput.RSET, LmtpAction.RESET);
            legal(anyTime, LmtpInput.NOOP, LmtpAction.NOTHING);
            legal(anyTime, LmtpInput.VRFY, LmtpAction.NOT_VERIFIED);
            legal(anyTime, LmtpInput.QUIT, LmtpAction.FINISH);
        }
        legal(LmtpState.GREETED, LmtpInput.MAIL, LmtpAction.TAKE_SENDER);
        legal(LmtpState.SENDER, LmtpInput.RCPT, LmtpAction.TAKE_RECIPIENT);
        legal(LmtpState.RECIPIENTS, LmtpInput.RCPT, LmtpAction.TAKE_RECIPIENT);
        legal(LmtpState.RECIPIENTS, LmtpInput.DATA, LmtpAction.RECEIVE);
        legal(LmtpState.CONTENT, LmtpInput.END_OF_DATA, LmtpAction.DELIVER);
    }

    private LmtpTable() {}

    static LmtpAction action(LmtpState state, LmtpInput input) {
        return LEGAL.getOrDefault(state, Map.of()).getOrDefault(input, LmtpAction.REJECT);
    }

    private static void legal(LmtpState state, LmtpInput input, LmtpAction action) {
        LEGAL.computeIfAbsent(state, s -> new EnumMap<>(LmtpInput.class)).put(input, action);
    }
}
