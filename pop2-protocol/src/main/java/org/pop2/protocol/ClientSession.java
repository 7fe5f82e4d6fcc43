package org.pop2.protocol;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A client's side of one connection, as a pure machine: a {@link ClientEvent} in, a list of {@link ClientEffect}s out.
 * No I/O, no clock, no threads.
 *
 * <p>Where the {@link ClientDecisionTable} leaves a choice the application is asked, and nothing is sent until it
 * answers. Mail is received at least once: acknowledge with ACKD only what is stored safely, and count it as deleted
 * only when the session ends with {@link ClientEnd#QUIT} or a FOLD was answered.
 */
public final class ClientSession {
    /** What to do when the server says something out of place, or nothing for too long. */
    public enum OnTrouble {
        /** Send QUIT, and close at whatever comes next: as the RFC has it (p. 21, action 1). */
        QUIT,
        /**
         * Close. QUIT would make deletions final in a session where one side has lost count. Closing without it deletes
         * nothing.
         */
        CLOSE
    }

    private final Command.Helo helo;
    private final OnTrouble onTrouble;

    private ClientState state = ClientState.CALL;
    private Set<Input> choices = EnumSet.noneOf(Input.class);
    private long octets;
    private ClientEnd end = ClientEnd.UNCONFIRMED;
    private String text = "";
    private boolean closed;

    /** A session that waits for the greeting and answers it with this command. On trouble it says QUIT. */
    public ClientSession(Command.Helo helo) {
        this(helo, OnTrouble.QUIT);
    }

    public ClientSession(Command.Helo helo, OnTrouble onTrouble) {
        this.helo = helo;
        this.onTrouble = onTrouble;
    }

    public ClientState state() {
        return state;
    }

    /** The commands that the application may choose from now; none while the server's answer is awaited. */
    public Set<Input> choices() {
        return Set.copyOf(choices);
    }

    /** Whether it has asked for the close. Whatever comes after that is ignored. */
    public boolean closed() {
        return closed;
    }

    /**
     * What to do about an event.
     *
     * @throws IllegalStateException for a choice that was not offered, or octets that were not asked for. A bug of the
     *     caller, never of a peer.
     * @throws IllegalArgumentException for a command that fits into no line ({@link CommandCodec#encode}); the session
     *     is as it was
     */
    public List<ClientEffect> on(ClientEvent event) {
        if (closed) {
            return List.of();
        }
        if (event instanceof ClientEvent.Chosen chosen) {
            return chosen(chosen.command());
        }
        if (event instanceof ClientEvent.Received received) {
            return received(received.reply());
        }
        if (event instanceof ClientEvent.Data) {
            if (state == ClientState.EXIT) {
                // the octets of a transfer that was given up
                return List.of();
            }
            if (state != ClientState.XFER || !choices.isEmpty()) {
                throw new IllegalStateException("octets in " + state + " that were not asked for");
            }
            return decide(ClientInput.DATA, octets, ClientEnd.PROTOCOL_ERROR, "");
        }
        return event instanceof ClientEvent.TimedOut
                ? decide(ClientInput.TIMEOUT, 0, ClientEnd.TIMED_OUT, "timed out in " + state)
                : decide(ClientInput.CLOSE, 0, ClientEnd.DISCONNECTED, "connection lost in " + state);
    }

    private List<ClientEffect> received(Reply reply) {
        if (state == ClientState.EXIT && end == ClientEnd.UNCONFIRMED) {
            return answerToQuit(reply);
        }
        if (reply instanceof Reply.Failure failure) {
            return decide(ClientInput.OTHER, 0, ClientEnd.REFUSED, failure.text());
        }
        if (reply instanceof Reply.Malformed malformed) {
            return decide(ClientInput.OTHER, 0, ClientEnd.PROTOCOL_ERROR, malformed.reason());
        }
        if (!choices.isEmpty()) {
            return decide(ClientInput.OTHER, 0, ClientEnd.PROTOCOL_ERROR, "a reply to nothing");
        }
        if (reply instanceof Reply.Count count) {
            return decide(ClientInput.COUNT, count.messages(), ClientEnd.PROTOCOL_ERROR, count.text());
        }
        if (reply instanceof Reply.Length length) {
            return decide(ClientInput.LENGTH, length.octets(), ClientEnd.PROTOCOL_ERROR, length.text());
        }
        String said = ((Reply.Success) reply).text();
        ClientInput input = isGreeting(said) ? ClientInput.GREET : ClientInput.BYE;
        return decide(input, 0, ClientEnd.PROTOCOL_ERROR, said);
    }

    /** "If the greeting is right" (p. 21): never send a password to a server of another protocol. */
    private static boolean isGreeting(String said) {
        String name = "POP2";
        return said.regionMatches(true, 0, name, 0, name.length())
                && (said.length() == name.length() || said.charAt(name.length()) == ' ');
    }

    /** The session ends well only here: the server says + when the deletions are done. */
    private List<ClientEffect> answerToQuit(Reply reply) {
        if (reply instanceof Reply.Success success) {
            return close(ClientEnd.QUIT, success.text());
        }
        return reply instanceof Reply.Failure failure
                ? close(ClientEnd.REFUSED, failure.text())
                : close(ClientEnd.UNCONFIRMED, "no + to QUIT");
    }

    private List<ClientEffect> decide(ClientInput input, long number, ClientEnd why, String said) {
        ClientAction action = ClientDecisionTable.action(state, input);
        return switch (action) {
            case GIVE_UP -> giveUp(input, why, said);
            case LOG_IN -> {
                state = ClientState.NMBR;
                yield List.of(new ClientEffect.Send(helo));
            }
            case CHOOSE_MESSAGE -> choose(action, number, EnumSet.of(Input.READ, Input.FOLD, Input.QUIT));
            case CHOOSE_TRANSFER -> {
                octets = number;
                // FOLD stands in the text (p. 7) and the diagrams (p. 17, 19), not in action 4
                Set<Input> offered = EnumSet.of(Input.READ, Input.FOLD, Input.QUIT);
                if (number > 0) {
                    // RETR of nothing makes the server close (p. 10)
                    offered.add(Input.RETR);
                }
                yield choose(action, number, offered);
            }
            case CHOOSE_ACKNOWLEDGEMENT -> choose(action, number, EnumSet.of(Input.ACKS, Input.ACKD, Input.NACK));
            case CLOSE -> end == ClientEnd.UNCONFIRMED ? close(end, said) : close(end, text);
        };
    }

    private List<ClientEffect> choose(ClientAction action, long number, Set<Input> offered) {
        choices = offered;
        return List.of(new ClientEffect.Choose(action, number));
    }

    private List<ClientEffect> chosen(Command command) {
        if (state == ClientState.EXIT) {
            // the connection failed while the application thought
            return List.of();
        }
        if (!choices.contains(command.input())) {
            throw new IllegalStateException(command.input() + " is no choice in " + state + ", only " + choices);
        }
        // one that fits into no line must not move the machine: its caller can choose again
        CommandCodec.requireEncodable(command);
        choices = EnumSet.noneOf(Input.class);
        switch (command.input()) {
            case FOLD -> state = ClientState.NMBR;
            case RETR -> {
                state = ClientState.XFER;
                return List.of(new ClientEffect.Send(command), new ClientEffect.Receive(octets));
            }
            case QUIT -> state = ClientState.EXIT;
            default -> state = ClientState.SIZE;
        }
        return List.of(new ClientEffect.Send(command));
    }

    /** "Anything else": send QUIT, and close at whatever comes next. */
    private List<ClientEffect> giveUp(ClientInput input, ClientEnd why, String said) {
        if (input == ClientInput.CLOSE || onTrouble == OnTrouble.CLOSE) {
            return close(why, said);
        }
        end = why;
        text = said;
        state = ClientState.EXIT;
        choices = EnumSet.noneOf(Input.class);
        return List.of(new ClientEffect.Send(Command.QUIT));
    }

    private List<ClientEffect> close(ClientEnd why, String said) {
        state = ClientState.EXIT;
        choices = EnumSet.noneOf(Input.class);
        closed = true;
        return List.of(new ClientEffect.Close(why, said));
    }
}
