package org.pop2.lmtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.pop2.lmtp.LmtpSession.Effect;
import org.pop2.lmtp.LmtpSession.Event;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;

/** The whole table, and what a session says and where it stands after each of its cells. */
class LmtpTableTest {
    private static final String TABLE = """
            input        START    CONNECTED     GREETED       SENDER          RECIPIENTS      CONTENT  DELIVERING  DONE
            OPEN         WELCOME  -             -             -               -               -        -           -
            LHLO         -        GREET         GREET         GREET           GREET           -        -           -
            MAIL         -        -             TAKE_SENDER   -               -               -        -           -
            RCPT         -        -             -             TAKE_RECIPIENT  TAKE_RECIPIENT  -        -           -
            DATA         -        -             -             -               RECEIVE         -        -           -
            END_OF_DATA  -        -             -             -               -               DELIVER  -           -
            RSET         -        RESET         RESET         RESET           RESET           -        -           -
            NOOP         -        NOTHING       NOTHING       NOTHING         NOTHING         -        -           -
            VRFY         -        NOT_VERIFIED  NOT_VERIFIED  NOT_VERIFIED    NOT_VERIFIED    -        -           -
            QUIT         -        FINISH        FINISH        FINISH          FINISH          -        -           -
            """;

    /** For each command: the code of the reply, and the state after it, in each state that takes commands. */
    private static final String SESSION = """
            input  CONNECTED      GREETED      SENDER          RECIPIENTS
            LHLO   250/GREETED    250/GREETED  250/GREETED     250/GREETED
            MAIL   503/CONNECTED  250/SENDER   503/SENDER      503/RECIPIENTS
            RCPT   503/CONNECTED  503/GREETED  250/RECIPIENTS  250/RECIPIENTS
            DATA   503/CONNECTED  503/GREETED  503/SENDER      354/CONTENT
            RSET   250/CONNECTED  250/GREETED  250/GREETED     250/GREETED
            NOOP   250/CONNECTED  250/GREETED  250/SENDER      250/RECIPIENTS
            VRFY   252/CONNECTED  252/GREETED  252/SENDER      252/RECIPIENTS
            QUIT   221/DONE       221/DONE     221/DONE        221/DONE
            """;

    private static final Target JON = new Target(new UserName("jon"), FolderName.INBOX);

    private record Cell(String input, String state, String entry) {}

    private static List<Cell> cells(String table) {
        List<String> lines = table.lines().toList();
        String[] states = lines.get(0).split(" +");
        List<Cell> cells = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] entries = line.split(" +");
            assertThat(entries).as(line).hasSameSizeAs(states);
            for (int i = 1; i < entries.length; i++) {
                cells.add(new Cell(entries[0], states[i], entries[i]));
            }
        }
        return cells;
    }

    @Test
    void everyCellIsAsWritten() {
        List<Cell> cells = cells(TABLE);
        assertThat(cells).hasSize(LmtpState.values().length * LmtpInput.values().length);
        for (Cell cell : cells) {
            LmtpAction expected = cell.entry().equals("-") ? LmtpAction.REJECT : LmtpAction.valueOf(cell.entry());
            assertThat(LmtpTable.action(LmtpState.valueOf(cell.state()), LmtpInput.valueOf(cell.input())))
                    .as("%s", cell)
                    .isEqualTo(expected);
        }
    }

    @TestFactory
    Stream<DynamicTest> aSessionDoesWhatTheTableSays() {
        return cells(SESSION).stream()
                .map(cell -> DynamicTest.dynamicTest(cell.input() + " in " + cell.state(), () -> observe(cell)));
    }

    private static void observe(Cell cell) {
        LmtpSession session = in(LmtpState.valueOf(cell.state()));
        List<Effect> effects = say(session, cell.input());
        assertThat(code(effects) + "/" + session.state()).isEqualTo(cell.entry());
        if (session.state() == LmtpState.GREETED) {
            // nothing is left of a transaction
            assertThat(code(say(session, "RCPT"))).isEqualTo("503");
            assertThat(code(say(session, "MAIL"))).isEqualTo("250");
            assertThat(code(say(session, "DATA"))).isEqualTo("503");
        }
    }

    @Test
    void aCommandWhileAnOutcomeIsAwaitedIsABugOfTheCaller() {
        LmtpSession session = in(LmtpState.SENDER);
        session.on(new Event.Received(command("RCPT")));
        assertThat(session.wants()).isEqualTo(LmtpSession.Wants.OUTCOME);
        assertThatThrownBy(() -> session.on(new Event.Received(command("NOOP"))))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aMessageHasAReplyForEachRecipientAndThenAnotherMayCome() {
        LmtpSession session = in(LmtpState.RECIPIENTS);
        say(session, "RCPT");
        say(session, "DATA");
        assertThat(session.on(new Event.ContentEnded()))
                .containsExactly(new Effect.Deliver("a@example.org", "", List.of(JON, JON)));
        assertThat(code(session.on(new Event.Outcome(LmtpReply.DELIVERED)))).isEqualTo("250");
        assertThat(session.state()).isEqualTo(LmtpState.DELIVERING);
        assertThat(code(session.on(new Event.Outcome(LmtpReply.UNAVAILABLE)))).startsWith("45");
        assertThat(session.state()).isEqualTo(LmtpState.GREETED);
    }

    @Test
    void whoSaysManyThingsAndBringsNoMailIsLetGo() {
        int most = LmtpSession.MAX_IDLE + LmtpSettings.Limits.defaults().recipients();
        LmtpSession session = in(LmtpState.RECIPIENTS);
        for (int i = 0; i < most - 10; i++) {
            assertThat(code(say(session, "NOOP"))).isEqualTo("250");
        }
        // a message, and all of it is forgotten
        say(session, "DATA");
        session.on(new Event.ContentEnded());
        session.on(new Event.Outcome(LmtpReply.DELIVERED));
        for (int i = 0; i < most; i++) {
            assertThat(code(say(session, i % 2 == 0 ? "NOOP" : "RSET"))).isEqualTo("250");
        }
        assertThat(code(say(session, "VRFY"))).isEqualTo("421");
        assertThat(session.state()).isEqualTo(LmtpState.DONE);
    }

    private static LmtpSession in(LmtpState state) {
        LmtpSession session = new LmtpSession("mail.example.org", LmtpSettings.Limits.defaults());
        session.on(new Event.Opened());
        for (String line : switch (state) {
            case GREETED -> List.of("LHLO");
            case SENDER -> List.of("LHLO", "MAIL");
            case RECIPIENTS -> List.of("LHLO", "MAIL", "RCPT");
            default -> List.<String>of();
        }) {
            say(session, line);
        }
        assertThat(session.state()).isEqualTo(state);
        return session;
    }

    /** What is done in the end; a recipient is found. */
    private static List<Effect> say(LmtpSession session, String verb) {
        List<Effect> effects = session.on(new Event.Received(command(verb)));
        return effects.stream().anyMatch(Effect.Find.class::isInstance) ? session.on(new Event.Found(JON)) : effects;
    }

    private static LmtpCommand command(String verb) {
        return CommandParser.parse(
                switch (verb) {
                    case "LHLO", "VRFY" -> verb + " x";
                    case "MAIL" -> "MAIL FROM:<a@example.org>";
                    case "RCPT" -> "RCPT TO:<jon>";
                    default -> verb;
                });
    }

    private static String code(List<Effect> effects) {
        return new String(((Effect.Send) effects.get(0)).reply().encode(), StandardCharsets.US_ASCII).substring(0, 3);
    }
}
