package org.pop2.fetch.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Providers that announce what they do not send, and send what they did not announce. */
class HostileProviderTest {
    private ServerSocket listener;

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        listener.close();
    }

    /** Answers each line; what is empty ends the connection. */
    private void serve(String greeting, Function<String, String> answers) {
        Talk talk = socket -> {
            OutputStream out = socket.getOutputStream();
            out.write(greeting.getBytes(ISO_8859_1));
            out.flush();
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String answer = answers.apply(line);
                if (answer.isEmpty()) {
                    break;
                }
                out.write(answer.getBytes(ISO_8859_1));
                out.flush();
            }
        };
        talk.at(listener);
    }

    private void imap(Function<String, String> fetches) {
        serve("* OK hello\r\n", line -> {
            String tag = line.substring(0, line.indexOf(' '));
            String rest = line.substring(tag.length() + 1);
            String ok = tag + " OK done\r\n";
            if (rest.startsWith("CAPABILITY")) {
                return "* CAPABILITY IMAP4rev1\r\n" + ok;
            }
            if (rest.startsWith("SELECT")) {
                return "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 6] x\r\n" + ok;
            }
            if (rest.startsWith("UID SEARCH")) {
                return "* SEARCH 5\r\n" + ok;
            }
            if (rest.startsWith("UID FETCH") && rest.contains("SIZE")) {
                return "* 1 FETCH (UID 5 RFC822.SIZE 999999 INTERNALDATE \"30-Nov-2026 00:00:00 +0000\")\r\n" + ok;
            }
            if (rest.startsWith("UID FETCH")) {
                String answer = fetches.apply(rest);
                return answer.isEmpty() ? "" : answer + (answer.endsWith("\n") ? ok : "");
            }
            return ok;
        });
    }

    private Source open(String scheme) throws IOException {
        return Sources.open(new SourceSettings(
                SourceAddress.of(scheme + "://jon@127.0.0.1:" + listener.getLocalPort()),
                SourcesTest.login("secret"),
                Optional.empty(),
                false,
                Duration.ofSeconds(2)));
    }

    private String read() throws IOException {
        try (Source source = open("imap")) {
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            source.read(source.info(List.of("5")).get(0), 10_000_000, part -> {
                byte[] some = new byte[part.remaining()];
                part.get(some);
                octets.writeBytes(some);
            });
            return octets.toString(ISO_8859_1);
        }
    }

    private static String part(String command, String message) {
        String[] numbers = command.replaceAll(".*<(\\d+)\\.(\\d+)>.*", "$1 $2").split(" ", -1);
        int from = Math.min(message.length(), Integer.parseInt(numbers[0]));
        int to = Math.min(message.length(), from + Integer.parseInt(numbers[1]));
        return "* 1 FETCH (UID 5 BODY[]<" + numbers[0] + "> {" + (to - from) + "}\r\n" + message.substring(from, to)
                + ")\r\n";
    }

    @Test
    void aWrongSizeBareLinesNulsAndWhatLooksLikeALiteralDoNoHarm() throws IOException {
        String message = "Subject: x\n\n\0 {99999999}\r\n" + "y".repeat(ImapSource.PART) + "no line end";
        imap(command -> part(command, message));

        assertThat(read()).isEqualTo(message);
    }

    @Test
    void aLiteralOfTwoGibibytesIsNotBelieved() {
        imap(command -> "* 1 FETCH (UID 5 BODY[]<0> {2000000000}\r\nx");

        assertThatThrownBy(this::read).hasMessageContaining("announces 2000000000 octets");
    }

    @Test
    void moreThanWasAskedForIsNotTaken() {
        imap(command -> "* 1 FETCH (UID 5 BODY[]<0> {270000}\r\n" + "x".repeat(270_000) + ")\r\n");

        assertThatThrownBy(this::read).hasMessageContaining("other octets than were asked for");
    }

    @Test
    void linesWithoutEndAreNotTaken() {
        imap(command -> "* OK " + "x".repeat(3_000_000));

        assertThatThrownBy(this::read).hasMessageContaining("more than was asked for");
    }

    @Test
    void anUntaggedFarewellEndsIt() {
        imap(command -> "* BYE tired\r\n");

        assertThatThrownBy(this::read).isInstanceOf(SourceException.class);
    }

    @Test
    void aPartThatDoesNotComeIsNoEndOfTheMessage() {
        imap(command ->
                command.contains("<0.") ? part(command, "x".repeat(500_000)) : "* 1 FETCH (UID 5 BODY[] NIL)\r\n");

        assertThatThrownBy(this::read).hasMessageContaining("cannot be read there");
    }

    @Test
    void silenceHasALimit() {
        imap(command -> "* 1 FETCH (UID 5 BODY[]<0> {100}\r\nxx");

        assertThatThrownBy(this::read).hasMessageContaining("no answer within 2 s");
    }

    private void pop3(String message) {
        serve("+OK hello\r\n", line -> switch (line.split(" ", -1)[0]) {
            case "STAT" -> "+OK 1 100\r\n";
            case "LIST" -> "+OK\r\n1 100\r\n.\r\n";
            case "UIDL" -> "+OK\r\n1 abc\r\n.\r\n";
            case "CAPA" -> "+OK\r\nUIDL\r\nUSER\r\n.\r\n";
            case "RETR", "TOP" -> message;
            default -> "+OK\r\n";
        });
    }

    private String readPop3(long most) throws IOException {
        try (Source source = open("pop3")) {
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            source.read(source.info(List.of("abc")).get(0), most, part -> {
                byte[] some = new byte[part.remaining()];
                part.get(some);
                octets.writeBytes(some);
            });
            return octets.toString(ISO_8859_1);
        }
    }

    /** By POP3 a message has a last line end, or its end could not be told. */
    @Test
    void aWrongSizeBareLinesAndNulsOfPop3DoNoHarm() throws IOException {
        String message = "Subject: x\n\n\0 {99999999}\r\n" + "y".repeat(100_000) + "\r\nx\n";
        pop3("+OK 7 octets\r\n" + message + "\r\n.\r\n");

        assertThat(readPop3(10_000_000)).isEqualTo(message + "\r\n");
    }

    @Test
    void withoutAListOfSizesAMessageOfPop3IsReadAllTheSame() throws IOException {
        serve("+OK hello\r\n", line -> switch (line.split(" ", -1)[0]) {
            case "STAT" -> "+OK 1 100\r\n";
            case "LIST" -> "-ERR not today\r\n";
            case "UIDL" -> "+OK\r\n1 abc\r\n.\r\n";
            case "CAPA" -> "+OK\r\nUIDL\r\nUSER\r\n.\r\n";
            case "RETR" -> "+OK\r\nSubject: x\r\n\r\nbody\r\n.\r\n";
            default -> "+OK\r\n";
        });

        assertThat(readPop3(10_000)).isEqualTo("Subject: x\r\n\r\nbody\r\n");
    }

    /** It was stored as an empty one, and the real one was deleted there. */
    @ParameterizedTest
    @ValueSource(longs = {10_000, 10})
    void aRefusalOfPop3IsNoMessage(long most) {
        pop3("-ERR busy\r\n");

        assertThatThrownBy(() -> readPop3(most))
                .isInstanceOfSatisfying(
                        SourceException.class, e -> assertThat(e.reason()).isEqualTo(SourceException.Reason.REFUSED))
                .hasMessageContaining("refuses it");
    }

    @Test
    void aMessageOfPop3ThatDoesNotEndHasALimit() {
        pop3("+OK\r\nSubject: x\r\n\r\n" + "y\r\n".repeat(100_000));

        assertThatThrownBy(() -> readPop3(100_000)).hasMessageContaining("more than was asked for");
    }

    @Test
    void aMessageOfPop3ThatIsCutOffIsNone() {
        pop3("+OK\r\nSubject: x\r\n\r\nyyy");

        assertThatThrownBy(() -> readPop3(100_000)).hasMessageContaining("no answer within 2 s");
    }

    /** Angus Mail finds out by a command of its own, and then says that the folder is not open. */
    @Test
    void aConnectionOfPop3ThatIsLostBetweenCommandsIsSaidSo() {
        serve("+OK hello\r\n", line -> switch (line.split(" ", -1)[0]) {
            case "STAT" -> "+OK 1 100\r\n";
            case "CAPA" -> "+OK\r\nUIDL\r\nUSER\r\n.\r\n";
            case "UIDL" -> "+OK\r\n1 abc\r\n.\r\n";
            case "NOOP" -> "";
            default -> "+OK\r\n";
        });

        assertThatThrownBy(() -> open("pop3"))
                .isInstanceOfSatisfying(
                        SourceException.class, e -> assertThat(e.reason()).isEqualTo(SourceException.Reason.CONNECTION))
                .hasMessageContaining("the connection was lost");
    }

    /** Who hammers is locked out; who only came at the wrong moment may come again soon. */
    @ParameterizedTest
    @CsvSource({
        "-ERR [IN-USE] the mailbox is locked, REFUSED",
        "-ERR [SYS/TEMP] not now, REFUSED",
        "-ERR [AUTH] who are you, LOGIN_REFUSED",
        "-ERR no, LOGIN_REFUSED"
    })
    void aMaildropInUseIsNoWrongPassword(String answer, SourceException.Reason reason) {
        serve("+OK hello\r\n", line -> switch (line.split(" ", -1)[0]) {
            case "CAPA" -> "-ERR what\r\n";
            case "PASS" -> answer + "\r\n";
            default -> "+OK\r\n";
        });

        assertThatThrownBy(() -> open("pop3"))
                .isInstanceOfSatisfying(
                        SourceException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }

    /** Angus Mail takes another connection then, in which no folder is open. */
    @Test
    void aConnectionThatIsLostWhileItWaitsIsOfNoUse() throws Exception {
        AtomicInteger logins = new AtomicInteger();
        serve("* OK hello\r\n", line -> {
            String tag = line.substring(0, line.indexOf(' '));
            String rest = line.substring(tag.length() + 1);
            String ok = tag + " OK done\r\n";
            if (rest.startsWith("LOGIN") || rest.startsWith("AUTHENTICATE")) {
                logins.incrementAndGet();
            }
            if (rest.startsWith("CAPABILITY")) {
                return "* CAPABILITY IMAP4rev1 IDLE\r\n" + ok;
            }
            if (rest.startsWith("SELECT")) {
                return "* 1 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 6] x\r\n" + ok;
            }
            return rest.startsWith("IDLE") ? "" : ok;
        });

        try (Source source = open("imap")) {
            assertThat(source.canAwait()).isTrue();
            assertThatThrownBy(() ->
                            source.await(Duration.ofSeconds(20), Runnable::run).get(10, TimeUnit.SECONDS))
                    // at once, or when something can be read
                    .satisfiesAnyOf(
                            e -> assertThat(e).isInstanceOf(SourceException.class),
                            e -> assertThat(e).hasCauseInstanceOf(SourceException.class));
            assertThatThrownBy(() -> source.keys(Source.Wanted.ALL))
                    .isInstanceOfSatisfying(
                            SourceException.class,
                            e -> assertThat(e.reason()).isEqualTo(SourceException.Reason.CONNECTION));
        }
        assertThat(logins).hasValue(1);
    }

    @Test
    void aHeaderOfPop3ThatDoesNotEndIsNotKept() {
        serve("+OK hello\r\n", line -> switch (line.split(" ", -1)[0]) {
            case "STAT" -> "+OK 1 100\r\n";
            case "LIST" -> "+OK\r\n1 100\r\n.\r\n";
            case "UIDL" -> "+OK\r\n1 abc\r\n.\r\n";
            case "CAPA" -> "+OK\r\nUIDL\r\nUSER\r\n.\r\n";
            case "RETR" -> "+OK\r\n" + ("X: " + "y".repeat(500) + "\r\n").repeat(20_000);
            default -> "+OK\r\n";
        });

        assertThatThrownBy(() -> {
                    try (Source source = open("pop3")) {
                        source.read(source.info(List.of("abc")).get(0), 100_000_000, part -> {});
                    }
                })
                .hasMessageContaining("header of a message does not end");
    }
}
