package org.pop2.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

class MessageTest {
    private static final Flux<ByteBuffer> NOTHING = Flux.empty();

    @Test
    void senderAndDeliveryIdAreOptional() {
        assertThat(Message.of(NOTHING)).isEqualTo(new Message(NOTHING, "", Optional.empty()));
        assertThat(Message.of(NOTHING, "a@example.org"))
                .isEqualTo(new Message(NOTHING, "a@example.org", Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nRCPT TO:<b>", "a\nFrom b", "\0", "a\u007f", "a\u0085"})
    void senderHasNoControlCharacter(String sender) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Message.of(NOTHING, sender))
                .withMessage("not an envelope sender");
    }

    @Test
    void senderIsBounded() {
        assertThat(Message.of(NOTHING, "x".repeat(256)).sender()).hasSize(256);
        assertThatIllegalArgumentException().isThrownBy(() -> Message.of(NOTHING, "x".repeat(257)));
    }
}
