package org.pop2.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.client.ScriptedServer;
import org.pop2.lmtp.LmtpServer;
import org.pop2.lmtp.LmtpSettings;
import org.pop2.server.Certificates;
import org.pop2.server.ListenerSettings;
import org.pop2.server.TestServer;
import org.pop2.storage.memory.MemoryMailStore;

/** {@code pop2d fetch} in this process, from the real server and from scripted ones. */
class FetchCommandTest {
    private static final String ONE = "Return-Path: <jkr@example.org>\r\nSubject: one\r\n\r\nFrom me\r\n";
    private static final String TWO = "Subject: two\r\n\r\n.\r\n\u00e4 lone \n and \r here\r\n";
    private static final String THREE = "Subject: three\r\n\r\nx\r\n";

    @TempDir
    private Path directory;

    private String out = "";
    private String err = "";

    private static MemoryMailStore store(String... messages) {
        MemoryMailStore store = MemoryMailStore.create().account("postel", "{PLAIN}secret");
        for (String message : messages) {
            store.message("postel", "INBOX", message);
        }
        return store;
    }

    @Test
    void aMaildirGetsEachMessageOnceAsItIs() throws IOException {
        MemoryMailStore store = store(ONE, TWO);
        try (TestServer server = TestServer.over(store)) {
            assertThat(fetch(server, "--to", maildir())).as(err).isZero();
            assertThat(maildirContent()).containsExactly(lf(ONE), lf(TWO));
            assertThat(out).startsWith("fetched 2 messages from 127.0.0.1");

            store.message("postel", "INBOX", THREE).message("postel", "INBOX", ONE);
            assertThat(fetch(server, "--keep", "--to", maildir())).isZero();
            assertThat(out).startsWith("fetched 2 messages, 2 messages had been fetched before");
            assertThat(maildirContent())
                    .as("the same message twice is two messages")
                    .containsExactlyInAnyOrder(lf(ONE), lf(TWO), lf(THREE), lf(ONE));

            assertThat(fetch(server, "--delete", "--to", maildir())).isZero();
            assertThat(out).startsWith("fetched 0 messages, 4 messages had been fetched before");
            assertThat(fetch(server, "--delete", "--to", maildir())).isZero();
            assertThat(out).startsWith("fetched 0 messages from");
            assertThat(maildirContent()).hasSize(4);
        }
    }

    @Test
    void aLimitedRunFetchesSoManyAndTheNextGoesOn() throws IOException {
        try (TestServer server = TestServer.over(store(ONE, TWO, THREE, ONE, THREE))) {
            assertThat(fetch(server, "--limit", "2", "--to", maildir())).as(err).isZero();
            assertThat(maildirContent()).containsExactlyInAnyOrder(lf(ONE), lf(TWO));
            assertThat(fetch(server, "--limit", "2", "--to", maildir())).isZero();
            assertThat(out).startsWith("fetched 2 messages, 2 messages had been fetched before");
            assertThat(fetch(server, "--limit", "2", "--to", maildir())).isZero();
            assertThat(out).startsWith("fetched 1 message, 4 messages had been fetched before");
            assertThat(maildirContent()).containsExactlyInAnyOrder(lf(ONE), lf(TWO), lf(THREE), lf(ONE), lf(THREE));
            assertThat(fetch(server, "--limit", "0", "--to", maildir())).isEqualTo(64);
        }
    }

    /** A copy of a message that an earlier run deleted is not that message. */
    @Test
    void aLimitedRunThatDeletesLosesNoCopy() throws IOException {
        try (TestServer server = TestServer.over(store(ONE, TWO, ONE, ONE))) {
            for (int run = 1; run <= 4; run++) {
                assertThat(fetch(server, "--limit", "1", "--delete", "--to", maildir()))
                        .as(err)
                        .isZero();
                assertThat(out).startsWith("fetched 1 message from");
                assertThat(maildirContent()).hasSize(run);
            }
            assertThat(fetch(server, "--limit", "1", "--delete", "--to", maildir()))
                    .isZero();
            assertThat(out).startsWith("fetched 0 messages from");
            assertThat(maildirContent()).containsExactlyInAnyOrder(lf(ONE), lf(TWO), lf(ONE), lf(ONE));
        }
    }

