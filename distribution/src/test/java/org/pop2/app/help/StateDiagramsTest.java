package org.pop2.app.help;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pop2.protocol.Action;
import org.pop2.protocol.ClientAction;
import org.pop2.protocol.ClientDecisionTable;
import org.pop2.protocol.ClientInput;
import org.pop2.protocol.ClientState;
import org.pop2.protocol.DecisionTable;
import org.pop2.protocol.Input;
import org.pop2.protocol.State;

/**
 * The diagrams in the manual, and the table in pop2(7), are what the decision tables say. With
 * {@code -Dpop2.docs=write} they are made so.
 */
class StateDiagramsTest {
    private static final Path IMAGES = Path.of("src/dist/doc/images");
    private static final Path PAGE = Path.of("src/main/man/pop2.7");
    private static final String BEGIN = ".\\\" the table, made by StateDiagramsTest\n.Bd -literal\n";

    /** Where each action leads, and what the server says (RFC 937 p. 23). */
    private static final Map<Action, State> LEADS_TO = Map.of(
            Action.GREET, State.AUTH,
            Action.LOG_IN, State.MBOX,
            Action.FINISH, State.DONE,
            Action.SELECT, State.MBOX,
            Action.TELL_LENGTH, State.ITEM,
            Action.TRANSFER, State.NEXT,
            Action.ACKNOWLEDGE, State.ITEM);

    private static final Map<Action, String> SAYS = Map.of(
            Action.GREET, "+ POP2",
            Action.LOG_IN, "#nnn",
            Action.FINISH, "+",
            Action.SELECT, "#nnn",
            Action.TELL_LENGTH, "=ccc",
            Action.TRANSFER, "octets",
            Action.ACKNOWLEDGE, "=ccc");

    private record Choice(String command, ClientState to) {}

    /** What a client may choose (p. 20). */
    private static final Map<ClientAction, List<Choice>> CHOICES = Map.of(
            ClientAction.LOG_IN, List.of(new Choice("HELO", ClientState.NMBR)),
            ClientAction.CHOOSE_MESSAGE,
                    List.of(
                            new Choice("READ", ClientState.SIZE),
                            new Choice("FOLD", ClientState.NMBR),
                            new Choice("QUIT", ClientState.EXIT)),
            ClientAction.CHOOSE_TRANSFER,
                    List.of(
                            new Choice("RETR", ClientState.XFER),
                            new Choice("READ", ClientState.SIZE),
                            new Choice("FOLD", ClientState.NMBR),
                            new Choice("QUIT", ClientState.EXIT)),
            ClientAction.CHOOSE_ACKNOWLEDGEMENT,
                    List.of(
                            new Choice("ACKS", ClientState.SIZE),
                            new Choice("ACKD", ClientState.SIZE),
                            new Choice("NACK", ClientState.SIZE)));

    private static final Map<ClientInput, String> HEARS = Map.of(
            ClientInput.GREET, "after +",
            ClientInput.COUNT, "after #nnn",
            ClientInput.LENGTH, "after =ccc",
            ClientInput.DATA, "after the octets");

    private static void isAsMade(Path file, String made) throws IOException {
        if ("write".equals(System.getProperty("pop2.docs"))) {
            Files.writeString(file, made);
        }
        assertThat(file).as("as -Dpop2.docs=write would make it").hasContent(made);
    }

    @Test
    void theServersDiagramIsItsTable() throws IOException {
        StateDiagram diagram = new StateDiagram(
                "The states of a POP2 server (RFC 937 p. 19 and 22)",
                List.of("LSTN", "AUTH", "MBOX", "ITEM", "NEXT"),
                "DONE");
        for (State state : State.values()) {
            for (Input input : Input.values()) {
                State to = state == State.LSTN && input == Input.TIMEOUT
                        ? null
                        : LEADS_TO.get(DecisionTable.action(state, input));
                if (to != null) {
                    String said = input == Input.OPEN ? "connection" : input.name();
                    diagram.way(
                            state.name(), to.name(), said, SAYS.getOrDefault(DecisionTable.action(state, input), ""));
                }
            }
        }
        isAsMade(IMAGES.resolve("server-states.svg"), diagram.svg());
    }

    @Test
    void theClientsDiagramIsItsTable() throws IOException {
        StateDiagram diagram = new StateDiagram(
                "The states of a POP2 client (RFC 937 p. 17 and 20)", List.of("CALL", "NMBR", "SIZE", "XFER"), "EXIT");
        for (ClientState state : ClientState.values()) {
            for (ClientInput input : ClientInput.values()) {
                for (Choice choice : CHOICES.getOrDefault(ClientDecisionTable.action(state, input), List.of())) {
                    diagram.way(state.name(), choice.to.name(), choice.command, HEARS.getOrDefault(input, ""));
                }
            }
        }
        isAsMade(IMAGES.resolve("client-states.svg"), diagram.svg());
    }

    @Test
    void theManualPageHasTheServersTable() throws IOException {
        String table = Stream.concat(
                        Stream.of(row("", Stream.of(State.values()).map(State::name))),
                        Stream.of(Input.values())
                                .map(input -> row(
                                        input == Input.OTHER ? "other" : input.name(),
                                        Stream.of(State.values()).map(state -> cell(state, input)))))
                .collect(Collectors.joining("\n"));
        String page = Files.readString(PAGE);
        Matcher block = Pattern.compile(Pattern.quote(BEGIN) + "(?s).*?\\.Ed\n").matcher(page);
        assertThat(block.find()).as("the place of the table in %s", PAGE).isTrue();
        isAsMade(PAGE, block.replaceFirst(Matcher.quoteReplacement(BEGIN + table + "\n.Ed\n")));
    }

    private static String cell(State state, Input input) {
        if (state == State.LSTN && input == Input.TIMEOUT) {
            return "";
        }
        Action action = DecisionTable.action(state, input);
        State to = LEADS_TO.get(action);
        return action == Action.REJECT
                ? "-"
                : to == null ? "close" : SAYS.getOrDefault(action, "").split(" ", 2)[0] + " " + to;
    }

    private static String row(String head, Stream<String> cells) {
        return (String.format("%-8s", head)
                        + cells.map(cell -> String.format("%-11s", cell)).collect(Collectors.joining()))
                .stripTrailing();
    }
}
