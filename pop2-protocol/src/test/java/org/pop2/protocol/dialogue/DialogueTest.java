package org.pop2.protocol.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.pop2.protocol.dialogue.DialogueRunner.Pace;

class DialogueTest {
    private static final String SESSION = """
            # a session
            user smith secret
            message
            | Subject: lunch
            S: + POP2 dog-house.example *
            C: HELO smith secret
            S: #1 messages*
            C: READ
            S: =16
            C: RETR
            S: <message 1>
            C: ACKD
            S: =0
            C: QUIT
            S: + *
            S: <closes>
            afterwards INBOX: none
            """;

    private final DialogueRunner runner = new DialogueRunner(PurePeer::new);

    @TestFactory
    Stream<DynamicTest> everyDialogueOnThePureSessionAtEveryPace() {
        List<Dialogue> dialogues = Dialogue.all();
        assertThat(dialogues).hasSizeGreaterThan(3);
        return dialogues.stream()
                .flatMap(dialogue -> Stream.of(Pace.values())
                        .map(pace -> DynamicTest.dynamicTest(
                                dialogue + " (" + pace + ")", () -> runner.run(dialogue, pace))));
    }

    @Test
    void anotherReplyIsNoticed() {
        assertFails(SESSION.replace("#1", "#2"), "expected '#2 messages*', got '#1 messages");
        assertFails(SESSION.replace("S: =0", "S: =00"), "got '=0<CR><LF>'");
    }

    @Test
    void anotherMessageIsNoticed() {
        assertFails(
                SESSION.replace("| Subject: lunch\n", "| Subject: lunch\nmessage\n| Subject: house\n")
                        .replace("#1", "#2")
                        .replace("<message 1>", "<message 2>"),
                "the message: expected 'Subject: house");
    }

    @Test
    void anotherMailboxAfterwardsIsNoticed() {
        assertFails(SESSION.replace(": none", ": 1"), "afterwards in INBOX of smith");
        assertFails(SESSION.replace("afterwards INBOX: none\n", ""), "afterwards in INBOX of smith");
    }

    @Test
    void moreThanExpectedBeforeTheCloseIsNoticed() {
        assertFails(SESSION.replace("S: + *\n", ""), "closed, but said '+ bye");
        assertFails(SESSION.replace("C: QUIT\nS: + *\n", ""), "not closed");
    }

    @Test
    void aLineOutsideTheFormatIsNamed() {
        assertThatThrownBy(() -> Dialogue.parse("x", SESSION.replace("C: READ", "READ")))
                .hasMessageContaining("x.txt:8");
        assertThatThrownBy(() -> Dialogue.parse("x", SESSION.replace("C: READ", "C: READ <x0>")))
                .hasMessageContaining("x.txt:8");
    }

    private void assertFails(String text, String why) {
        Dialogue dialogue = Dialogue.parse("x", text);
        for (Pace pace : Pace.values()) {
            assertThatThrownBy(() -> runner.run(dialogue, pace))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining(why);
        }
    }
}