    @Test
    void anMboxIsQuotedAndAddedTo() throws IOException {
        Path file = Files.writeString(directory.resolve("Mail"), "From a@b Mon Feb  4 10:00:00 1985\n\nold\n\n");
        try (TestServer server = TestServer.over(store(ONE, THREE))) {
            assertThat(fetch(server, "--delete", "--to", "mbox:" + file))
                    .as(err)
                    .isZero();
            assertThat(fetch(server, "--delete", "--to", "mbox:" + file)).isZero();
        }
        String mbox = Files.readString(file, ISO_8859_1);
        assertThat(mbox)
                .startsWith("From a@b Mon Feb  4 10:00:00 1985\n\nold\n\nFrom jkr@example.org ")
                .contains("Subject: one\n\n>From me\n\nFrom ")
                .endsWith("Subject: three\n\nx\n\n");
        assertThat(mbox.split("\nFrom ", -1)).hasSize(3);
    }

    /** As KA9Q NOS and JNOS send it. */
    private static final String NOS = "From postel@isi.edu Mon Feb  4 10:00:00 1985\r\n";

    private static final String UNDATED = "From jkr@isi.edu Sat, Feb 4\r\n";

    @Test
    void theFromLineThatAServerSendsBeginsTheMessageInAnMbox() throws IOException {
        Path file = directory.resolve("mail");
        try (TestServer server = TestServer.over(store(NOS + ONE, UNDATED + THREE))) {
            for (int run = 0; run < 2; run++) {
                assertThat(fetch(server, "--to", "mbox:" + file)).as(err).isZero();
            }
            assertThat(fetch(server, "--to", "-")).isZero();
        }
        for (String mbox : List.of(Files.readString(file, ISO_8859_1), out)) {
            assertThat(mbox)
                    .startsWith(lf(NOS) + lf(ONE).replace("\nFrom me", "\n>From me") + "\nFrom ")
                    .doesNotContain(">From jkr", "Sat, Feb")
                    .endsWith("\n" + lf(THREE) + "\n");
        }
        assertThat(Files.readString(file, ISO_8859_1)).contains("\nFrom jkr@isi.edu ");
    }

    @Test
    void theFromLineThatAServerSendsIsTakenOffBeforeAMaildir() throws IOException {
        try (TestServer server = TestServer.over(store(NOS + ONE, UNDATED + THREE, NOS, "From me\r\nto you\r\n"))) {
            assertThat(fetch(server, "--delete", "--to", maildir())).as(err).isZero();
        }
        assertThat(maildirContent()).containsExactly(lf(ONE), lf(THREE), "", "From me\nto you\n");
    }

    @Test
    void theFromLineThatAServerSendsNamesTheSenderToAMailSystem() throws Exception {
        ScriptedServer.Script named = peer -> lmtp(peer, "postel@isi.edu", "250 2.0.0 done\r\n");
        ScriptedServer.Script nobody = peer -> lmtp(peer, "", "250 2.0.0 done\r\n");
        try (ScriptedServer mta = ScriptedServer.of(named, nobody, nobody);
                TestServer server = TestServer.over(store(
                        NOS + THREE,
                        "From isi!postel Mon Feb  4 10:00:00 1985\r\n" + THREE,
                        "From MAILER-DAEMON Mon Feb  4 10:00:00 1985\r\n" + THREE))) {
            assertThat(fetch(server, "--delete", "--to", "lmtp:127.0.0.1:" + mta.port()))
                    .as(err)
                    .isZero();
            assertThat(mta.failures()).isEmpty();
            assertThat(mta.heard()).contains("Subject: three").noneMatch(line -> line.startsWith("From "));
        }
    }

    /** pop2d itself puts the time of the session there. */
    @Test
    void aFromLineThatChangesMakesNoNewMessage() throws Exception {
        String later = NOS.replace("1985", "1986");
        try (ScriptedServer server = ScriptedServer.of(peer -> twoOfOne(peer, NOS), peer -> twoOfOne(peer, later))) {
            assertThat(fetch(server.port(), "--to", maildir())).as(err).isZero();
            assertThat(fetch(server.port(), "--to", maildir())).as(err).isZero();
            assertThat(server.failures()).isEmpty();
        }
        assertThat(out).contains("fetched 0 messages, 2 messages had been fetched before");
        assertThat(maildirContent()).as("equal messages are counted").containsExactly(lf(ONE), lf(ONE));
    }

    private static void twoOfOne(ScriptedServer.Peer peer, String fromLine) throws IOException {
        peer.logIn(2).hear("READ 1");
        for (int number = 1; number <= 2; number++) {
            String message = fromLine + ONE;
            peer.say("=" + message.length() + "\r\n").hear("RETR").say(message).hear("ACKS");
        }
        peer.say("=0\r\n").hear("QUIT").say("+ bye\r\n");
    }

