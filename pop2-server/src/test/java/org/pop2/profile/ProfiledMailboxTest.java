package org.pop2.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pop2.profile.ascii.OneMessage;
import org.pop2.storage.ContentBuffer;
import reactor.test.StepVerifier;

/** What a client of each profile gets, of any message. */
class ProfiledMailboxTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Instant NOW = Instant.parse("2026-11-03T09:08:07Z");
    private static final String DATE = "Tue Nov  3 09:08:07 2026";

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final List<OneMessage> mailboxes = new ArrayList<>();

    private OneMessage mailbox(byte[] message) {
        OneMessage mailbox = new OneMessage(message, random);
        mailboxes.add(mailbox);
        return mailbox;
    }

    private int buffers() {
        return mailboxes.stream().mapToInt(OneMessage::live).sum();
    }

    private String sent(String message, ClientProfile profile) {
        return sent(message.getBytes(StandardCharsets.ISO_8859_1), profile);
    }

    /** What is sent, which has to have the length that was announced. */
    private String sent(byte[] message, ClientProfile profile) {
        ProfiledMailbox mailbox = new ProfiledMailbox(mailbox(message), profile, NOW);
        if (!mailbox.lengthKnown(1)) {
            mailbox.measure(1).block(LIMIT);
        }
        assertThat(mailbox.lengthKnown(1)).isTrue();
        long announced = mailbox.octets(1);
        StringBuilder text = new StringBuilder();
        List<ContentBuffer> pieces =
                Objects.requireNonNull(mailbox.content(1).collectList().block(LIMIT));
        for (ContentBuffer piece : pieces) {
            assertThat(piece.octets().remaining()).isBetween(1, ContentBuffer.MAX_OCTETS);
            text.append(StandardCharsets.ISO_8859_1.decode(piece.octets().duplicate()));
            piece.release();
        }
        assertThat((long) text.length()).as("announced, seed %d", seed).isEqualTo(announced);
        assertThat(buffers()).as("buffers, seed %d", seed).isZero();
        return text.toString();
    }

    private String randomMessage() {
        StringBuilder text = new StringBuilder();
        String[] words = {
            "From ",
            ">From ",
            ">>From x",
            "Status: RO",
            "a",
            " ",
            "\t",
            "\0",
            "\r",
            "\r\r",
            "\u00c3\u00a9",
            "word word",
            "\u00f0\u009f\u0098\u0080",
            ".",
            "-",
            "=5",
            "Subject: x",
            "Return-Path: <a@b>",
            "From: C <c@d>"
        };
        int lines = random.nextInt(60);
        for (int line = 0; line < lines; line++) {
            int parts = random.nextInt(8) == 0 ? random.nextInt(900) : random.nextInt(12);
            for (int i = 0; i < parts; i++) {
                text.append(words[random.nextInt(words.length)]);
            }
            // whatever ends the line, no CR may be taken for its own
            if (text.length() > 0 && text.charAt(text.length() - 1) == '\r') {
                text.append('x');
            }
            text.append("\r\n");
        }
        return text.append("\r\n").toString();
    }

    private ClientProfile randomProfile() {
        List<ClientProfile> all = ClientProfile.ALL;
        ClientProfile profile = all.get(random.nextInt(all.size()));
        if (random.nextBoolean()) {
            profile = profile.withWidth(ClientProfile.MIN_WIDTH + random.nextInt(100))
                    .with(Quirk.FROM_LINE, random.nextBoolean())
                    .with(Quirk.STATUS, random.nextBoolean())
                    .with(Quirk.FINAL_LINE, random.nextBoolean())
                    .with(Quirk.PLAIN_CONTROLS, random.nextBoolean());
        }
        return random.nextInt(3) == 0 ? profile.withMaxOctets(1024 + random.nextInt(4000)) : profile;
    }

    private static String words(String text) {
        return text.replaceAll("[\\s\0>]+", "");
    }

    @Test
    void countAndOctetsAgreeAndNoWordIsLostWhateverTheProfile() {
        System.out.println("seed " + seed);
        for (int i = 0; i < 3000; i++) {
            String message = randomMessage();
            ClientProfile profile = randomProfile();
            String sent = sent(message, profile);
            String what = profile + ", seed " + seed;
            assertThat(sent).as(what).endsWith("\r\n");
            for (String line : sent.split("\r\n", -1)) {
                if (profile.width() > 0) {
                    assertThat(line.length()).as(what).isLessThanOrEqualTo(Math.max(profile.width(), fromLine(line)));
                }
                if (profile.has(Quirk.PLAIN_CONTROLS)) {
                    assertThat(line).as(what).doesNotContain("\0").doesNotContain("\r");
                }
            }
            if (profile.has(Quirk.FROM_LINE)) {
                assertThat(sent).as(what).startsWith("From ").doesNotContain("\nFrom ");
            }
            boolean cut = profile.maxOctets() > 0 && message.length() > profile.maxOctets();
            if (cut) {
                assertThat(words(sent)).as(what).contains("[Thismessagehas" + message.length() + "octets");
                assertThat(sent.length()).as(what).isLessThan((int) profile.maxOctets() + 1100);
            } else {
                String kept = profile.has(Quirk.FROM_LINE) ? sent.substring(sent.indexOf('\n') + 1) : sent;
                assertThat(words(kept).replace("Status:RO", ""))
                        .as(what)
                        .isEqualTo(words(message).replace("Status:RO", ""));
            }
        }
    }

    /** The From_ line is as long as it is. */
    private static int fromLine(String line) {
        return line.startsWith("From ") && line.endsWith(DATE) ? line.length() : 0;
    }

    @Test
    void theDefaultProfileSendsWhatIsThere() {
        String message = "From x\r\n\0\r\r\n" + "x".repeat(5000) + "\r\n";
        assertThat(sent(message, ClientProfile.DEFAULT)).isEqualTo(message);
        assertThat(new ProfiledMailbox(mailbox(new byte[] {'\r', '\n'}), ClientProfile.DEFAULT, NOW).lengthKnown(1))
                .isTrue();
    }

    @Test
    void uwSendsAStatusFieldAndAnEmptyLineBehind() {
        assertThat(sent("Subject: x\r\n\r\ny\r\n", ClientProfile.UW))
                .isEqualTo("Subject: x\r\nStatus: RO\r\n\r\ny\r\n\r\n");
        assertThat(sent("status: O\r\n\r\ny\r\n", ClientProfile.UW)).isEqualTo("status: O\r\n\r\ny\r\n\r\n");
    }

    @Test
    void aMailboxFileLineNamesTheSender() {
        ClientProfile profile = ClientProfile.DEFAULT.with(Quirk.FROM_LINE);
        assertThat(sent("From: Jon <jon@isi.example>\r\n\r\nx\r\n", profile))
                .startsWith("From jon@isi.example " + DATE + "\r\nFrom: Jon");
        assertThat(sent("From: a@b\r\nReturn-Path: <r@p>\r\n\r\nx\r\n", profile))
                .startsWith("From r@p " + DATE + "\r\n");
        assertThat(sent("Return-Path: <>\r\n\r\nFrom: a@b\r\n", profile))
                .startsWith("From MAILER-DAEMON " + DATE + "\r\n");
    }

    @Test
    void longHeaderFieldsAreFoldedAtTheirSpaces() {
        String sent = sent("Subject: aaaa bbbb cccc dddd eeee\r\n\r\n", ClientProfile.DEFAULT.withWidth(20));
        assertThat(sent).isEqualTo("Subject: aaaa bbbb\r\n cccc dddd eeee\r\n\r\n");
    }

    @Test
    void aFieldWithoutSpacesStaysOneField() {
        String sent = sent("X:" + "y".repeat(50) + "\r\n\r\n", ClientProfile.DEFAULT.withWidth(20));
        assertThat(sent.lines().skip(1).filter(line -> !line.isEmpty())).allMatch(line -> line.startsWith(" "));
    }

    @Test
    void linesOfTheBodyAreBrokenBehindSpacesAndNotInCharacters() {
        assertThat(sent("\r\naaaa bbbb cccc dddd eeee\r\n", ClientProfile.DEFAULT.withWidth(20)))
                .isEqualTo("\r\naaaa bbbb cccc dddd \r\neeee\r\n");
        byte[] umlauts = ("\r\nx" + "\u00fc".repeat(30) + "\r\n").getBytes(StandardCharsets.UTF_8);
        String sent = sent(umlauts, ClientProfile.DEFAULT.withWidth(20));
        for (String line : sent.split("\r\n", -1)) {
            assertThat(new String(line.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
                    .doesNotContain("\ufffd");
        }
    }

    @Test
    void ofALongMessageTheBeginningIsSentAndItIsNotDeleted() {
        byte[] message = ("Subject: long\r\n\r\n" + "line\r\n".repeat(1000)).getBytes(StandardCharsets.ISO_8859_1);
        ClientProfile profile = ClientProfile.DEFAULT.withMaxOctets(2000);
        String sent = sent(message, profile);
        assertThat(sent)
                .startsWith("Subject: long\r\n\r\nline\r\n")
                .contains("[This message has 6017 octets, more than the 2000 that are sent.");
        assertThat(sent.lines().filter(line -> line.equals("line"))).hasSize(Rewriter.LINES_OF_CUT);
        ProfiledMailbox mailbox = new ProfiledMailbox(mailbox(message), profile, NOW);
        assertThat(mailbox.deletable(1)).isFalse();
        assertThat(mailbox.writable()).isTrue();
    }

    @Test
    void oneEndlessLineIsCutToo() {
        byte[] message = ("\r\n" + "x".repeat(100_000) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        assertThat(sent(message, ClientProfile.DEFAULT.withMaxOctets(2000))).hasSizeLessThan(3500);
        byte[] header = ("X: " + "x".repeat(100_000) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
        assertThat(sent(header, ClientProfile.DEFAULT.withMaxOctets(2000))).hasSizeLessThan(3500);
    }

    @Test
    void whereEverythingIsKeptNothingCanBeDeleted() {
        ProfiledMailbox mailbox =
                new ProfiledMailbox(mailbox(new byte[] {'\r', '\n'}), ClientProfile.DEFAULT.with(Quirk.KEEP), NOW);
        assertThat(mailbox.writable()).isFalse();
        assertThat(mailbox.deletable(1)).isFalse();
    }

    @Test
    void noMoreIsReadThanIsAskedForAndACancelledReadingFreesItsBuffers() {
        byte[] message = ("\r\n" + "x ".repeat(500_000) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        ProfiledMailbox mailbox = new ProfiledMailbox(mailbox(message), ClientProfile.JNOS, NOW);
        List<ContentBuffer> got = new ArrayList<>();
        StepVerifier.create(mailbox.content(1).doOnNext(got::add), 0)
                .expectSubscription()
                .thenRequest(2)
                .expectNextCount(2)
                .thenCancel()
                .verify(LIMIT);
        assertThat(buffers()).isZero();
        assertThat(got).hasSize(2);
    }
}
