package org.pop2.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DecisionTableTest {
    @Test
    void all71CellsOfTheServerAreTheRfcs() throws IOException {
        int cells = 0;
        List<String[]> grid = grid("server-decision-table.txt");
        for (String[] row : grid.subList(1, grid.size())) {
            for (int i = 1; i < row.length; i++) {
                State state = State.valueOf(grid.get(0)[i]);
                Input input = Input.valueOf(row[0].toUpperCase(Locale.ROOT));
                if (row[i].equals("-")) {
                    assertThatThrownBy(() -> DecisionTable.action(state, input))
                            .isInstanceOf(IllegalArgumentException.class);
                    continue;
                }
                cells++;
                Action action = DecisionTable.action(state, input);
                assertThat(action.number()).as(input + " in " + state).isEqualTo(Integer.parseInt(row[i]));
                observe(state, input, action);
            }
        }
        assertThat(cells).isEqualTo(71);
    }

    @Test
    void all40CellsOfTheClientAreTheRfcs() throws IOException {
        int cells = 0;
        List<String[]> grid = grid("client-decision-table.txt");
        for (String[] row : grid.subList(1, grid.size())) {
            for (int i = 1; i < row.length; i++) {
                ClientState state = ClientState.valueOf(grid.get(0)[i]);
                ClientInput input = ClientInput.valueOf(row[0].toUpperCase(Locale.ROOT));
                assertThat(ClientDecisionTable.action(state, input))
                        .as(input + " in " + state)
                        .isEqualTo(ClientAction.valueOf(row[i]));
                cells++;
            }
        }
        assertThat(cells).isEqualTo(40);
    }

    /** What the session does in the cell: kind of effects and the state after. */
    private static void observe(State state, Input input, Action action) {
        Session session = Sessions.in(state);
        List<Effect> effects = session.on(Sessions.event(input));
        String kinds = Sessions.kinds(effects);
        String cell = input + " in " + state;
        switch (action) {
            case REJECT -> {
                boolean held = state == State.MBOX || state == State.ITEM || state == State.NEXT;
                String error = input == Input.CLOSE ? "" : "-";
                assertThat(kinds).as(cell).isEqualTo(state == State.DONE ? "" : error + (held ? "RC" : "C"));
                assertThat(session.state()).isEqualTo(State.DONE);
            }
            case GREET -> {
                assertThat(kinds).as(cell).isEqualTo("+");
                assertThat(session.state()).isEqualTo(State.AUTH);
            }
            case LOG_IN -> {
                assertThat(kinds).as(cell).isEqualTo("L");
                session.on(Event.LOGGED_IN);
                assertThat(Sessions.kinds(session.on(new Event.Selected(Sessions.THREE))))
                        .isEqualTo("#");
                assertThat(session.state()).isEqualTo(State.MBOX);
            }
            case FINISH -> {
                assertThat(kinds).as(cell).isEqualTo(state == State.AUTH ? "+C" : "R");
                if (state != State.AUTH) {
                    assertThat(Sessions.kinds(session.on(Event.RELEASED))).isEqualTo("+C");
                }
                assertThat(session.state()).isEqualTo(State.DONE);
            }
            case SELECT -> {
                assertThat(kinds).as(cell).isEqualTo("R");
                assertThat(Sessions.kinds(session.on(Event.RELEASED))).isEqualTo("S");
                assertThat(Sessions.kinds(session.on(new Event.Selected(Sessions.THREE))))
                        .isEqualTo("#");
                assertThat(session.state()).isEqualTo(State.MBOX);
            }
            case TELL_LENGTH, ACKNOWLEDGE -> {
                assertThat(kinds).as(cell).isEqualTo("=");
                assertThat(session.state()).isEqualTo(State.ITEM);
            }
            case TRANSFER -> {
                assertThat(kinds).as(cell).isEqualTo("D");
                assertThat(session.on(Event.DELIVERED)).isEmpty();
                assertThat(session.state()).isEqualTo(State.NEXT);
            }
            case CLOSE -> assertThat(kinds).as(cell).isEmpty();
        }
    }

    private static List<String[]> grid(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(DecisionTableTest.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .map(line -> line.trim().split(" +", -1))
                    .toList();
        }
    }
}