    @Test
    void anMboxThatIsLockedIsTriedLater() throws IOException {
        Path file = Files.createFile(directory.resolve("mail"));
        Files.writeString(directory.resolve("mail.lock"), "");
        try (TestServer server = TestServer.over(store(ONE))) {
            assertThat(fetch(server, "--delete", "--to", "mbox:" + file)).isEqualTo(75);
            assertThat(file).isEmptyFile();
            Files.delete(directory.resolve("mail.lock"));
            assertThat(fetch(server, "--delete", "--to", "mbox:" + file))
                    .as(err)
                    .isZero();
        }
        assertThat(Files.readString(file, ISO_8859_1)).containsOnlyOnce("Subject: one");
    }

    @Test
    void standardOutputIsAnMboxAndDeletesNothing() {
        try (TestServer server = TestServer.over(store(ONE, THREE))) {
            assertThat(fetch(server, "--delete", "--to", "-")).isEqualTo(64);
            for (int run = 0; run < 2; run++) {
                assertThat(fetch(server, "--to", "-")).isZero();
                assertThat(out)
                        .startsWith("From jkr@example.org ")
                        .contains("\n>From me\n")
                        .endsWith("x\n\n");
                assertThat(err).contains("fetched 2 messages");
            }
        }
    }

    @Test
    void aMailSystemGetsItByLmtp() throws Exception {
        MemoryMailStore local = MemoryMailStore.create().account("jon", "{PLAIN}x");
        LmtpServer lmtp = Objects.requireNonNull(LmtpServer.start(
                        LmtpSettings.defaults(directory)
                                .withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
                        local)
                .block(TestServer.LIMIT));
        int port = ((InetSocketAddress) lmtp.address()).getPort();
        try (TestServer server = TestServer.over(store(ONE, ".\r\n..\r\nx\r\n"));
                TestServer result = TestServer.over(local)) {
            assertThat(fetch(server, "--to", "lmtp:127.0.0.1:" + port + "/nobody@x"))
                    .isEqualTo(67);
            String target = "lmtp:127.0.0.1:" + port + "/jon";
            assertThat(fetch(server, "--delete", "--to", target)).as(err).isZero();
            assertThat(fetch(server, "--delete", "--to", target)).isZero();
            assertThat(run(
                            "x\n",
                            "--host",
                            "127.0.0.1",
                            "--port",
                            "" + result.address().getPort(),
                            "--user",
                            "jon",
                            "--password-stdin",
                            "--to",
                            maildir()))
                    .as(err)
                    .isZero();
        } finally {
            lmtp.stop().block(TestServer.LIMIT);
        }
        assertThat(maildirContent()).hasSize(2);
        assertThat(maildirContent().get(0)).endsWith("Subject: one\n\nFrom me\n");
        assertThat(maildirContent().get(1)).endsWith(".\n..\nx\n");
    }

    /** One that was sent and not noted is repeated with the same id, so that pop2d knows it again. */
    @Test
    void equalMessagesAreToldApartToAMailSystemThatAsksForIt() throws Exception {
        ScriptedServer.Script lost = peer -> sent(peer);
        ScriptedServer.Script taken =
                peer -> sent(peer).say("250 2.0.0 done\r\n").hear("QUIT");
        List<String> mails;
        try (ScriptedServer mta = ScriptedServer.of(taken, lost, taken, taken);
                TestServer server = TestServer.over(store(THREE, THREE, THREE))) {
            String target = "lmtp:127.0.0.1:" + mta.port();
            assertThat(fetch(server, "--to", target)).isEqualTo(74);
            assertThat(fetch(server, "--to", target)).as(err).isZero();
            assertThat(mta.failures()).isEmpty();
            mails = mta.heard().stream()
                    .filter(line -> line.startsWith("MAIL "))
                    .toList();
        }
        assertThat(mails).hasSize(4).allMatch(mail -> mail.matches("MAIL FROM:<> XDELIVERYID=[0-9a-f]{32}"));
        assertThat(mails.get(2)).isEqualTo(mails.get(1));
        assertThat(mails.stream().distinct()).hasSize(3);
    }

