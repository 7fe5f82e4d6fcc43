package org.pop2.storage.fs.format;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The first message in which c-client, and Dovecot with it, keep their state, and which no mail program shows. */
final class PseudoMessage {
    /** Octets of its beginning that show what it is. */
    static final int TELLING = 8 * 1024;

    private PseudoMessage() {}

    /** Whether a message that begins so is that one; it is recognised as Dovecot does it. */
    static boolean isThat(byte[] head) {
        boolean state = false;
        boolean subject = false;
        for (String line : new String(head, StandardCharsets.ISO_8859_1).split("\r?\n", -1)) {
            if (line.isEmpty()) {
                break;
            }
            String lower = line.toLowerCase(Locale.ROOT);
            state |= lower.startsWith("x-imap:");
            subject |= lower.startsWith("subject:") && line.contains("FOLDER INTERNAL DATA");
        }
        return state && subject;
    }
}
