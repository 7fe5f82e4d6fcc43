package org.pop2.profile.ascii;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.ProfiledMailbox;
import org.pop2.profile.Quirk;
import org.pop2.storage.ContentBuffer;

/** Whatever a message is, it comes out as text for a 7-bit screen, as long as was said, and the same each time. */
class AnyMailTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Instant NOW = Instant.parse("2026-11-03T09:08:07Z");

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    private ClientProfile profile() {
        List<ClientProfile> all = ClientProfile.ALL;
        ClientProfile profile = all.get(random.nextInt(all.size()))
                .with(Quirk.ASCII)
                .with(Quirk.DROP_ATTACHMENTS, random.nextBoolean());
        if (random.nextBoolean()) {
            profile = profile.withWidth(ClientProfile.MIN_WIDTH + random.nextInt(100))
                    .with(Quirk.FROM_LINE, random.nextBoolean())
                    .with(Quirk.STATUS, random.nextBoolean())
                    .with(Quirk.FINAL_LINE, random.nextBoolean());
        }
        return random.nextInt(4) == 0 ? profile.withMaxOctets(1024 + random.nextInt(4000)) : profile;
    }

    private byte[] sent(OneMessage message, ClientProfile profile) {
        ProfiledMailbox mailbox = new ProfiledMailbox(message, profile, NOW);
        assertThat(mailbox.lengthKnown(1)).isFalse();
        assertThat(mailbox.deletable(1)).isFalse();
        mailbox.measure(1).block(LIMIT);
        byte[] first = octets(mailbox);
        assertThat((long) first.length).as("announced").isEqualTo(mailbox.octets(1));
        assertThat(octets(mailbox)).as("asked for again").isEqualTo(first);
        return first;
    }

    private static byte[] octets(ProfiledMailbox mailbox) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (ContentBuffer piece :
                Objects.requireNonNull(mailbox.content(1).collectList().block(LIMIT))) {
            byte[] octets = new byte[piece.octets().remaining()];
            assertThat(octets.length).isBetween(1, ContentBuffer.MAX_OCTETS);
            piece.octets().duplicate().get(octets);
            out.writeBytes(octets);
            piece.release();
        }
        return out.toByteArray();
    }

    /** 7-bit octets, no control characters but tab, lines that end in CRLF and are not too long. */
    static void assertShown(byte[] octets, int longest) {
        int column = 0;
        for (int i = 0; i < octets.length; i++) {
            byte octet = octets[i];
            if (octet == '\r') {
                assertThat(octets[++i]).isEqualTo((byte) '\n');
                column = 0;
            } else {
                boolean shown = (octet >= ' ' && octet < 0x7f) || octet == '\t';
                if (!shown || ++column > longest) {
                    throw new AssertionError("octet " + octet + " at " + i + ", column " + column);
                }
            }
        }
        assertThat(column).as("the last line ends").isZero();
    }

    @Test
    void anyMailIsShownWhateverTheProfile() {
        System.out.println("seed " + seed);
        int text = 0;
        for (int i = 0; i < 300; i++) {
            byte[] mail = RandomMail.next(random);
            ClientProfile profile = profile();
            OneMessage message = new OneMessage(mail, random);
            try {
                byte[] sent = sent(message, profile);
                assertThat(sent(message, profile)).as("converted again").isEqualTo(sent);
                // the From_ line is as long as it is
                assertShown(sent, profile.width() == 0 ? 998 : profile.has(Quirk.FROM_LINE) ? 400 : profile.width());
                assertThat(message.live()).as("buffers").isZero();
                text += new String(sent, java.nio.charset.StandardCharsets.US_ASCII)
                                .contains("Content-Type: text/plain; charset=us-ascii\r\n")
                        ? 1
                        : 0;
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ", round " + i + ", " + profile, e);
            }
        }
        assertThat(text).as("mails that could be converted").isGreaterThan(150);
    }

    @Test
    void fieldsDoNotBecomeOtherFields() throws Exception {
        for (int i = 0; i < 150; i++) {
            byte[] mail = RandomMail.next(random);
            Converted converted = new Converter(78, true, false).convert(new java.io.ByteArrayInputStream(mail));
            if (converted.form() == Converted.Form.AS_STORED_IN_7_BIT) {
                ConverterTest.assertUnreadable(mail);
                continue;
            }
            String header = ConverterTest.text(converted);
            for (String line :
                    header.substring(0, Math.max(0, header.indexOf("\r\n\r\n"))).split("\r\n", -1)) {
                assertThat(line).as("seed %d, round %d", seed, i).matches("(?s)[ \\t].*|[!-9;-~]+[ \\t]*:.*|");
                assertThat(line.isEmpty() || !line.isBlank()).isTrue();
            }
        }
    }
}