    private static ScriptedServer.Peer sent(ScriptedServer.Peer peer) throws IOException {
        peer.say("220 mx\r\n").until("LHLO localhost").say("250-mx\r\n250 XDELIVERYID\r\n250 ok\r\n");
        return peer.until("RCPT TO:<postel>")
                .say("250 ok\r\n")
                .hear("DATA")
                .say("354 go\r\n")
                .until(".");
    }

    @Test
    void whatAMailSystemRefusesStaysOnTheServer() throws Exception {
        ScriptedServer.Script refusing = peer -> lmtp(peer, "554 5.7.1 no such thing here\r\n");
        ScriptedServer.Script taking = peer -> lmtp(peer, "250 2.0.0 done\r\n");
        try (ScriptedServer mta = ScriptedServer.of(refusing, taking);
                TestServer server = TestServer.over(store(THREE, THREE + "y\r\n"))) {
            assertThat(fetch(server, "--delete", "--to", "lmtp:127.0.0.1:" + mta.port()))
                    .isEqualTo(65);
            assertThat(err).contains("message 1 stays on the server").contains("554 5.7.1");
            assertThat(mta.failures()).isEmpty();
            assertThat(mta.heard()).contains("RCPT TO:<postel>", "y");
            assertThat(fetch(server, "--to", maildir())).isZero();
            assertThat(maildirContent()).containsExactly(lf(THREE));
        }
    }

    private static void lmtp(ScriptedServer.Peer peer, String verdict) throws IOException {
        lmtp(peer, "", verdict);
    }

    private static void lmtp(ScriptedServer.Peer peer, String sender, String verdict) throws IOException {
        peer.say("220 mx\r\n").hear("LHLO localhost").say("250-mx\r\n250 8BITMIME\r\n");
        peer.hear("MAIL FROM:<" + sender + "> BODY=8BITMIME")
                .say("250 ok\r\n")
                .hear("RCPT TO:<postel>")
                .say("250 ok\r\n");
        peer.hear("DATA").say("354 go\r\n").until(".");
        peer.say(verdict);
        if (verdict.startsWith("250")) {
            peer.hear("QUIT");
        }
    }

    @Test
    void aMailSystemThatCannotNowIsTriedLater() throws Exception {
        try (ScriptedServer mta = ScriptedServer.of(
                        peer -> peer.say("421 shutting down\r\n"),
                        peer -> {},
                        peer -> peer.say("220 mx\r\n")
                                .hear("LHLO localhost")
                                .say("250 mx\r\n")
                                .hear("MAIL FROM:<>")
                                .say("451 later\r\n"));
                TestServer server = TestServer.over(store(THREE))) {
            String target = "lmtp:127.0.0.1:" + mta.port();
            assertThat(fetch(server, "--delete", "--to", target)).isEqualTo(75);
            assertThat(fetch(server, "--delete", "--to", target)).isEqualTo(74);
            assertThat(fetch(server, "--delete", "--to", target)).isEqualTo(75);
            assertThat(mta.failures()).isEmpty();
            assertThat(fetch(server, "--to", "-")).isZero();
            assertThat(out).contains("Subject: three");
        }
    }

    @Test
    void aSilentMailSystemIsGivenUp() throws Exception {
        try (ScriptedServer mta = ScriptedServer.of(ScriptedServer.Peer::untilClosed);
                TestServer server = TestServer.over(store(THREE))) {
            assertThat(fetch(server, "--timeout", "300ms", "--to", "lmtp:127.0.0.1:" + mta.port()))
                    .isEqualTo(74);
            assertThat(err).contains("no answer");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "maildir"})
    void aLineThatDropsInAMessageIsTakenUpAgainAndNothingIsDoubled(String kind) throws Exception {
        String target = kind + ":" + directory.resolve("target");
        try (ScriptedServer server = ScriptedServer.of(
                peer -> {
                    first(peer.logIn(3), ONE);
                    peer.say("=" + TWO.length() + "\r\n").hear("RETR").say(TWO.substring(0, 20));
                },
                peer -> {
                    // nothing is deleted without QUIT
                    first(peer.logIn(3), ONE);
                    more(peer, TWO);
                    more(peer, THREE);
                    // nor for certain without its reply
                    peer.say("=0\r\n").hear("QUIT");
                },
                peer -> {
                    first(peer.logIn(3), ONE);
                    more(peer, TWO);
                    more(peer, THREE);
                    peer.say("=0\r\n").hear("QUIT").say("+ bye\r\n");
                })) {
            assertThat(fetch(server.port(), "--delete", "--to", target)).isEqualTo(75);
            assertThat(err).contains("stopped, fetched 1 message");
            assertThat(fetch(server.port(), "--delete", "--to", target)).isEqualTo(75);
            assertThat(fetch(server.port(), "--delete", "--to", target)).as(err).isZero();
            assertThat(out).contains("fetched 0 messages, 3 messages had been fetched before");
            assertThat(server.failures()).isEmpty();
        }
        if (kind.equals("maildir")) {
            assertThat(content(directory.resolve("target"))).containsExactlyInAnyOrder(lf(ONE), lf(TWO), lf(THREE));
        } else {
            assertThat(Files.readString(directory.resolve("target"), ISO_8859_1))
                    .containsOnlyOnce("Subject: one")
                    .containsOnlyOnce("Subject: two")
                    .containsOnlyOnce("Subject: three");
        }
    }

