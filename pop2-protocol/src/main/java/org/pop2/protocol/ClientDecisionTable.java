package org.pop2.protocol;

/**
 * The Client Decision Table of RFC 937 p. 20–21.
 *
 * <p>Only the legal cells are written down. Every other one is {@link ClientAction#GIVE_UP}; in EXIT, anything closes
 * the connection.
 */
public final class ClientDecisionTable {
    private ClientDecisionTable() {}

    /** The action for an input in a state. */
    public static ClientAction action(ClientState state, ClientInput input) {
        return switch (state) {
            case CALL -> legal(input, ClientInput.GREET, ClientAction.LOG_IN);
            case NMBR -> legal(input, ClientInput.COUNT, ClientAction.CHOOSE_MESSAGE);
            case SIZE -> legal(input, ClientInput.LENGTH, ClientAction.CHOOSE_TRANSFER);
            case XFER -> legal(input, ClientInput.DATA, ClientAction.CHOOSE_ACKNOWLEDGEMENT);
            case EXIT -> ClientAction.CLOSE;
        };
    }

    private static ClientAction legal(ClientInput input, ClientInput expected, ClientAction action) {
        return input == expected ? action : ClientAction.GIVE_UP;
    }
}
