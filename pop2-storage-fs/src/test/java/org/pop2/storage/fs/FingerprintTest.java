package org.pop2.storage.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FingerprintTest {
    private static Fingerprint.Value of(byte[] octets) {
        Fingerprint print = new Fingerprint();
        print.add(ByteBuffer.wrap(octets));
        return print.value();
    }

    @Test
    void isTheSameHoweverTheOctetsAreCut() {
        Random random = new Random(937);
        for (int round = 0; round < 300; round++) {
            byte[] octets = new byte[random.nextInt(200)];
            random.nextBytes(octets);
            Fingerprint cut = new Fingerprint();
            for (int at = 0; at < octets.length; ) {
                int length = 1 + random.nextInt(octets.length - at);
                ByteBuffer piece = ByteBuffer.allocateDirect(length + 3);
                piece.position(3);
                piece.put(octets, at, length).flip().position(3);
                cut.add(piece);
                assertThat(piece.remaining()).isEqualTo(length);
                at += length;
            }
            assertThat(cut.value()).isEqualTo(of(octets));
        }
    }

    @Test
    void isAnotherOneForEveryOtherOctetAndLength() {
        Set<Fingerprint.Value> values = new HashSet<>();
        byte[] octets = new byte[40];
        int count = 0;
        for (int length = 0; length <= octets.length; length++) {
            byte[] zeros = new byte[length];
            values.add(of(zeros));
            count++;
            for (int at = 0; at < length; at++) {
                for (int bit = 0; bit < 8; bit++) {
                    zeros[at] = (byte) (1 << bit);
                    values.add(of(zeros));
                    count++;
                    zeros[at] = 0;
                }
            }
        }
        assertThat(values).hasSize(count);
    }

    @Test
    void wordsThatChangePlacesMakeAnotherOne() {
        assertThat(of("12345677654321".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .isNotEqualTo(of("76543211234567".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
    }
}
