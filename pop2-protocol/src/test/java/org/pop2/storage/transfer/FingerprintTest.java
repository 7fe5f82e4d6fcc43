package org.pop2.storage.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A message is the same, whatever mbox programs note in its header. */
class FingerprintTest {
    private static final String LETTER = "Subject: one\r\n\r\nStatus: of a body\r\nLines: 3\r\n";

    private static Fingerprint of(String message) {
        Fingerprint.Builder builder = new Fingerprint.Builder();
        builder.add(ByteBuffer.wrap(message.getBytes(StandardCharsets.ISO_8859_1)));
        return builder.build();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Status: RO\r\n",
                "X-Status: A\r\nX-Keywords: a\r\n b\r\n",
                "X-IMAPbase: 1 2\r\nX-UID: 1\r\n",
                "Content-Length: 28\r\n",
                "Content-Length: 28\r\nLines: 2\r\n",
                "content-length : 28\nLINES:2\n"
            })
    void notesAreNoPartOfIt(String notes) {
        assertThat(of(notes + LETTER)).isEqualTo(of(LETTER));
    }

    @Test
    void linesAreANoteBehindALengthOnly() {
        assertThat(of("Lines: 2\r\n" + LETTER)).isNotEqualTo(of(LETTER));
        assertThat(of("Content-Length: 28\r\nTo: a\r\nLines: 2\r\n" + LETTER))
                .isEqualTo(of("To: a\r\nLines: 2\r\n" + LETTER));
    }
}
