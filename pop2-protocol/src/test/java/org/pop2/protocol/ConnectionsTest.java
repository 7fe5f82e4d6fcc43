package org.pop2.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@link ServerConnection} and {@link ClientConnection}: octets in any slices. Dialogues run on the first of them, too.
 */
class ConnectionsTest {
    private static ByteBuffer octets(String text) {
        return ByteBuffer.wrap(text.getBytes(ISO_8859_1));
    }

    private final ServerConnection server = new ServerConnection("dog-house");
    private final ClientConnection client = new ClientConnection(Sessions.HELO);

    @Test
    void serverTakesOneCommandAndNoOctetMore() {
        server.open();
        ByteBuffer input = octets("\r\n\r\nHELO postel secret\r\nREAD 1\r\n");
        Command helo = Objects.requireNonNull(server.next(input));
        assertThat(helo).isEqualTo(Sessions.HELO);
        assertThat(server.line()).isEqualTo(octets("HELO postel secret\r\n"));
        assertThat(server.lines()).as("blank ones included").isEqualTo(3);
        assertThat(server.on(helo)).containsExactly(new Effect.LogIn(Sessions.HELO));

        assertThat(server.ready()).isFalse();
        assertThat(server.next(input)).as("while the login is under way").isNull();
        assertThat(input.remaining()).isEqualTo("READ 1\r\n".length());

        server.on(Event.LOGGED_IN);
        server.on(new Event.Selected(MailboxView.of(17)));
        assertThat(server.next(input)).isEqualTo(new Command.Read(1));
        assertThat(input.hasRemaining()).isFalse();
        assertThat(server.next(input)).isNull();
    }

    @Test
    void serverKeepsNoPassword() {
        server.open();
        Command helo = Objects.requireNonNull(server.next(octets("HELO postel secret\r\n")));
        server.on(helo);
        assertThat(server.line()).isEqualTo(ByteBuffer.allocate("HELO postel secret\r\n".length()));
    }

    @Test
    void serverLooksForAnotherProtocolInTheFirstLineOnly() {
        server.open();
        assertThat(server.next(octets("\nUSER postel\r\n"))).isInstanceOf(Command.Foreign.class);
        assertThat(server.next(octets("USER postel\r\n"))).isInstanceOf(Command.Malformed.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 8192})
    void serverNoticesALineThatIsTooLongAndTlsHoweverTheyAreSliced(int size) {
        server.open();
        assertThat(first(server, "x".repeat(LineFramer.MAX_LINE), size)).isInstanceOf(Command.Malformed.class);
        ServerConnection other = new ServerConnection("dog-house");
        other.open();
        assertThat(first(other, "\u0016\u0003\u0001", size)).isEqualTo(new Command.Foreign(ForeignProtocol.TLS));
    }

    private static Command first(ServerConnection connection, String text, int size) {
        ByteBuffer all = octets(text);
        while (all.hasRemaining()) {
            ByteBuffer slice = all.slice(all.position(), Math.min(size, all.remaining()));
            Command command = connection.next(slice);
            if (command != null) {
                return command;
            }
            all.position(all.position() + slice.limit());
        }
        throw new AssertionError("no command in " + text);
    }

    private static final String DIALOGUE = "+ POP2 dog-house\r\n#1 message\r\n=9\r\n=5\r\n+\r\n\r\n=0\r\n+ bye\r\n";

    /** The message has lines that look like replies, and ends where the server said, wherever it is cut. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 8192})
    void clientTellsMailFromRepliesHoweverTheyAreSliced(int size) {
        StringBuilder message = new StringBuilder();
        List<Object> seen = new ArrayList<>();
        ByteBuffer all = octets(DIALOGUE);
        while (all.hasRemaining()) {
            ByteBuffer slice = all.slice(all.position(), Math.min(size, all.remaining()));
            all.position(all.position() + slice.limit());
            while (slice.hasRemaining()) {
                act(client.receive(slice), message, seen);
            }
        }
        assertThat(message).hasToString("=5\r\n+\r\n\r\n");
        assertThat(seen)
                .containsExactly("HELO", "READ", "RETR", "ACKD", "QUIT", new ClientEffect.Close(ClientEnd.QUIT, "bye"));
        assertThat(client.closed()).isTrue();
        ByteBuffer late = octets("more\r\n");
        assertThat(client.receive(late)).isEmpty();
        assertThat(late.hasRemaining()).isFalse();
    }

    private void act(List<ClientEffect> effects, StringBuilder message, List<Object> seen) {
        for (ClientEffect effect : effects) {
            if (effect instanceof ClientEffect.Send send) {
                seen.add(send.command().input().name());
            } else if (effect instanceof ClientEffect.Content content) {
                message.append(ISO_8859_1.decode(content.octets()));
            } else if (effect instanceof ClientEffect.Choose choose) {
                Command command = switch (choose.action()) {
                    case CHOOSE_MESSAGE -> new Command.Read(1);
                    case CHOOSE_TRANSFER -> choose.number() > 0 ? Command.RETR : Command.QUIT;
                    default -> Command.ACKD;
                };
                act(client.choose(command), message, seen);
            } else {
                seen.add(effect);
            }
        }
    }

    @Test
    void clientThatShallNotSayQuitOnTroubleClosesAtOnce() {
        for (ClientSession.OnTrouble onTrouble : ClientSession.OnTrouble.values()) {
            ClientConnection other = new ClientConnection(Sessions.HELO, onTrouble);
            other.receive(octets("+ POP2 dog-house\r\n"));
            List<ClientEffect> effects = other.receive(octets("- go away\r\n"));
            assertThat(effects)
                    .containsExactly(
                            onTrouble == ClientSession.OnTrouble.QUIT
                                    ? new ClientEffect.Send(Command.QUIT)
                                    : new ClientEffect.Close(ClientEnd.REFUSED, "go away"));
        }
    }

    @Test
    void clientCannotTakeMoreThanIsMissing() {
        assertThatThrownBy(() -> client.took(1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(client.took(0)).isEmpty();
    }
}
