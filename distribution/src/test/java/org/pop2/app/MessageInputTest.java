package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.app.deliver.MessageInput;
import reactor.core.publisher.Flux;

class MessageInputTest {
    private static final String MAIL = "Subject: x\r\n\r\nFrom here on\nbare\r\u00e9\n";

    @Test
    void whatIsReadIsWhatIsDelivered() {
        assertThat(delivered(MessageInput.of(input(MAIL)))).isEqualTo(MAIL);
        assertThat(MessageInput.of(input(MAIL)).sender()).isEmpty();
        assertThat(delivered(MessageInput.of(input("")))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From postel@isi.edu  Mon Feb  4 10:00:00 1985\n",
                "From postel@isi.edu Mon Feb 4 10:00 1985\r\n",
                "From postel@isi.edu Thu 9 Nov 2002 10:00:00 +0100\n",
                "From postel@isi.edu Thu, 9 Nov 2002 10:00:00 +0100\n",
                "From postel@isi.edu Sat Apr 12 2025 15:59:28\r\n",
                "From postel@isi.edu Fri Jul 01 12:00:00 2022+0700\n"
            })
    void aFromLineBeforeTheHeaderIsTakenOffAndItsSenderUsed(String line) {
        MessageInput input = MessageInput.of(input(line + MAIL));

        assertThat(input.sender()).isEqualTo("postel@isi.edu");
        assertThat(delivered(input)).isEqualTo(MAIL);
    }

    @Test
    void theFromLineOfABounceHasNoSender() {
        assertThat(MessageInput.of(input("From MAILER-DAEMON  Mon Feb  4 10:00:00 1985\n" + MAIL))
                        .sender())
                .isEmpty();
    }

    /** No field has a name with a space: what stands above the header is no part of it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "From - Sat Apr 12 2025 15:59:28\n",
                "From - Sat, Apr 12\r\n",
                "From - 2025-04-12\n",
                "From here on, it goes down\n",
                "From Mon Feb  4 10:00:00 1985\n",
                "From \n"
            })
    void aFromLineOfAnyShapeBeforeTheHeaderIsTakenOff(String line) {
        MessageInput input = MessageInput.of(input(line + MAIL));

        assertThat(delivered(input)).isEqualTo(MAIL);
        assertThat(input.sender()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From here on, it goes down\n",
                "From here on, it goes down\nand down\n",
                "From here on, it goes down\n\nx: y\n",
                "From x"
            })
    void aLetterWithoutAHeaderKeepsItsFirstLine(String letter) {
        assertThat(delivered(MessageInput.of(input(letter)))).isEqualTo(letter);
    }

    @Test
    void aFirstLineThatIsTooLongIsMail() {
        String letter = "From a@b" + " ".repeat(5000) + "Mon Feb  4 10:00:00 1985\n" + MAIL;

        assertThat(delivered(MessageInput.of(input(letter)))).isEqualTo(letter);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From: postel@isi.edu\n",
                "From : postel@isi.edu\n",
                "From \t: a, b Mon Feb  4 10:00:00 1985\n",
                "from x\n",
                ">From x\n",
                "From ",
                "From"
            })
    void whatOnlyBeginsLikeAFromLineIsMail(String start) {
        assertThat(delivered(MessageInput.of(input(start + MAIL)))).isEqualTo(start + MAIL);
    }

    @Test
    void aFromLineOfAnyShapeNamesItsSender() {
        assertThat(MessageInput.of(input("From postel@isi.edu some day\n" + MAIL))
                        .sender())
                .isEqualTo("postel@isi.edu");
        assertThat(MessageInput.of(input("From jon Fri Jul 01 2022+0700\n" + MAIL))
                        .sender())
                .isEqualTo("jon");
    }

    @Test
    void nothingIsReadAheadOfDemand() {
        FailingInput endless = new FailingInput(Long.MAX_VALUE);

        Flux.from(MessageInput.of(endless).content()).take(10).blockLast();

        assertThat(endless.octetsRead()).isLessThan(12 * 64 * 1024L);
    }

    @Test
    void aFailingInputIsAnErrorAndNoEndOfMail() {
        assertThatThrownBy(() -> delivered(MessageInput.of(new FailingInput(100_000))))
                .isInstanceOf(MessageInput.InputFailedException.class)
                .hasMessageContaining("gone");
    }

    private static InputStream input(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String delivered(MessageInput input) {
        StringBuilder text = new StringBuilder();
        Flux.from(input.content())
                .doOnNext(buffer -> text.append(StandardCharsets.ISO_8859_1.decode(buffer)))
                .blockLast();
        return text.toString();
    }
}
