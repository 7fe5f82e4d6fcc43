package org.pop2.protocol.example;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.protocol.Command;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;

/** The examples of the package's Javadoc: the same text, and they work with each other. */
@Timeout(60)
class ExamplesTest {
    private static final Path SOURCES = Path.of("src/test/java/org/pop2/protocol/example");
    private static final Path PAGE = Path.of("src/main/java/org/pop2/protocol/package-info.java");

    @ParameterizedTest
    @ValueSource(strings = {"SmallestServer", "SmallestClient"})
    void theExampleIsWhatIsCompiledHere(String name) throws IOException {
        String source = Files.readString(SOURCES.resolve(name + ".java"));
        String example = source.substring(source.indexOf("// example") + "// example".length());
        String page = Files.readString(PAGE);
        int start = page.indexOf("record " + name);
        assertThat(start).isPositive();
        String shown = page.substring(start, page.indexOf("}</pre>", start));
        assertThat(plain(example.substring(example.indexOf("record")))).isEqualTo(plain(shown));
        assertThat(shown.lines().count()).isLessThanOrEqualTo(48);
    }

    /** Without what Javadoc needs in front of each line. */
    private static String plain(String text) {
        return text.replaceAll("(?m)^ \\* ?", "").replaceAll("\\s+", "");
    }

    private static Command.Helo helo(String user) {
        return new Command.Helo(new Credentials(user, Secret.of("secret".getBytes(ISO_8859_1))), null);
    }

    private static List<String> fetch(List<byte[]> mail, String user) throws Exception {
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket client = new Socket(listening.getInetAddress(), listening.getLocalPort());
                Socket accepted = listening.accept()) {
            CompletableFuture<Void> serving = CompletableFuture.runAsync(() -> {
                try (accepted) {
                    SmallestServer.serve(accepted, helo("postel").credentials(), mail);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            List<String> fetched = SmallestClient.fetch(client, helo(user)).stream()
                    .map(it -> new String(it, ISO_8859_1))
                    .toList();
            serving.get(30, TimeUnit.SECONDS);
            return fetched;
        }
    }

    @Test
    void theyExchangeAllMailOnce() throws Exception {
        String large = "x\r\n".repeat(10_000);
        List<byte[]> mail = new ArrayList<>(List.of(
                "Subject: one\r\n\r\n=5\r\n".getBytes(ISO_8859_1),
                "\r\n".getBytes(ISO_8859_1),
                large.getBytes(ISO_8859_1)));
        assertThat(fetch(mail, "postel")).containsExactly("Subject: one\r\n\r\n=5\r\n", "\r\n", large);
        assertThat(mail).isEmpty();
        assertThat(fetch(mail, "postel")).isEmpty();
    }

    @Test
    void aWrongLoginIsRefused() {
        List<byte[]> mail = new ArrayList<>(List.of("one\r\n".getBytes(ISO_8859_1)));
        assertThatThrownBy(() -> fetch(mail, "smith"))
                .isInstanceOf(IOException.class)
                .hasMessage("REFUSED: login failed");
        assertThat(mail).hasSize(1);
    }
}
