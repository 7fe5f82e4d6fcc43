package org.pop2.app.campaign;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real Dovecot lets the packaged program in with a token, and does not with another one. */
@Tag("collect")
@Timeout(120)
class TokenLoginIT {
    private static final String TOKEN = "vF9dft4qmT";

    @TempDir
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private HttpServer tokens;

    @BeforeEach
    void issue() throws IOException {
        tokens = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        tokens.createContext("/", exchange -> {
            boolean known = exchange.getRequestURI().getQuery().equals("token=" + TOKEN);
            byte[] answer = (known ? "{\"email\": \"jon\"}" : "{\"error\": \"invalid_token\"}").getBytes(US_ASCII);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(known ? 200 : 401, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        tokens.start();
    }

    @AfterEach
    void stop() {
        tokens.stop(0);
    }

    private String account(DovecotProvider provider, String name, String scheme, String token) {
        return "collect." + name + " { user = jon, from = \"" + provider.address(scheme) + "\", token-command = \"echo "
                + token + "\", tls-ca = \"" + provider.authority() + "\", which = all }";
    }

    @ParameterizedTest
    @CsvSource({"imaps, OAUTHBEARER", "pop3s, XOAUTH2"})
    void aTokenLogsIn(String scheme, String mechanism) throws Exception {
        try (DovecotProvider provider = new DovecotProvider(directory.resolve("dovecot"))) {
            provider.takeTokens("http://127.0.0.1:" + tokens.getAddress().getPort() + "/?token=");
            provider.arrive(List.of("Subject: one\n\none\n"), 1);
            Instance instance = new Instance(
                    directory, account(provider, "good", scheme, TOKEN), account(provider, "bad", scheme, "anything"));
            assertThat(instance.run("secret\n", "user", "add", "jon", "--password-stdin"))
                    .isZero();

            assertThat(instance.run("", "collect", "run", "good")).isZero();
            assertThat(provider.mechanism()).isEqualTo(mechanism);
            assertThat(Files.readString(instance.spool().resolve("jon"))).contains("Subject: one");
            assertThat(instance.run("", "collect", "run", "bad")).isEqualTo(77);
            instance.close();
        }
    }
}
