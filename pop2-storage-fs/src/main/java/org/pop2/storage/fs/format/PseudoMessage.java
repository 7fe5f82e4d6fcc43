package org.pop2.storage.fs.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The first message of some mailboxes, in which c-client and Dovecot keep their state, and which mail programs do not
 * show.
 */
public final class PseudoMessage {
    /** Octets of its beginning that show what it is. */
    static final int TELLING = 8 * 1024;

    private static final String SUBJECT = "FOLDER INTERNAL DATA";
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("dd MMM yyyy HH:mm:ss xx", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);
    /** Since when the numbers hold, the last one, and the names of keywords. */
    private static final Pattern STATE =
            Pattern.compile("(?i)x-imap(?:base)?:[ \t]*([0-9]{1,10} [0-9]{1,10}(?: [!-~ ]{0,400})?)[ \t]*");

    private static final String TEXT = """
            This text is part of the internal format of your mail folder, and is not
            a real message.  It is created automatically by the mail system software.
            If deleted, important folder data will be lost, and it will be re-created
            with the data reset to initial values.

            """;

    private PseudoMessage() {}

    /** Whether a message with this beginning is the pseudo message; recognised as Dovecot does it. */
    static boolean isThat(byte[] head) {
        boolean state = false;
        boolean subject = false;
        for (String line : lines(head)) {
            if (line.isEmpty()) {
                break;
            }
            String lower = line.toLowerCase(Locale.ROOT);
            state |= lower.startsWith("x-imap:");
            subject |= lower.startsWith("subject:") && line.contains(SUBJECT);
        }
        return state && subject;
    }

    private static String[] lines(byte[] head) {
        return new String(head, StandardCharsets.ISO_8859_1).split("\r?\n", -1);
    }

    /**
     * The pseudo message for a mailbox that is also read by IMAP and of which all messages are deleted, with the
     * numbers that IMAP programs noted in the first one.
     *
     * @param now since when its numbers hold, if the mailbox does not say
     * @param most octets; as many as the mailbox has, less some
     * @return empty if it does not fit
     */
    public static Optional<byte[]> of(OctetSource file, MboxIndex index, Instant now, long most) throws IOException {
        byte[] line = new byte[(int) (index.contentStart(0) - index.start(0))];
        Instant date = file.readFully(ByteBuffer.wrap(line), index.start(0))
                ? FromFields.of(line, 0, line.length).date().orElse(now)
                : now;
        String start = new String(FromLine.of("MAILER-DAEMON", date), StandardCharsets.US_ASCII);
        String subject = "Subject: DON'T DELETE THIS MESSAGE -- " + SUBJECT + "\n";
        String state = "X-IMAP: " + state(file, index, now) + "\nStatus: RO\n\n";
        String all = start + "Date: " + DATE.format(date) + "\nFrom: Mail System Internal Data <MAILER-DAEMON>\n"
                + subject + state + TEXT;
        return Stream.of(all, start + subject + state + "\n")
                .filter(each -> each.length() <= most)
                .findFirst()
                .map(each -> each.getBytes(StandardCharsets.US_ASCII));
    }

    private static String state(OctetSource file, MboxIndex index, Instant now) throws IOException {
        String state = "%d %010d".formatted(now.getEpochSecond(), 0);
        long start = index.contentStart(0);
        byte[] head = new byte[(int) Math.min(ContentLength.LONGEST_HEADER, index.contentEnd(0) - start)];
        if (!file.readFully(ByteBuffer.wrap(head), start)) {
            return state;
        }
        for (String line : lines(head)) {
            Matcher found = STATE.matcher(line);
            if (line.isEmpty()) {
                break;
            }
            state = found.matches() ? found.group(1).stripTrailing() : state;
        }
        return state;
    }
}
