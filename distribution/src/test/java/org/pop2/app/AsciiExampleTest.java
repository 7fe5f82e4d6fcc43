package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.pop2.profile.ascii.Conversion;
import org.pop2.profile.ascii.Converted;
import org.pop2.storage.ContentBuffer;
import reactor.core.publisher.Flux;

/** The manual's example of a message made 7-bit text: what comes out is what the page says. */
class AsciiExampleTest {
    private static final Path PAGE = Path.of("src/dist/doc/old-clients.md");

    @Test
    void theMessageOfThePageBecomesWhatThePageShows() throws IOException {
        List<String> blocks = new ArrayList<>();
        String page = Files.readString(PAGE);
        String[] parts =
                page.substring(page.indexOf("## Readable on a 7-bit screen")).split("```\n", -1);
        for (int i = 1; i < parts.length; i += 2) {
            blocks.add(parts[i]);
        }
        assertThat(blocks).hasSize(3);
        byte[] message = blocks.get(1).replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII);

        Converted converted = Objects.requireNonNull(
                Conversion.of(Flux.just(ContentBuffer.unpooled(ByteBuffer.wrap(message))), 0, true, false)
                        .block(Duration.ofSeconds(30)));

        assertThat(new String(converted.octets(), StandardCharsets.US_ASCII).replace("\r\n", "\n"))
                .isEqualTo(blocks.get(2));
        assertThat(converted.complete()).isFalse();
    }
}
