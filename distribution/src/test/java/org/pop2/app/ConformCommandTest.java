package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.pop2.client.ScriptedServer;
import org.pop2.testing.Pop2TestServer;

/** {@code pop2d conform}: our own server passes, and one with a fault fails in the line about it. */
class ConformCommandTest {
    private static final String MAIL = "Subject: one\r\n\r\nHello\r\n";

    @RegisterExtension
    static final Pop2TestServer SERVER = Pop2TestServer.create()
            .user("smith", "secret word")
            .message("smith", MAIL)
            .message("smith", "Subject: two\r\n\r\n=5\r\n\u00e4\u0000\r\n")
            .message("smith", "Subject: three\r\n\r\n" + "long\r\n".repeat(2000))
            .message("smith", MAIL)
            .message("smith", MAIL)
            .message("smith", "work", MAIL);

    /** Of a server that is all right. */
    private String patience = "20s";

    private String out = "";
    private String err = "";

    private int run(int port, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "conform",
                "127.0.0.1",
                "--port",
                "" + port,
                "--user",
                "smith",
                "--password-stdin",
                "--timeout",
                patience));
        arguments.addAll(List.of(more));
        CommandRun run = CommandRun.of(
                new ByteArrayInputStream("secret word\n".getBytes(StandardCharsets.US_ASCII)),
                StandardCharsets.UTF_8,
                Map.of(),
                arguments.toArray(String[]::new));
        out = run.out();
        err = run.err();
        return run.exitCode();
    }

    private List<String> lines(String kind) {
        return out.lines().filter(line -> line.startsWith(kind + "\t")).toList();
    }

    @Test
    void ourOwnServerPasses() {
        assertThat(run(SERVER.port(), "--delete")).as(out).isZero();
        assertThat(lines("FAIL")).isEmpty();
        assertThat(lines("ok")).hasSizeGreaterThan(50);
        assertThat(lines("habit"))
                .containsExactlyInAnyOrder(
                        "habit\t12\ta line that ends with LF alone\tis taken",
                        "habit\t10\twhat was marked when the line drops\tis kept");
        assertThat(lines("not run")).isEmpty();
        assertThat(err).startsWith("pop2d: of 5 messages, the first 4 may be deleted\n");
        assertThat(SERVER.messages("smith")).hasSize(3);
    }

    @Test
    void nothingIsDeletedUnlessItIsSaid() {
        assertThat(run(SERVER.port(), "--folder", "work")).as(out).isZero();
        assertThat(lines("not run")).hasSize(5).anyMatch(line -> line.endsWith("deletes mail: say --delete"));
        assertThat(SERVER.messages("smith")).hasSize(5);
        assertThat(SERVER.messages("smith", "work")).hasSize(1);
    }

    @Test
    void jsonIsWritten() {
        assertThat(run(SERVER.port(), "--json")).isZero();
        assertThat(out)
                .startsWith("[ {")
                .contains("\"result\":\"ok\"")
                .contains("\"page\":22")
                .endsWith("}\n]\n");
    }

    private void assertFails(String... titles) {
        List<String> fails = lines("FAIL");
        for (String title : titles) {
            assertThat(fails).as(out).anyMatch(line -> line.split("\t", -1)[2].contains(title));
        }
        assertThat(fails).hasSizeLessThan(12);
    }

    @Test
    void aLengthThatIsTooLong() {
        patience = "300ms";
        SERVER.when("READ").miscount(1);
        assertThat(run(SERVER.port())).isEqualTo(1);
        assertThat(lines("FAIL")).anyMatch(line -> line.contains("23 octets of 24") || line.contains("octets of"));
    }

    @Test
    void aLengthThatIsTooShort() {
        patience = "300ms";
        SERVER.when("READ").miscount(-1);
        assertThat(run(SERVER.port())).isEqualTo(1);
        assertThat(lines("FAIL")).anyMatch(line -> line.contains("sends exactly the octets"));
    }

    @Test
    void anotherGreeting() {
        SERVER.whenConnected().reply("+ Welcome");
        assertThat(run(SERVER.port())).isEqualTo(1);
        assertFails("greets with + POP2");
        assertThat(lines("FAIL")).hasSize(1);
    }

    @Test
    void anAnswerThatIsNone() {
        SERVER.when("NACK").reply("+ ok");
        assertThat(run(SERVER.port())).isEqualTo(1);
        assertFails("NEXT, NACK: =", "NACK offers the same message again");
    }

    @Test
    void aFarewellThatDoesNotCome() {
        SERVER.when("QUIT").nth(6).drop();
        assertThat(run(SERVER.port())).isEqualTo(1);
        assertThat(lines("FAIL"))
                .hasSize(1)
                .allMatch(line -> line.contains("the end of the connection instead of the farewell"));
    }

    @Test
    void aServerThatIsSilent() {
        patience = "300ms";
        SERVER.when("ACKS").silence();
        assertThat(run(SERVER.port())).isEqualTo(1);
        assertFails("NEXT, ACKS: =", "ACKS keeps and goes on to the next");
        assertThat(out).contains("got nothing within 0.3 s");
    }

    @Test
    void aServerThatIsSlowButRight() {
        SERVER.when("FOLD").delay(Duration.ofMillis(50));
        assertThat(run(SERVER.port())).as(out).isZero();
    }

    @Test
    void aServerThatDoesNotLetUsIn() {
        SERVER.when("HELO").reply("- no such user");
        assertThat(run(SERVER.port())).isEqualTo(77);
        assertThat(err).isEqualTo("pop2d: 127.0.0.1 does not accept smith: - no such user\n");
    }

    /** Says what JNOS says: another server than ours. */
    @Test
    void aServerThatCountsCrlfAndSendsLf() throws Exception {
        patience = "300ms";
        String message = "From jkr Mon Nov 30 01:02:03 2026\nSubject: one\n\nHello\n";
        List<ScriptedServer.Script> jnos = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            jnos.add(peer -> {
                peer.say("+ POP2 jnos\n");
                for (String line = peer.next(); !line.isEmpty(); line = peer.next()) {
                    switch (line.split(" ", 2)[0]) {
                        case "HELO" -> peer.say("#1 messages in this folder\n");
                        case "READ" ->
                            peer.say(
                                    line.endsWith(" 1") || line.equals("READ")
                                            ? "=" + (message.length() + 4) + " characters in Message #1\n"
                                            : "=0 No more messages in this folder\n");
                        case "RETR" -> peer.say(message);
                        case "QUIT" -> {
                            peer.say("+ Bye, thanks for calling\n");
                            return;
                        }
                        default -> {
                            peer.say("- ERROR: State Error!!\n");
                            return;
                        }
                    }
                }
            });
        }
        try (ScriptedServer server = ScriptedServer.of(jnos.toArray(ScriptedServer.Script[]::new))) {
            assertThat(run(server.port())).isEqualTo(1);
        }
        assertThat(out).contains("it counts CRLF for each line and sends LF, as JNOS does");
        assertThat(err).contains("this looks like JNOS");
        assertThat(lines("habit")).anyMatch(line -> line.endsWith("ends its lines with LF alone"));
    }
}
