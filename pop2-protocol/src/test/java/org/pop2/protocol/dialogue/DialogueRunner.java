package org.pop2.protocol.dialogue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Runs dialogues against a {@link Peer}. */
public final class DialogueRunner {

    /** How the client's octets are sent. */
    public enum Pace {
        /** A line at a time, when its turn comes. */
        LINE_BY_LINE,
        /** An octet at a time. */
        OCTET_BY_OCTET,
        /** As many lines ahead as can be, in one piece. */
        PIPELINED
    }

    private final Function<DialogueSetup, Peer> peers;

    /** A runner whose peers are made by this function, a fresh one for each run, connected. */
    public DialogueRunner(Function<DialogueSetup, Peer> peers) {
        this.peers = peers;
    }

    /**
     * Runs a dialogue.
     *
     * @throws AssertionError naming the line of the file where the server did otherwise
     */
    public void run(Dialogue dialogue, Pace pace) {
        try (Peer peer = peers.apply(dialogue.setup())) {
            new Run(dialogue, pace, peer).run();
        }
    }

    private static final class Run {
        private final Dialogue dialogue;
        private final Pace pace;
        private final Peer peer;
        private final List<String> said = new ArrayList<>();
        private long announced = -1;

        Run(Dialogue dialogue, Pace pace, Peer peer) {
            this.dialogue = dialogue;
            this.pace = pace;
            this.peer = peer;
        }

        void run() {
            List<Step> steps = dialogue.steps();
            int sent = 0;
            for (int i = 0; i < steps.size(); i++) {
                Step step = steps.get(i);
                if (pace == Pace.PIPELINED && i >= sent) {
                    sent = sendAhead(steps, i);
                }
                try {
                    perform(step);
                } catch (RuntimeException | AssertionError e) {
                    throw failure(step, String.valueOf(e.getMessage()), e);
                }
            }
            peer.drop();
            try {
                checkFolders(steps);
            } catch (RuntimeException | AssertionError e) {
                throw failure(steps.get(steps.size() - 1), String.valueOf(e.getMessage()), e);
            }
        }

        private void perform(Step step) {
            if (step instanceof Step.Say say) {
                said.add("C: " + Octets.show(say.octets().array()));
                say(say.octets().array());
            } else if (step instanceof Step.Drop) {
                peer.drop();
            } else if (step instanceof Step.Silence) {
                peer.silence();
            } else if (step instanceof Step.Hear hear) {
                hear(hear);
            } else if (step instanceof Step.HearMessage message) {
                byte[] octets = peer.receive(message.octets().array().length);
                said.add("S: " + Octets.show(octets));
                expect("the message", Octets.show(message.octets().array()), Octets.show(octets));
                expect("announced", String.valueOf(octets.length), String.valueOf(announced));
            } else if (step instanceof Step.HearClose) {
                peer.expectClosed();
            } else if (step instanceof Step.Delivery delivery) {
                peer.deliver(
                        delivery.user(), delivery.folder(), delivery.message().array());
            }
        }

        private void say(byte[] octets) {
            switch (pace) {
                case LINE_BY_LINE -> peer.send(octets);
                case OCTET_BY_OCTET -> {
                    for (byte octet : octets) {
                        peer.send(new byte[] {octet});
                    }
                }
                case PIPELINED -> {
                    // it has been sent with the first of its batch
                }
            }
        }

        /** Sends what the client says up to where it must have heard what came before; says where that is. */
        private int sendAhead(List<Step> steps, int from) {
            ByteArrayOutputStream batch = new ByteArrayOutputStream();
            int i = from;
            while (i < steps.size() && !isBarrier(steps.get(i))) {
                if (steps.get(i) instanceof Step.Say say) {
                    batch.writeBytes(say.octets().array());
                }
                i++;
            }
            if (batch.size() > 0) {
                peer.send(batch.toByteArray());
            }
            return i + 1;
        }

        private static boolean isBarrier(Step step) {
            return step instanceof Step.Drop || step instanceof Step.Silence || step instanceof Step.Delivery;
        }

        private void hear(Step.Hear hear) {
            byte[] line = peer.receiveLine();
            said.add("S: " + Octets.show(line));
            String text = new String(line, StandardCharsets.ISO_8859_1);
            if (!hear.pattern().matcher(text).matches()) {
                throw new AssertionError("expected '" + hear.expected() + "', got '" + Octets.show(line) + "'");
            }
            if (text.startsWith("=")) {
                announced = Long.parseLong(text.substring(1).split("[^0-9]", 2)[0]);
            }
        }

        /** Every folder holds what the dialogue says, or what it held at the beginning and what arrived. */
        private void checkFolders(List<Step> steps) {
            Map<String, List<byte[]>> expected = new HashMap<>();
            for (DialogueSetup.User user : dialogue.setup().users()) {
                for (DialogueSetup.Folder folder : user.folders()) {
                    List<byte[]> messages = new ArrayList<>();
                    folder.messages().forEach(message -> messages.add(DialogueSetup.wireForm(message)));
                    for (Step step : steps) {
                        if (step instanceof Step.Delivery delivery
                                && delivery.user().equals(user.name())
                                && delivery.folder().equals(folder.name())) {
                            messages.add(
                                    DialogueSetup.wireForm(delivery.message().array()));
                        }
                    }
                    expected.put(user.name() + " " + folder.name(), messages);
                }
            }
            for (Step step : steps) {
                if (step instanceof Step.Afterwards after) {
                    expected.put(after.user() + " " + after.folder(), after.messages());
                }
            }
            expected.forEach((key, messages) -> {
                String[] parts = key.split(" ", 2);
                List<String> wanted = messages.stream().map(Octets::show).toList();
                List<String> found = peer.messages(parts[0], parts[1]).stream()
                        .map(Octets::show)
                        .toList();
                expect("afterwards in " + parts[1] + " of " + parts[0], wanted.toString(), found.toString());
            });
        }

        private static void expect(String what, String expected, String found) {
            if (!expected.equals(found)) {
                throw new AssertionError(what + ": expected '" + expected + "', got '" + found + "'");
            }
        }

        private AssertionError failure(Step step, String what, Throwable cause) {
            return new AssertionError(
                    dialogue.name() + ".txt:" + step.line() + " " + pace + ": " + what + "\n" + String.join("\n", said),
                    cause);
        }
    }
}
