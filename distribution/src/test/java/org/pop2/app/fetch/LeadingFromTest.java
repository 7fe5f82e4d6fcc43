package org.pop2.app.fetch;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.pop2.fetch.LeadingLine;
import org.pop2.storage.fs.format.LeadingFromLine;

class LeadingFromTest {
    @Test
    void theFromLineIsFoundInTheBeginningThatFetchingLooksAt() {
        assertThat(LeadingLine.MOST).isGreaterThanOrEqualTo(LeadingFromLine.MOST);
        String line = "From postel@isi.edu Mon Feb  4 10:00:00 1985\r\n";

        LeadingLine found = new LeadingFrom()
                .find((line + "Subject: x\r\n\r\n").getBytes(US_ASCII))
                .orElseThrow();

        assertThat(found.octets()).isEqualTo(line.length());
        assertThat(found.sender()).isEqualTo("postel@isi.edu");
        assertThat(new String(found.fromLine().orElseThrow(), US_ASCII)).isEqualTo(line.replace("\r\n", "\n"));
        assertThat(new LeadingFrom().find("Subject: x\r\n\r\n".getBytes(US_ASCII)))
                .isEmpty();
    }
}
