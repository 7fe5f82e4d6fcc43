package org.pop2.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.client.Pop2ClientException;
import org.pop2.protocol.Secret;
import org.pop2.server.Pop2Server;

/** What the README shows of client and server is code that compiles, and runs here. */
class ReadmeTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @ParameterizedTest
    @CsvSource({
        "../README.md, BlockingPop2Client client =, BlockingFetch",
        "../README.md, MailStore store = MemoryMailStore, SmallServer",
        "src/main/java/org/pop2/client/BlockingPop2Client.java, try (BlockingPop2Session, BlockingFetch"
    })
    void theExampleIsTheCode(Path page, String beginning, String source) throws IOException {
        String text = Files.readString(page);
        int start = text.indexOf(beginning);
        assertThat(start).isPositive();
        String block = text.substring(start).split("```|\\}</pre>", 2)[0];
        String code = Files.readString(Path.of("src/test/java/org/pop2/example", source + ".java"));

        assertThat(plain(code)).contains(plain(block));
    }

    private static String plain(String text) {
        return text.replaceAll("(?m)^ \\*", "").replaceAll("\\s+", "");
    }

    private static Secret secret(String text) {
        return Secret.of(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theClientFetchesFromTheServer(@TempDir Path directory) throws IOException {
        Pop2Server server = Objects.requireNonNull(SmallServer.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        (user, password) -> Arrays.equals(password.octets(), "right".getBytes(StandardCharsets.UTF_8)))
                .block(LIMIT));
        try {
            int port = server.address().getPort();
            assertThatThrownBy(() -> BlockingFetch.fetch("127.0.0.1", port, secret("wrong"), directory))
                    .isInstanceOf(Pop2ClientException.class);
            BlockingFetch.fetch("127.0.0.1", port, secret("right"), directory);
        } finally {
            server.stop().block(LIMIT);
        }

        assertThat(directory.resolve("1.eml")).hasContent("Subject: one\r\n\r\nHello\r\n");
    }
}
