package org.pop2.storage.fs.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeadingFromLineTest {
    private static Optional<LeadingFromLine> of(String start) {
        byte[] octets = start.getBytes(StandardCharsets.ISO_8859_1);
        return LeadingFromLine.of(octets, octets.length);
    }

    private static Optional<String> separator(String line) {
        LeadingFromLine leading = of(line + "\r\nSubject: x\r\n\r\n").orElseThrow();
        assertThat(leading.octets()).isEqualTo(line.length() + 2);
        return leading.separator().map(octets -> new String(octets, StandardCharsets.ISO_8859_1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"From jon Mon Feb  4 10:00:00 1985", "From J\u00f6n  <j@x> Mon, 4 Feb 1985 10:00 remote from isi"
            })
    void aLineThatReadersOfAnMboxKnowBeginsTheMessageThereAsItIs(String line) {
        assertThat(separator(line)).contains(line + "\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From jon Sat Apr 12 2025 15:59:28",
                "From jon\rMon Feb  4 10:00:00 1985",
                "From \u0000 Mon Feb  4 10:00:00 1985",
                "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001"
            })
    void aLineThatTheyWouldNotTakeForOneDoesNot(String line) {
        assertThat(separator(line)).isEmpty();
    }

    @Test
    void aDatedLineNeedsNoHeaderBelow() {
        assertThat(of("From jon Mon Feb  4 10:00:00 1985\nbody\n")).isPresent();
        assertThat(of("From jon Mon Feb  4 10:00:00 1985\n")).isPresent();
        assertThat(of("From jon Mon Feb  4 10:00:00 1985")).isEmpty();
    }

    @Test
    void theWeekdayIsNoSender() {
        assertThat(of("From Mon Feb  4 10:00:00 1985\n").orElseThrow().sender()).isEmpty();
        assertThat(of("From jon Mon Feb  4 10:00:00 1985\n").orElseThrow().sender())
                .isEqualTo("jon");
        assertThat(of("From postel Lun Feb  4 10:00:00 1985\n").orElseThrow().sender())
                .isEqualTo("postel");
    }
}
