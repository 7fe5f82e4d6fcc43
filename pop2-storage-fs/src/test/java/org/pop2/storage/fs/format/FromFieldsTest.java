package org.pop2.storage.fs.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FromFieldsTest {
    private static FromFields of(String line) {
        byte[] octets = (line + "\nFrom: x\n").getBytes(StandardCharsets.UTF_8);
        return FromFields.of(octets, 0, octets.length);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            From a@example.org Mon Feb  4 10:00:00 1985              | 1985-02-04T10:00:00Z
            From a@example.org Mon Feb  4 10:00 1985                 | 1985-02-04T10:00:00Z
            From a@example.org Mon Feb  4 10:00:60 1985              | 1985-02-04T10:00:59Z
            From a@example.org Mon Feb  4 10:00:00 1985 +0100        | 1985-02-04T09:00:00Z
            From a@example.org Mon Feb  4 10:00:00 EST 1985          | 1985-02-04T15:00:00Z
            From a@example.org Mon Feb  4 10:00:00 GMT 1985          | 1985-02-04T10:00:00Z
            From a@example.org Mon Feb  4 10:00:00 1985 (MEST)       | 1985-02-04T10:00:00Z
            From a@example.org Thu, 9 Nov 2002 10:20:30 +0200        | 2002-11-09T08:20:30Z
            From a@example.org Fri, Jul 01 10:20:30 2022             | 2022-07-01T10:20:30Z
            From - Sat Apr 12 2025 15:59:28                          | 2025-04-12T15:59:28Z
            From - Sat Apr 12 2025 15:59:28 GMT+0200 (CEST)          | 2025-04-12T13:59:28Z
            From a@example.org 2025-04-12T15:59:28Z                  | 2025-04-12T15:59:28Z
            From a@example.org 2025-04-12 15:59 -0700                | 2025-04-12T22:59:00Z
            From 2 May 1985 a b@c Mon Feb  4 10:00:00 1985           | 1985-02-04T10:00:00Z
            """)
    void dateIsReadInWhateverShape(String line, Instant date) {
        assertThat(of(line).date()).contains(date);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From ",
                "From a@example.org",
                "From a@example.org Mon Feb  4 1985",
                "From a@example.org Mon Feb 30 10:00:00 1985",
                "From a@example.org Mon Feb  4 25:00:00 1985",
                "From a@example.org lun fév  4 10:00:00 1985",
                "From a@example.org Mon Feb  4 10:00:00 0000",
                "From a@example.org 99999999999999999999"
            })
    void whatCannotBeReadIsNoDate(String line) {
        assertThat(of(line).date()).isEmpty();
    }

    @Test
    void whatWasWrittenIsReadBack() {
        for (Instant time : new Instant[] {
            Instant.parse("0001-01-01T00:00:00Z"),
            Instant.EPOCH,
            Instant.parse("1999-12-31T23:59:59Z"),
            Instant.parse("9999-12-31T23:59:59Z")
        }) {
            for (String sender : new String[] {"", "jkr@example.org", "jon", "grüße@example.org"}) {
                byte[] line = FromLine.of(sender, time);
                assertThat(FromLine.begins(line, 0, line.length - 1)).isTrue();
                FromFields fields = FromFields.of(line, 0, line.length);
                assertThat(fields.date()).contains(time);
                assertThat(fields.sender()).isEqualTo(sender);
            }
        }
    }
}
