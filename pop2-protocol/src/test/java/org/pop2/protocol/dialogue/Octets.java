package org.pop2.protocol.dialogue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Octets in text: what is not printable stands between angle brackets. */
final class Octets {
    private static final Pattern ESCAPE = Pattern.compile("<(?:(CR|LF|SP|lt)|x([0-9A-F]{2})|([0-9]+) (.))>");

    private Octets() {}

    /** The octets that a text means. */
    static byte[] of(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(text.length());
        Matcher escape = ESCAPE.matcher(text);
        int from = 0;
        while (escape.find()) {
            literal(text.substring(from, escape.start()), out);
            from = escape.end();
            if (escape.group(1) != null) {
                out.write(
                        switch (escape.group(1)) {
                            case "CR" -> '\r';
                            case "LF" -> '\n';
                            case "SP" -> ' ';
                            default -> '<';
                        });
            } else if (escape.group(2) != null) {
                out.write(Integer.parseInt(escape.group(2), 16));
            } else {
                literal(escape.group(4).repeat(Integer.parseInt(escape.group(3))), out);
            }
        }
        literal(text.substring(from), out);
        return out.toByteArray();
    }

    /** Octets as they are shown when a dialogue goes wrong. */
    static String show(byte[] octets) {
        StringBuilder text = new StringBuilder(octets.length);
        for (byte octet : octets) {
            int code = octet & 0xff;
            if (code == '\r') {
                text.append("<CR>");
            } else if (code == '\n') {
                text.append("<LF>");
            } else if (code == '<') {
                text.append("<lt>");
            } else if (code < ' ' || code >= 0x7f) {
                text.append(String.format("<x%02X>", code));
            } else {
                text.append((char) code);
            }
        }
        return text.toString();
    }

    private static void literal(String text, ByteArrayOutputStream out) {
        if (text.indexOf('<') >= 0) {
            throw new IllegalArgumentException("no escape is known by that name, < itself is <lt>: " + text);
        }
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
