package org.pop2.protocol;

import static org.assertj.core.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The client's side, told anything at all by its server. Runs with {@code -Pfuzz} only. The first octets are what the
 * application chooses, the rest is what the server sends.
 */
@Tag("fuzz")
class RepliesFuzzTest {
    private static final int CHOICES = 4;

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "+ POP2 host\r\n#2 messages\r\n=5\r\nHello=3\r\nabc=0\r\n+ bye\r\n",
                        "+ POP2 host\r\n#0\r\n+ bye\r\n",
                        "+ POP2 host\r\n#1\r\n=2147483648\r\n",
                        "- too many\r\n",
                        "+ POP3 ready\r\n",
                        "=x\r\n#\r\n\r\n")
                .flatMap(text -> Stream.of("\0\0\0\0", "\1\2\3\4", "\2\2\2\2").map(choices -> choices + text))
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @DictionaryEntries({"+ POP2 ", "\\x0D\\x0A", "#2", "=3\\x0D\\x0Aabc", "=0", "- no", "+ bye"})
    @MethodSource("seeds")
    @FuzzTest
    void aClientComesToAnEndWhateverItsServerSays(byte[] input) {
        if (input.length > CHOICES) {
            new Run(input).run();
        }
    }

    private static final class Run {
        private final byte[] choices;
        private final ByteBuffer said;
        private final LineFramer framer = new LineFramer();
        private final ClientSession client = new ClientSession(Sessions.HELO);
        private final Deque<ClientEffect> effects = new ArrayDeque<>();
        private int chosen;
        private long wanted;

        Run(byte[] input) {
            choices = Arrays.copyOf(input, CHOICES);
            said = ByteBuffer.wrap(input, CHOICES, input.length - CHOICES);
        }

        void run() {
            while (!client.closed()) {
                if (!effects.isEmpty()) {
                    perform(effects.remove());
                } else if (wanted > 0) {
                    data();
                } else {
                    line();
                }
            }
            if (!client.on(ClientEvent.CLOSED).isEmpty() || !client.choices().isEmpty()) {
                fail("goes on after its end");
            }
        }

        private void tell(ClientEvent event) {
            effects.addAll(client.on(event));
        }

        private void data() {
            if (said.remaining() < wanted) {
                tell(ClientEvent.CLOSED);
                return;
            }
            said.position(said.position() + (int) wanted);
            wanted = 0;
            tell(ClientEvent.DATA);
        }

        private void line() {
            switch (framer.next(said)) {
                case LINE -> tell(new ClientEvent.Received(ReplyCodec.decode(framer.line())));
                case NEED_MORE -> tell(ClientEvent.CLOSED);
                case TOO_LONG, TLS_HANDSHAKE ->
                    tell(new ClientEvent.Received(new Reply.Malformed("a line without an end")));
            }
        }

        private void perform(ClientEffect effect) {
            if (effect instanceof ClientEffect.Send send) {
                byte[] line = CommandCodec.encode(send.command());
                if (line.length > LineFramer.MAX_LINE) {
                    fail("a command of " + line.length + " octets");
                }
            } else if (effect instanceof ClientEffect.Receive receive) {
                if (receive.octets() < 1) {
                    fail("receives nothing");
                }
                wanted = receive.octets();
            } else if (effect instanceof ClientEffect.Choose) {
                Input[] possible = client.choices().stream().sorted().toArray(Input[]::new);
                Input input = possible[(choices[chosen++ % CHOICES] & 0xff) % possible.length];
                tell(new ClientEvent.Chosen(Sessions.command(input)));
            }
        }
    }
}
