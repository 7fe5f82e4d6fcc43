package org.pop2.storage.tck.broken;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;

/** What careless storages do to octets. */
final class Octets {
    private Octets() {}

    static byte[] replaced(byte[] octets, String what, String with) {
        return new String(octets, ISO_8859_1).replace(what, with).getBytes(ISO_8859_1);
    }

    /** LF to CRLF, as if the slice were all there is. */
    static byte[] lineEndsOfOneSlice(byte[] slice) {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        for (int i = 0; i < slice.length; i++) {
            if (slice[i] == '\n' && (i == 0 || slice[i - 1] != '\r')) {
                wire.write('\r');
            }
            wire.write(slice[i]);
        }
        return wire.toByteArray();
    }

    static byte[] withoutEighthBits(byte[] octets) {
        byte[] ascii = octets.clone();
        for (int i = 0; i < ascii.length; i++) {
            ascii[i] &= 0x7f;
        }
        return ascii;
    }

    static byte[] withoutTrailingBlankLines(byte[] octets) {
        String text = new String(octets, ISO_8859_1);
        while (text.endsWith("\r\n\r\n")) {
            text = text.substring(0, text.length() - 2);
        }
        return text.getBytes(ISO_8859_1);
    }
}
