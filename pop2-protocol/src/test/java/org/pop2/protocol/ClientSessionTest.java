package org.pop2.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ClientSessionTest {
    private static final Reply GREETING = new Reply.Success("POP2 dog-house");
    private static final Reply TWO = new Reply.Count(2, "messages");
    private static final Reply LENGTH = new Reply.Length(42);

    private ClientSession session = new ClientSession(Sessions.HELO);

    /** What is observed in each cell of the Client Decision Table (RFC 937 p. 20). */
    @TestFactory
    Stream<DynamicTest> everyCell() {
        List<DynamicTest> cells = new ArrayList<>();
        for (ClientState state : ClientState.values()) {
            for (ClientInput input : ClientInput.values()) {
                cells.add(DynamicTest.dynamicTest(input + " in " + state, () -> cell(state, input)));
            }
        }
        assertThat(cells).hasSize(40);
        return cells.stream();
    }

    private void cell(ClientState state, ClientInput input) {
        in(state);
        if (input == ClientInput.DATA && state != ClientState.XFER) {
            dataThatWasNotAskedFor(state);
            return;
        }
        List<ClientEffect> effects = session.on(event(state, input));
        if (state == ClientState.EXIT) {
            assertThat(effects).hasSize(1);
            assertThat(end(effects))
                    .isEqualTo(
                            switch (input) {
                                case GREET, BYE -> ClientEnd.QUIT;
                                case OTHER -> ClientEnd.REFUSED;
                                case COUNT, LENGTH, DATA, CLOSE, TIMEOUT -> ClientEnd.UNCONFIRMED;
                            });
            assertThat(session.closed()).isTrue();
            assertThat(session.on(ClientEvent.CLOSED)).isEmpty();
            return;
        }
        ClientAction action = ClientDecisionTable.action(state, input);
        switch (action) {
            case LOG_IN -> {
                assertThat(effects).containsExactly(new ClientEffect.Send(Sessions.HELO));
                assertThat(session.state()).isEqualTo(ClientState.NMBR);
                assertThat(session.choices()).isEmpty();
            }
            case CHOOSE_MESSAGE -> {
                assertThat(effects).containsExactly(new ClientEffect.Choose(action, 2));
                assertThat(session.choices()).containsExactlyInAnyOrder(Input.READ, Input.FOLD, Input.QUIT);
            }
            case CHOOSE_TRANSFER -> {
                assertThat(effects).containsExactly(new ClientEffect.Choose(action, 42));
                assertThat(session.choices()).containsExactlyInAnyOrder(Input.RETR, Input.READ, Input.FOLD, Input.QUIT);
            }
            case CHOOSE_ACKNOWLEDGEMENT -> {
                assertThat(effects).containsExactly(new ClientEffect.Choose(action, 42));
                assertThat(session.choices()).containsExactlyInAnyOrder(Input.ACKS, Input.ACKD, Input.NACK);
            }
            case GIVE_UP -> givesUp(input, effects);
            case CLOSE -> throw new AssertionError("only in EXIT");
        }
    }

    /** QUIT is sent, and at whatever comes then the session ends for the reason that made it give up. */
    private void givesUp(ClientInput input, List<ClientEffect> effects) {
        if (input == ClientInput.CLOSE) {
            // nobody is there to read a QUIT
            assertThat(end(effects)).isEqualTo(ClientEnd.DISCONNECTED);
            return;
        }
        assertThat(effects).containsExactly(new ClientEffect.Send(Command.QUIT));
        assertThat(session.state()).isEqualTo(ClientState.EXIT);
        assertThat(session.choices()).isEmpty();
        assertThat(end(say(new Reply.Success("bye"))))
                .isEqualTo(
                        switch (input) {
                            case OTHER -> ClientEnd.REFUSED;
                            case TIMEOUT -> ClientEnd.TIMED_OUT;
                            case GREET, COUNT, LENGTH, DATA, BYE, CLOSE -> ClientEnd.PROTOCOL_ERROR;
                        });
    }

    private void dataThatWasNotAskedFor(ClientState state) {
        if (state == ClientState.EXIT) {
            assertThat(session.on(ClientEvent.DATA)).isEmpty();
        } else {
            assertThatThrownBy(() -> session.on(ClientEvent.DATA)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void onlyPlusToQuitConfirmsDeletions() {
        in(ClientState.EXIT);
        assertThat(say(new Reply.Success("bye"))).containsExactly(new ClientEffect.Close(ClientEnd.QUIT, "bye"));
    }

    @Test
    void retrTakesExactlyTheOctetsAnnounced() {
        in(ClientState.SIZE);
        say(LENGTH);
        assertThat(choose(Command.RETR))
                .containsExactly(new ClientEffect.Send(Command.RETR), new ClientEffect.Receive(42));
        assertThat(session.on(ClientEvent.DATA))
                .containsExactly(new ClientEffect.Choose(ClientAction.CHOOSE_ACKNOWLEDGEMENT, 42));
        assertThatThrownBy(() -> session.on(ClientEvent.DATA)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void retrOfNothingIsNotOffered() {
        in(ClientState.SIZE);
        say(new Reply.Length(0));
        assertThat(session.choices()).containsExactlyInAnyOrder(Input.READ, Input.FOLD, Input.QUIT);
        assertThatThrownBy(() -> choose(Command.RETR)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anotherFolderAfterTheLastMessage() {
        in(ClientState.SIZE);
        say(new Reply.Length(0));
        Command fold = new Command.Fold("work");
        assertThat(choose(fold)).containsExactly(new ClientEffect.Send(fold));
        assertThat(session.state()).isEqualTo(ClientState.NMBR);
        assertThat(say(TWO)).containsExactly(new ClientEffect.Choose(ClientAction.CHOOSE_MESSAGE, 2));
    }

    @Test
    void nothingIsChosenWhileAReplyIsAwaited() {
        in(ClientState.NMBR);
        assertThatThrownBy(() -> choose(Command.QUIT)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aReplyToNothingIsAnError() {
        in(ClientState.NMBR);
        say(TWO);
        assertThat(say(TWO)).containsExactly(new ClientEffect.Send(Command.QUIT));
        assertThat(end(session.on(ClientEvent.CLOSED))).isEqualTo(ClientEnd.PROTOCOL_ERROR);
    }

    @Test
    void aChoiceThatComesAfterTheConnectionFailedIsDropped() {
        in(ClientState.NMBR);
        say(TWO);
        assertThat(session.on(ClientEvent.TIMED_OUT)).containsExactly(new ClientEffect.Send(Command.QUIT));
        assertThat(choose(new Command.Read(1))).isEmpty();
        assertThat(end(session.on(ClientEvent.CLOSED))).isEqualTo(ClientEnd.TIMED_OUT);
        assertThat(choose(new Command.Read(1))).isEmpty();
    }

    @Test
    void octetsOfATransferThatWasGivenUpAreDropped() {
        in(ClientState.XFER);
        assertThat(session.on(ClientEvent.TIMED_OUT)).containsExactly(new ClientEffect.Send(Command.QUIT));
        assertThat(session.on(ClientEvent.DATA)).isEmpty();
        assertThat(end(session.on(ClientEvent.CLOSED))).isEqualTo(ClientEnd.TIMED_OUT);
    }

    @Test
    void noMailInsteadOfACountIsReportedAfterQuit() {
        in(ClientState.NMBR);
        assertThat(say(new Reply.Success("No mail"))).containsExactly(new ClientEffect.Send(Command.QUIT));
        assertThat(say(new Reply.Success("bye")))
                .containsExactly(new ClientEffect.Close(ClientEnd.PROTOCOL_ERROR, "No mail"));
    }

    @Test
    void noPasswordForAServerOfAnotherProtocol() {
        in(ClientState.CALL);
        assertThat(say(new Reply.Success("OK POP3 server ready"))).containsExactly(new ClientEffect.Send(Command.QUIT));
        assertThat(end(session.on(ClientEvent.CLOSED))).isEqualTo(ClientEnd.PROTOCOL_ERROR);
    }

    @Test
    void aRefusalIsReportedThoughTheServerCloses() {
        in(ClientState.NMBR);
        assertThat(say(new Reply.Failure("wrong"))).containsExactly(new ClientEffect.Send(Command.QUIT));
        assertThat(session.on(ClientEvent.CLOSED)).containsExactly(new ClientEffect.Close(ClientEnd.REFUSED, "wrong"));
    }

    @Test
    void aMalformedReplyIsAnErrorOfTheProtocol() {
        in(ClientState.SIZE);
        assertThat(say(new Reply.Malformed("an empty line"))).containsExactly(new ClientEffect.Send(Command.QUIT));
        assertThat(session.on(ClientEvent.CLOSED))
                .containsExactly(new ClientEffect.Close(ClientEnd.PROTOCOL_ERROR, "an empty line"));
    }

    /** A fresh session that waits in this state for what the server sends. */
    private void in(ClientState state) {
        session = new ClientSession(Sessions.HELO);
        if (state != ClientState.CALL) {
            say(GREETING);
        }
        if (state == ClientState.SIZE || state == ClientState.XFER) {
            say(TWO);
            choose(new Command.Read(1));
        }
        if (state == ClientState.XFER) {
            say(LENGTH);
            choose(Command.RETR);
        }
        if (state == ClientState.EXIT) {
            say(TWO);
            choose(Command.QUIT);
        }
        assertThat(session.state()).isEqualTo(state);
    }

    private static ClientEvent event(ClientState state, ClientInput input) {
        return switch (input) {
            case GREET -> new ClientEvent.Received(GREETING);
            case BYE -> new ClientEvent.Received(new Reply.Success("bye"));
            case COUNT -> new ClientEvent.Received(TWO);
            case LENGTH -> new ClientEvent.Received(LENGTH);
            case DATA -> ClientEvent.DATA;
            case CLOSE -> ClientEvent.CLOSED;
            case OTHER -> new ClientEvent.Received(new Reply.Failure("no, in " + state));
            case TIMEOUT -> ClientEvent.TIMED_OUT;
        };
    }

    private static ClientEnd end(List<ClientEffect> effects) {
        assertThat(effects).hasSize(1).first().isInstanceOf(ClientEffect.Close.class);
        return ((ClientEffect.Close) effects.get(0)).end();
    }

    private List<ClientEffect> say(Reply reply) {
        return session.on(new ClientEvent.Received(reply));
    }

    private List<ClientEffect> choose(Command command) {
        return session.on(new ClientEvent.Chosen(command));
    }

    @Test
    void commandThatFitsIntoNoLineDoesNotMoveTheMachine() {
        in(ClientState.NMBR);
        session.on(new ClientEvent.Received(TWO));
        for (String mailbox : List.of("", "a\nb", "x".repeat(LineFramer.MAX_LINE))) {
            assertThatThrownBy(() -> session.on(new ClientEvent.Chosen(new Command.Fold(mailbox))))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(session.choices()).containsExactlyInAnyOrder(Input.READ, Input.FOLD, Input.QUIT);
        }
        assertThat(session.on(new ClientEvent.Chosen(Command.QUIT)))
                .containsExactly(new ClientEffect.Send(Command.QUIT));
    }
}
