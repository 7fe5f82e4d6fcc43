package org.pop2.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pop2.client.Acknowledgement;
import org.pop2.client.ClientSettings;
import org.pop2.client.Pop2Client;
import org.pop2.protocol.Secret;
import org.pop2.server.TestServer;
import org.pop2.storage.memory.MemoryMailStore;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The example of the README: the same text, and it works. */
class ClientExampleTest {
    private static final Path README = Path.of("../README.md");
    private static final Path SELF = Path.of("src/test/java/org/pop2/app/ClientExampleTest.java");

    /** What the example calls its archive. */
    private static final class Archive {
        private final List<String> messages = new ArrayList<>();
        private ByteArrayOutputStream current = new ByteArrayOutputStream();

        void add(byte[] octets) {
            current.writeBytes(octets);
        }

        void commit() {
            messages.add(current.toString(ISO_8859_1));
            current = new ByteArrayOutputStream();
        }
    }

    private static Mono<Long> example(String host, int port, Secret password, Archive archive) {
        Pop2Client client = Pop2Client.of(ClientSettings.of(host, port));
        Mono<Long> fetched = client.fetch(
                "postel",
                password,
                Optional.empty(),
                message -> message.bytes()
                        .publishOn(Schedulers.boundedElastic())
                        .doOnNext(archive::add)
                        .then(Mono.fromRunnable(archive::commit))
                        .thenReturn(Acknowledgement.DELETE));
        return fetched;
    }

    @Test
    void theExampleIsWhatIsCompiledHere() throws IOException {
        String readme = Files.readString(README);
        int start = readme.indexOf("```java\n") + "```java\n".length();
        String block = readme.substring(start, readme.indexOf("```", start));

        assertThat(plain(Files.readString(SELF))).contains(plain(block));
        assertThat(block.lines().count()).isGreaterThan(4);
    }

    private static String plain(String text) {
        return text.replaceAll("\\s+", "");
    }

    @Test
    void theExampleFetchesAndDeletes() {
        MemoryMailStore store = MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", "one\r\n")
                .message("postel", "INBOX", "two\r\n");
        try (TestServer server = TestServer.over(store)) {
            Archive archive = new Archive();
            Secret password = Secret.of("secret".getBytes(ISO_8859_1));
            for (long expected : new long[] {2, 0}) {
                assertThat(example("127.0.0.1", server.address().getPort(), password, archive)
                                .block(TestServer.LIMIT))
                        .isEqualTo(expected);
            }
            assertThat(archive.messages).containsExactly("one\r\n", "two\r\n");
        }
    }
}
