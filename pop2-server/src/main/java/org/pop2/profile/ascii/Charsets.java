package org.pop2.profile.ascii;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decodes octets, whatever their label says. Never fails: what cannot be decoded becomes U+FFFD. */
final class Charsets {
    private static final Charset WINDOWS_1252 = Charset.forName("windows-1252");
    private static final Charset JAPANESE = Charset.forName("ISO-2022-JP");

    /** Labels that say nothing or are often wrong: the text is examined instead. */
    private static final Set<String> UNKNOWN =
            Set.of("", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "8bit");

    /** Labels of mail that Java does not know. */
    private static final Map<String, String> ALIASES = Map.of(
            // the superset is what is meant: it has quotation marks where the other has control characters
            "iso-8859-1", "windows-1252",
            "latin1", "windows-1252",
            "iso-8859-9", "windows-1254",
            "gb2312", "gb18030",
            "gbk", "gb18030",
            "ks_c_5601-1987", "x-windows-949",
            "x-sjis", "windows-31j",
            "iso-8859-8-i", "iso-8859-8",
            "iso-8859-6-i", "iso-8859-6",
            "utf8", "utf-8");

    private static final Set<String> UTF_7 =
            Set.of("utf-7", "unicode-1-1-utf-7", "unicode-2-0-utf-7", "x-unicode-2-0-utf-7");

    private Charsets() {}

    static String decode(byte[] octets, @Nullable String label) {
        String name = label == null ? "" : label.strip().toLowerCase(Locale.ROOT);
        if (UTF_7.contains(name)) {
            return utf7(octets);
        }
        Optional<Charset> charset = UNKNOWN.contains(name) ? Optional.empty() : named(ALIASES.getOrDefault(name, name));
        if (charset.isEmpty() || charset.get().equals(StandardCharsets.UTF_8)) {
            // many label as UTF-8 what is not
            return guessed(octets);
        }
        return new String(octets, charset.get());
    }

    /** Encodes text, in UTF-8 if the charset is unknown or lacks a character. */
    static byte[] encode(String text, String label) {
        String name = label.strip().toLowerCase(Locale.ROOT);
        Optional<Charset> charset = named(ALIASES.getOrDefault(name, name))
                .filter(known -> known.canEncode() && known.newEncoder().canEncode(text));
        return text.getBytes(charset.orElse(StandardCharsets.UTF_8));
    }

    /** Whether it is a superset of ASCII, so that printable ASCII needs no decoding. */
    static boolean isLikeAscii(@Nullable String label) {
        String name = label == null ? "" : label.strip().toLowerCase(Locale.ROOT);
        return UNKNOWN.contains(name)
                || name.startsWith("iso-8859-")
                || name.startsWith("windows-125")
                || name.startsWith("utf-8")
                || name.startsWith("koi8-");
    }

    private static Optional<Charset> named(String name) {
        try {
            return Optional.of(Charset.forName(name));
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
            return Optional.empty();
        }
    }

    /** Decodes valid UTF-8, or ISO-2022-JP if it has its escapes; anything else as the most common older charset. */
    static String guessed(byte[] octets) {
        if (isJapanese(octets)) {
            return new String(octets, JAPANESE);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(octets, 0, withoutBrokenEnd(octets)))
                    .toString();
        } catch (CharacterCodingException e) {
            return new String(octets, WINDOWS_1252);
        }
    }

    private static boolean isJapanese(byte[] octets) {
        for (int i = 0; i + 2 < octets.length; i++) {
            if (octets[i] == 0x1b && octets[i + 1] == '$' && (octets[i + 2] == 'B' || octets[i + 2] == '@')) {
                return true;
            }
        }
        return false;
    }

    /** Text that was cut may end within a character. */
    private static int withoutBrokenEnd(byte[] octets) {
        int end = octets.length;
        for (int back = 1; back <= 3 && back <= octets.length; back++) {
            int octet = octets[octets.length - back] & 0xff;
            if (octet < 0x80) {
                return end;
            }
            if (octet >= 0xc0) {
                int needed = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : 2;
                return back < needed ? octets.length - back : end;
            }
        }
        return end;
    }

    /** RFC 2152, which Java does not have. */
    static String utf7(byte[] octets) {
        StringBuilder text = new StringBuilder(octets.length);
        int at = 0;
        while (at < octets.length) {
            int octet = octets[at++] & 0xff;
            if (octet != '+') {
                text.append(octet < 0x80 ? (char) octet : '\ufffd');
                continue;
            }
            int start = at;
            while (at < octets.length && isBase64(octets[at])) {
                at++;
            }
            if (at == start) {
                text.append('+');
            } else {
                text.append(utf16(octets, start, at));
            }
            if (at < octets.length && octets[at] == '-') {
                at++;
            }
        }
        return text.toString();
    }

    private static String utf16(byte[] octets, int from, int to) {
        // a lone last digit carries no octet, and the decoder refuses it
        int length = (to - from) % 4 == 1 ? to - from - 1 : to - from;
        byte[] digits = new byte[length];
        System.arraycopy(octets, from, digits, 0, length);
        byte[] units = Base64.getDecoder().decode(digits);
        return new String(units, 0, units.length & ~1, StandardCharsets.UTF_16BE);
    }

    private static boolean isBase64(byte octet) {
        return (octet >= 'A' && octet <= 'Z')
                || (octet >= 'a' && octet <= 'z')
                || (octet >= '0' && octet <= '9')
                || octet == '+'
                || octet == '/';
    }
}
