package org.pop2.storage.fs.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FromLineTest {
    private static boolean begins(String line) {
        byte[] octets = line.getBytes(StandardCharsets.UTF_8);
        return FromLine.begins(octets, 0, octets.length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From postel@usc-isif.arpa Fri Feb  1 12:00:00 1985",
                "From MAILER-DAEMON Thu Jan 01 00:00:00 1970",
                "From - Mon Jan 02 15:04:05 2006",
                "From 1234567890@xxx Mon Jan 01 00:00:00 +0000 2023",
                "From foo at example.com  Mon Jan  1 00:00:00 2001",
                "From \"John Doe\"@example.com Mon Jan  1 00:00:00 2001",
                "From John Doe <jd@example.com> Mon Jan  1 00:00:00 2001",
                "From jd@example.com Mon Jan  1 00:00 2001",
                "From jd@example.com Mon Jan  1 00:00:00 EST 2001",
                "From jd@example.com Mon Jan  1 00:00:00 MET DST 2001",
                "From jd@example.com Mon Jan  1 00:00:00 2001 +0100",
                "From jd@example.com Mon Jan  1 00:00:00 2001 PST",
                "From uucp Mon Jan  1 00:00 1990 remote from decvax",
                "From jd Thu, 9 Nov 2002 10:20:30 +0200",
                "From jd Mon  1 Jan 09:05:59 2001",
                "From  Mon Jan  1 9:05:59 2001"
            })
    void whatMailProgramsWriteBeginsAMessage(String line) {
        assertThat(begins(line)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From my point of view",
                "From here on 12 people left at 10:30",
                "From ",
                "From remote from here",
                "From  remote from here",
                "From: jd@example.com",
                ">From jd@example.com Mon Jan  1 00:00:00 2001",
                "from jd@example.com Mon Jan  1 00:00:00 2001",
                "From jd@example.com Mon Jan 32 00:00:00 2001",
                "From jd@example.com Mon Jan  1 00:61:00 2001",
                "From jd@example.com Mon Jan  1 00:00:00 01",
                "From jd@example.com Mon Jan  1 00:00:00 2001 and so on",
                "From Monday, Jan 1, we will start at 10:00"
            })
    void whatPeopleWriteDoesNot(String line) {
        assertThat(begins(line)).isFalse();
    }

    @Test
    void ownLineIsOneAndKeepsNoSpaceInTheSender() {
        String line = new String(FromLine.of("a b@c", Instant.EPOCH), StandardCharsets.UTF_8);
        assertThat(line).isEqualTo("From a_b@c Thu Jan  1 00:00:00 1970\n");
        assertThat(begins(line.strip())).isTrue();
        assertThat(new String(FromLine.of("", Instant.EPOCH), StandardCharsets.UTF_8))
                .startsWith("From MAILER-DAEMON ");
    }

    /** Where the line begins a message for certain, and where it may be text. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "From jon@isi.edu Mon Feb  4 10:00:00 1985|jon@isi.edu|jon@isi.edu",
                "From jon@isi.edu|jon@isi.edu|jon@isi.edu",
                "From jon Mon Feb  4 10:00:00 1985|jon|jon",
                "From postel Lun Feb  4 10:00:00 1985|postel|''",
                "From postel 2025-04-12T15:59:28Z|postel|''",
                "From Mon Feb  4 10:00:00 1985|''|''",
                "From Thu, 9 Nov 2002 10:20:30 +0200|''|''",
                "From here on|''|''",
                "From postel|''|''",
                "From - Mon Feb  4 10:00:00 1985|''|''",
                "From MAILER-DAEMON Mon Feb  4 10:00:00 1985|''|''",
            })
    void theSenderIsWhatNamesSomebody(String line, String certain, String perhaps) {
        assertThat(FromLine.sender(line, true)).isEqualTo(certain);
        assertThat(FromLine.sender(line, false)).isEqualTo(perhaps);
    }
}
