package org.pop2.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.protocol.Reply.Count;
import org.pop2.protocol.Reply.Failure;
import org.pop2.protocol.Reply.Length;
import org.pop2.protocol.Reply.Malformed;
import org.pop2.protocol.Reply.Success;

class ReplyCodecTest {
    private static final long SEED = 937;

    @Test
    void repliesBeginWithTheirCharacter() {
        assertThat(written(new Success("POP2 isif server ready"))).isEqualTo("+ POP2 isif server ready\r\n");
        assertThat(written(new Failure("login failed"))).isEqualTo("- login failed\r\n");
        assertThat(written(new Count(2, "messages for you"))).isEqualTo("#2 messages for you\r\n");
        assertThat(written(new Length(5_000_000_000L))).isEqualTo("=5000000000\r\n");
        assertThat(written(new Length(0, "no such message"))).isEqualTo("=0 no such message\r\n");
        assertThat(written(new Success(""))).isEqualTo("+\r\n");
    }

    @Test
    void aReplyIsNeverLongerThan512Octets() {
        for (int length : new int[] {500, 507, 508, 509, 511, 512, 5000}) {
            String line = written(new Failure("x".repeat(length)));
            assertThat(line).hasSizeLessThanOrEqualTo(512).endsWith("x\r\n");
        }
        assertThat(written(new Failure("x".repeat(5000)))).hasSize(512);
    }

    @Test
    void whatIsNoPrintableAsciiIsAQuestionMark() {
        assertThat(written(new Failure("a\r\n+ b\u0000\u007f\u00e9\u2028"))).isEqualTo("- a??+ b????\r\n");
    }

    @Test
    void aMalformedReplyIsNotSent() {
        assertThatIllegalArgumentException().isThrownBy(() -> ReplyCodec.encode(new Malformed("x")));
    }

    @Test
    void repliesAreReadWithAndWithoutText() {
        assertThat(read("+ POP2 isif\r\n")).isEqualTo(new Success("POP2 isif"));
        assertThat(read("+\n")).isEqualTo(new Success(""));
        assertThat(read("+OK dovecot\r\n")).isEqualTo(new Success("OK dovecot"));
        assertThat(read("- no\r\n")).isEqualTo(new Failure("no"));
        assertThat(read("-no\r\n")).isEqualTo(new Failure("no"));
        assertThat(read("#0\r\n")).isEqualTo(new Count(0, ""));
        assertThat(read("#12 messages\r\n")).isEqualTo(new Count(12, "messages"));
        assertThat(read("=537\r\n")).isEqualTo(new Length(537));
        assertThat(read("=537 characters in that message\r\n"))
                .isEqualTo(new Length(537, "characters in that message"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "\r\n",
                "x\r\n",
                "#\r\n",
                "# 2\r\n",
                "#-1\r\n",
                "#x\r\n",
                "=\r\n",
                "=-1\r\n",
                "= 5\r\n",
                "#99999999999\r\n",
                "=99999999999999999999\r\n",
                " + x\r\n"
            })
    void everythingElseIsMalformed(String line) {
        assertThat(read(line)).isInstanceOf(Malformed.class);
    }

    @Test
    void readingIsTotalAndWhatIsWrittenIsReadAgain() {
        Random random = new Random(SEED);
        for (int i = 0; i < 100_000; i++) {
            byte[] octets = new byte[random.nextInt(20)];
            random.nextBytes(octets);
            if (octets.length > 0 && random.nextBoolean()) {
                octets[0] = (byte) "+-#=".charAt(random.nextInt(4));
            }
            assertThat(ReplyCodec.decode(ByteBuffer.wrap(octets)))
                    .as("seed %s", SEED)
                    .isNotNull();
            Reply reply = new Length(random.nextLong(Long.MAX_VALUE));
            assertThat(ReplyCodec.decode(ByteBuffer.wrap(ReplyCodec.encode(reply))))
                    .isEqualTo(reply);
            Reply count = new Count(random.nextInt(Integer.MAX_VALUE), "messages for you");
            assertThat(ReplyCodec.decode(ByteBuffer.wrap(ReplyCodec.encode(count))))
                    .isEqualTo(count);
        }
    }

    private static String written(Reply reply) {
        return new String(ReplyCodec.encode(reply), StandardCharsets.ISO_8859_1);
    }

    private static Reply read(String line) {
        return ReplyCodec.decode(ByteBuffer.wrap(line.getBytes(StandardCharsets.ISO_8859_1)));
    }
}
