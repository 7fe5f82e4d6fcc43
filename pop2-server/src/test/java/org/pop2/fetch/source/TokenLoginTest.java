package org.pop2.fetch.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.protocol.Secret;

/** Logins with a token: what goes over the line, by RFC 7628 and by XOAUTH2. */
class TokenLoginTest {
    private static final String BEARER = "n,a=jo=2Cn@example.org,\1auth=Bearer vF9dft4qmT\1\1";
    private static final String XOAUTH2 = "user=jo,n@example.org\1auth=Bearer vF9dft4qmT\1\1";

    private final List<String> said = Collections.synchronizedList(new ArrayList<>());
    private ServerSocket listener;

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
    }

    private void serve(String capabilities, boolean accepts) {
        serve(socket -> imap(socket, capabilities, accepts));
    }

    private void serve(Talk talk) {
        talk.at(listener);
    }

    private void imap(Socket socket, String capabilities, boolean accepts) throws IOException {
        OutputStream out = socket.getOutputStream();
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
        out.write("* OK hello\r\n".getBytes(ISO_8859_1));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String tag = line.substring(0, line.indexOf(' '));
            String answer = tag + " OK done\r\n";
            if (line.contains("CAPABILITY")) {
                answer = "* CAPABILITY IMAP4rev1 " + capabilities + "\r\n" + answer;
            } else if (line.contains("SELECT")) {
                answer = "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 1] x\r\n" + answer;
            } else if (line.contains("AUTHENTICATE") || line.contains("LOGIN")) {
                String response = line.substring(tag.length() + 1);
                if (line.split(" ", -1).length == 3) {
                    out.write("+ \r\n".getBytes(ISO_8859_1));
                    response += " " + in.readLine();
                }
                said.add(response);
                if (!accepts) {
                    out.write("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n".getBytes(ISO_8859_1));
                    said.add(in.readLine());
                    answer = tag + " NO [AUTHENTICATIONFAILED] the token has expired\r\n";
                }
            }
            out.write(answer.getBytes(ISO_8859_1));
        }
    }

    private void pop3(Socket socket, String refusal) throws IOException {
        OutputStream out = socket.getOutputStream();
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
        out.write("+OK hello\r\n".getBytes(ISO_8859_1));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String answer = "+OK\r\n";
            if (line.equals("CAPA")) {
                answer = "+OK\r\nSASL PLAIN XOAUTH2\r\nUIDL\r\n.\r\n";
            } else if (line.startsWith("AUTH") || line.startsWith("USER")) {
                said.add(line);
                if (!refusal.isEmpty()) {
                    out.write("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n".getBytes(ISO_8859_1));
                    in.readLine();
                    answer = "-ERR " + refusal + "\r\n";
                }
            } else if (line.equals("STAT")) {
                answer = "+OK 0 0\r\n";
            } else if (line.startsWith("LIST") || line.startsWith("UIDL")) {
                answer = "+OK\r\n.\r\n";
            }
            out.write(answer.getBytes(ISO_8859_1));
        }
    }

    private Source open() throws IOException {
        return open("imap");
    }

    private Source open(String scheme) throws IOException {
        return Sources.open(new SourceSettings(
                SourceAddress.of(scheme + "://jo,n@example.org@127.0.0.1:" + listener.getLocalPort()),
                new SourceSettings.Login() {
                    @Override
                    public Secret secret() {
                        return Secret.of("vF9dft4qmT".getBytes(ISO_8859_1));
                    }

                    @Override
                    public boolean isToken() {
                        return true;
                    }
                },
                Optional.empty(),
                false,
                Duration.ofSeconds(5)));
    }

    @ParameterizedTest
    @CsvSource({
        "AUTH=OAUTHBEARER SASL-IR, OAUTHBEARER",
        "AUTH=OAUTHBEARER, OAUTHBEARER",
        "AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR, OAUTHBEARER",
        "AUTH=PLAIN AUTH=XOAUTH2 SASL-IR, XOAUTH2",
        "AUTH=XOAUTH2, XOAUTH2"
    })
    void theTokenGoesInTheFormThatTheProviderTakes(String capabilities, String mechanism) throws IOException {
        serve(capabilities, true);

        try (Source source = open()) {
            assertThat(source.keys(Source.Wanted.ALL)).isEmpty();
        }
        assertThat(said).singleElement().asString().startsWith("AUTHENTICATE " + mechanism + " ");
        String response = said.get(0).replaceFirst(".* ", "");
        assertThat(new String(Base64.getDecoder().decode(response), ISO_8859_1))
                .isEqualTo(mechanism.equals("XOAUTH2") ? XOAUTH2 : BEARER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OAUTHBEARER", "XOAUTH2"})
    void aRefusalIsAnsweredAndNothingElseIsTried(String mechanism) {
        serve("AUTH=" + mechanism + " SASL-IR", false);

        assertThatThrownBy(this::open)
                .asInstanceOf(type(SourceException.class))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(SourceException.Reason.LOGIN_REFUSED))
                .satisfies(e -> assertThat(e).hasMessageContaining("the token has expired"));
        assertThat(said).hasSize(2);
        if (mechanism.equals("OAUTHBEARER")) {
            assertThat(said.get(1)).isEqualTo("AQ==");
        }
    }

    @Test
    void byPop3ItGoesAsXoauth2() throws IOException {
        serve(socket -> pop3(socket, ""));

        try (Source source = open("pop3")) {
            assertThat(source.keys(Source.Wanted.ALL)).isEmpty();
        }
        assertThat(said).singleElement().asString().startsWith("AUTH XOAUTH2 ");
        assertThat(new String(Base64.getDecoder().decode(said.get(0).replaceFirst(".* ", "")), ISO_8859_1))
                .isEqualTo(XOAUTH2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[AUTH] Authentication failed.", "no"})
    void aRefusalByPop3IsOneOfTheLogin(String words) {
        serve(socket -> pop3(socket, words));

        assertThatThrownBy(() -> open("pop3"))
                .asInstanceOf(type(SourceException.class))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(SourceException.Reason.LOGIN_REFUSED));
        assertThat(said).hasSize(1);
    }
}
