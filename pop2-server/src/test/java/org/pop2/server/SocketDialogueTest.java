package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.pop2.protocol.dialogue.Dialogue;
import org.pop2.protocol.dialogue.DialogueRunner;
import org.pop2.protocol.dialogue.DialogueRunner.Pace;

/** The dialogues of the protocol module, the RFC's examples among them, over a socket. */
class SocketDialogueTest {

    @TestFactory
    Stream<DynamicTest> everyDialogueOverASocketAtEveryPace() {
        List<Dialogue> dialogues = Dialogue.all();
        assertThat(dialogues).as("in the test-jar").hasSizeGreaterThan(40);
        DialogueRunner runner = new DialogueRunner(SocketPeer::new);
        return dialogues.stream()
                .flatMap(dialogue -> Stream.of(Pace.values())
                        .map(pace -> DynamicTest.dynamicTest(
                                dialogue + " (" + pace + ")", () -> runner.run(dialogue, pace))));
    }
}