    private static void first(ScriptedServer.Peer peer, String message) throws IOException {
        peer.hear("READ 1");
        more(peer, message);
    }

    private static void more(ScriptedServer.Peer peer, String message) throws IOException {
        peer.say("=" + message.length() + "\r\n").hear("RETR").say(message).hear("ACKD");
    }

    @Test
    void aFetchThatWasKilledGoesOn() throws Exception {
        CountDownLatch inTheMiddleOfTheSecond = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.of(
                peer -> {
                    first(peer.logIn(2), ONE);
                    peer.say("=" + TWO.length() + "\r\n").hear("RETR").say(TWO.substring(0, 20));
                    inTheMiddleOfTheSecond.countDown();
                    peer.untilClosed();
                },
                peer -> {
                    first(peer.logIn(2), ONE);
                    more(peer, TWO);
                    peer.say("=0\r\n").hear("QUIT").say("+ bye\r\n");
                })) {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    "org.pop2.app.Main",
                    "fetch"));
            command.addAll(List.of(arguments(server.port(), "--delete", "--to", maildir())));
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().put("HOME", directory.toString());
            builder.environment().remove("XDG_STATE_HOME");
            builder.redirectOutput(directory.resolve("said").toFile());
            Process process = builder.start();
            process.getOutputStream().write("secret\n".getBytes(ISO_8859_1));
            process.getOutputStream().close();
            try {
                await().atMost(TestServer.LIMIT.multipliedBy(2))
                        .until(() -> inTheMiddleOfTheSecond.getCount() == 0 || !process.isAlive());
                assertThat(process.isAlive())
                        .as(Files.readString(directory.resolve("said")))
                        .isTrue();
            } finally {
                process.destroyForcibly();
                assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            }

            assertThat(fetch(server.port(), "--delete", "--to", maildir()))
                    .as(err)
                    .isZero();
            assertThat(server.failures()).isEmpty();
        }
        assertThat(out).startsWith("fetched 1 message, 1 message had been fetched before");
        assertThat(maildirContent()).containsExactlyInAnyOrder(lf(ONE), lf(TWO));
    }

    @Test
    void aServerThatCountsMoreThanItsLineFeedsIsReadIfAskedFor() throws Exception {
        String message = "From jkr Mon Nov 30 01:02:03 2026\nSubject: one\n\nHello\n";
        String counted = "=" + (message.length() + 4) + " characters in Message #1\n";
        ScriptedServer.Script silent = peer -> {
            peer.logIn(1).hear("READ 1").say(counted).hear("RETR").say(message).untilClosed();
        };
        ScriptedServer.Script whole = peer -> {
            peer.logIn(1).hear("READ 1").say(counted).hear("RETR").say(message);
            peer.until("ACKD").say("=0\n").hear("QUIT").say("+ Bye\n");
        };
        String target = "mbox:" + directory.resolve("target");
        try (ScriptedServer server = ScriptedServer.of(silent, whole)) {
            assertThat(fetch(server.port(), "--to", target, "--timeout", "300ms"))
                    .isEqualTo(76);
            assertThat(err).contains("as JNOS does").contains("fetch it with --count-lf");
            assertThat(directory.resolve("target"))
                    .satisfiesAnyOf(
                            file -> assertThat(file).doesNotExist(),
                            file -> assertThat(file).isEmptyFile());

            assertThat(fetch(server.port(), "--to", target, "--count-lf", "--delete"))
                    .isEqualTo(64);
            assertThat(err).contains("--delete --delete");
            assertThat(fetch(server.port(), "--to", target, "--count-lf", "--delete", "--delete"))
                    .as(err)
                    .isZero();
            assertThat(server.failures()).isEmpty();
        }
        assertThat(Files.readString(directory.resolve("target"), ISO_8859_1))
                .startsWith("From jkr Mon Nov 30 01:02:03 2026\nSubject: one\n\nHello\n");
    }

    /** Its twin, with another From_ line, is another message and must not be taken for it. */
    @ParameterizedTest
    @ValueSource(strings = {"mbox", "maildir"})
    void aMessageOfWhichNobodyKnowsIsLookedForWithoutItsFromLine(String kind) throws IOException {
        String target = kind + ":" + directory.resolve("target");
        try (TestServer server = TestServer.over(store(NOS + ONE, UNDATED + ONE))) {
            assertThat(fetch(server, "--to", target, "--limit", "1")).as(err).isZero();
            Path state = state();
            String one = Files.readString(state);
            String begun =
                    one.substring(one.indexOf("\n= ")).replace("= ", "> ").strip() + "\n";
            // killed after the delivery, before it was noted
            Files.writeString(state, one.replace("\n= ", "\n> "));
            assertThat(fetch(server, "--to", target, "--limit", "1")).as(err).isZero();
            assertThat(out).startsWith("fetched 1 message, 1 message had been fetched before");
            // killed before the delivery of the second
            Files.writeString(state, one + begun);
            Files.move(directory.resolve("target"), directory.resolve("aside"));
            Files.move(state, directory.resolve("state"));
            assertThat(fetch(server, "--to", target, "--limit", "1")).as(err).isZero();
            Files.move(directory.resolve("state"), state, StandardCopyOption.REPLACE_EXISTING);
            assertThat(fetch(server, "--to", target)).as(err).isZero();
            assertThat(out).startsWith("fetched 1 message, 1 message had been fetched before");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "maildir"})
    void aMessageOfWhichNobodyKnowsIsLookedForInTheTarget(String kind) throws IOException {
        String target = kind + ":" + directory.resolve("target");
        try (TestServer server = TestServer.over(store(ONE))) {
            assertThat(fetch(server, "--to", target)).as(err).isZero();
            Path state = state();
            // killed after the delivery, before it was noted
            Files.writeString(state, Files.readString(state).replace("\n= ", "\n> "));
            assertThat(fetch(server, "--to", target)).as(err).isZero();
            assertThat(out).startsWith("fetched 0 messages, 1 message had been fetched before");

            // killed before the delivery; and in the middle of a line
            Files.writeString(state, Files.readString(state).replace("\n= ", "\n> ") + "= 12 abc");
            assertThat(fetch(server, "--to", kind + ":" + directory.resolve("other"), "--state", state.toString()))
                    .as("a state of another target")
                    .isEqualTo(65);
            Files.move(directory.resolve("target"), directory.resolve("aside"));
            assertThat(fetch(server, "--to", target)).as(err).isZero();
            assertThat(out).startsWith("fetched 1 message from");
        }
        assertThat(directory.resolve("target")).exists();
    }

    @Test
    void twoFetchesAtATimeDoNotShareAState() throws IOException {
        try (TestServer server = TestServer.over(store(ONE))) {
            assertThat(fetch(server, "--to", maildir())).isZero();
            Path lock = state().resolveSibling(state().getFileName() + ".lock");
            try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
                    FileLock held = channel.lock()) {
                assertThat(held.isValid()).isTrue();
                assertThat(fetch(server, "--to", maildir())).isEqualTo(75);
                assertThat(err).contains("another fetch");
            }
        }
    }

    @Test
    void theHabitsOfUwIpop2dAreKnown() throws Exception {
        String unread = "Subject: a\r\nStatus:   \r\n\r\nx\r\n\r\n";
        String read = "Subject: a\r\nStatus: RO\r\n\r\nx\r\n\r\n";
        ScriptedServer.Script script = peer -> {
            String message = peer.isFirst() ? unread : read;
            // INBOX has more than the folder; the second of four is expunged, the last cannot be read
            peer.logIn(9).hear("FOLD work").say("#4\r\n").hear("READ 1");
            peer.say("=" + message.length() + "\r\n").hear("RETR").say(message).hear("ACKS");
            peer.say("=0\r\n").hear("READ 3").say("=" + THREE.length() + "\r\n").hear("RETR");
            peer.say(THREE).hear("ACKS").say("=0\r\n").hear("QUIT");
            peer.say("+ Sayonara\r\n");
        };
        try (ScriptedServer server = ScriptedServer.of(script, script)) {
            assertThat(fetch(server.port(), "--folder", "work", "--to", maildir()))
                    .as(err)
                    .isZero();
            assertThat(out).startsWith("fetched 2 messages from");
            assertThat(fetch(server.port(), "--folder", "work", "--to", maildir()))
                    .as(err)
                    .isZero();
            assertThat(out).as("a new Status is no new message").startsWith("fetched 0 messages, 2 messages had");
            assertThat(server.failures()).isEmpty();
        }
        assertThat(maildirContent()).containsExactly(lf(unread), lf(THREE));
    }

    @Test
    void aMailboxThatOnceCountsZeroIsNotForgotten() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(
                peer -> kept(peer.logIn(1), ONE),
                peer -> peer.logIn(0).hear("QUIT").say("+ bye\r\n"),
                peer -> kept(peer.logIn(1), ONE))) {
            for (int run = 0; run < 3; run++) {
                assertThat(fetch(server.port(), "--to", maildir())).as(err).isZero();
            }
            assertThat(server.failures()).isEmpty();
        }
        assertThat(maildirContent()).hasSize(1);
    }

    @Test
    void noMailOnANosServerIsNoError() throws Exception {
        try (ScriptedServer server = ScriptedServer.of(peer -> {
            peer.say("+ POP2 kb7abc KA9Q NOS\r\n").hear("HELO postel secret").say("+ No mail, sorry\r\n");
            peer.hear("QUIT").say("+ POP2 Server Signing off\r\n");
        })) {
            assertThat(fetch(server.port(), "--to", maildir())).as(err).isZero();
            assertThat(out).startsWith("fetched 0 messages from");
            assertThat(server.failures()).isEmpty();
        }
    }

    private static void kept(ScriptedServer.Peer peer, String message) throws IOException {
        peer.hear("READ 1").say("=" + message.length() + "\r\n").hear("RETR").say(message);
        peer.hear("ACKS").say("=0\r\n").hear("QUIT").say("+ bye\r\n");
    }

    @Test
    void exitCodesSayWhatWentWrong() throws Exception {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = socket.getLocalPort();
        }
        assertThat(fetch(nobody, "--to", maildir())).as("refused").isEqualTo(69);
        assertThat(err).contains("cannot be reached").doesNotContain("secret");
        try (TestServer server = TestServer.over(store(ONE))) {
            assertThat(run("wrong\n", arguments(server.address().getPort(), "--to", maildir())))
                    .as("password")
                    .isEqualTo(77);
            assertThat(err).doesNotContain("wrong\n");
            assertThat(run("\n", arguments(server.address().getPort(), "--to", maildir())))
                    .isEqualTo(65);
            Files.writeString(directory.resolve("file"), "");
            assertThat(fetch(server, "--to", "maildir:" + directory.resolve("file")))
                    .isEqualTo(74);
        }
        try (ScriptedServer server = ScriptedServer.of(
                peer -> peer.say("+OK POP3\r\n").untilClosed(),
                peer -> peer.logIn(1).hear("READ 1").say("- broken\r\n"),
                peer -> peer.logIn(1).hear("READ 1").say("#5\r\n"))) {
            assertThat(fetch(server.port(), "--to", maildir())).as("POP3").isEqualTo(76);
            assertThat(fetch(server.port(), "--to", maildir())).as("refusal").isEqualTo(75);
            assertThat(err).contains("broken");
            assertThat(fetch(server.port(), "--to", maildir())).as("protocol").isEqualTo(76);
        }
        assertThat(maildirContent()).isEmpty();
    }

    @Test
    void optionsThatMakeNoSenseAreRefused() {
        assertThat(fetch(1, "--keep", "--delete", "--to", maildir())).isEqualTo(64);
        assertThat(fetch(1, "--to", "pigeon:home")).isEqualTo(64);
        assertThat(fetch(1, "--to", maildir(), "--timeout", "soon")).isEqualTo(64);
        assertThat(fetch(1, "--to", maildir(), "--tls-ca", "x")).isEqualTo(64);
        assertThat(fetch(1, "--to", maildir(), "--password-file", "x")).isEqualTo(64);
        assertThat(fetch(0, "--to", maildir())).isEqualTo(64);
        assertThat(run("", "--host", "x", "--user", "y", "--to", maildir(), "--password-file", "/none"))
                .isEqualTo(66);
        assertThat(directory.resolve("Maildir")).doesNotExist();
    }

    @Test
    void passwordsComeFromAFileAndTlsIsVerified() throws IOException {
        Certificates certificates = Certificates.create();
        Path password = Files.writeString(directory.resolve("password"), "secret\n");
        try (TestServer server = TestServer.over(
                store(ONE),
                settings -> settings.withListeners(List.of(
                        ListenerSettings.plain("tls", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                                .withTls(certificates.server(directory)))))) {
            String[] command = {
                "--host",
                "localhost",
                "--port",
                "" + server.address().getPort(),
                "--user",
                "postel",
                "--to",
                maildir(),
                "--password-file",
                password.toString(),
                "--tls"
            };
            assertThat(run("", command)).isEqualTo(69);
            assertThat(err).contains("not trusted");
            Path authority = certificates.file(directory);
            String[] trusting = Stream.concat(Stream.of(command), Stream.of("--tls-ca", authority.toString()))
                    .toArray(String[]::new);
            assertThat(run("", trusting)).as(err).isZero();
        }
        assertThat(maildirContent()).containsExactly(lf(ONE));
    }

    /** With this machine for its host, and this directory for where files are. */
    @Test
    void theCommandsOfTheManualFetch() throws IOException {
        List<String> commands = Files.readString(Path.of("src/dist/doc/fetch.md"))
                .lines()
                .filter(line -> line.contains("pop2d fetch --host"))
                .map(line -> line.substring(line.indexOf("--host")))
                .toList();
        assertThat(commands).hasSize(3);
        Path password = Files.writeString(directory.resolve("secret"), "secret\n");
        Path socket = directory.resolve("lmtp");
        MemoryMailStore local = MemoryMailStore.create().account("postel", "{PLAIN}x");
        LmtpServer lmtp = Objects.requireNonNull(LmtpServer.start(
                        LmtpSettings.defaults(directory).withAddress(UnixDomainSocketAddress.of(socket)), local)
                .block(TestServer.LIMIT));
        try {
            for (String command : commands) {
                try (TestServer server = TestServer.over(store(ONE))) {
                    String here = command.replace(
                                    "dog-house",
                                    "127.0.0.1 --port " + server.address().getPort())
                            .replaceAll("--password-file \\S+", "--password-file " + password)
                            .replace("lmtp:/run/dovecot/lmtp", "lmtp:" + socket)
                            .replace("mbox:mail", "mbox:" + directory.resolve("mail"))
                            .replace("maildir:Maildir", maildir());
                    assertThat(run("", here.split(" "))).as(here + err).isZero();
                    assertThat(out).as(here).startsWith("fetched 1 message from");
                }
            }
        } finally {
            lmtp.stop().block(TestServer.LIMIT);
        }
    }

    private static String lf(String wire) {
        return wire.replace("\r\n", "\n");
    }

    private String maildir() {
        return "maildir:" + directory.resolve("Maildir");
    }

    private List<String> maildirContent() throws IOException {
        return content(directory.resolve("Maildir"));
    }

    private static List<String> content(Path maildir) throws IOException {
        List<String> content = new ArrayList<>();
        if (Files.exists(maildir)) {
            try (Stream<Path> files = Files.list(maildir.resolve("new"))) {
                for (Path file : files.sorted().toList()) {
                    content.add(Files.readString(file, ISO_8859_1));
                }
            }
        }
        return content;
    }

    /** The only one. */
    private Path state() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(".local/state/pop2d"))) {
            return files.filter(file -> file.toString().endsWith(".fetch"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private int fetch(TestServer server, String... arguments) {
        return fetch(server.address().getPort(), arguments);
    }

    private int fetch(int port, String... arguments) {
        return run("secret\n", arguments(port, arguments));
    }

    private static String[] arguments(int port, String... more) {
        return Stream.concat(
                        Stream.of("--host", "127.0.0.1", "--port", "" + port, "--user", "postel", "--password-stdin"),
                        Stream.of(more))
                .toArray(String[]::new);
    }

    private int run(String input, String... arguments) {
        CommandRun run = CommandRun.of(
                new ByteArrayInputStream(input.getBytes(ISO_8859_1)),
                ISO_8859_1,
                Map.of("HOME", directory.toString()),
                Stream.concat(Stream.of("fetch"), Stream.of(arguments)).toArray(String[]::new));
        out = run.out();
        err = run.err();
        return run.exitCode();
    }
}
