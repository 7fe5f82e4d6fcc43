package org.pop2.profile.ascii;

import java.io.ByteArrayOutputStream;
import java.util.Locale;
import org.apache.commons.codec.binary.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Encoded words of header fields (RFC 2047). Ours, as mime4j's decoder takes time that grows with the square of the
 * length for some fields, and has characters whose octets are spread over two words come out wrong, as many programs
 * send them.
 */
final class EncodedWords {
    /** RFC 2047 (p. 3) allows 75 octets; many programs exceed that. */
    private static final int LONGEST = 2000;

    /** Words of one charset that follow each other, decoded together. */
    record Run(String text, int end) {}

    private static final class Word {
        final String charset;
        final byte[] octets;
        final int end;

        Word(String charset, byte[] octets, int end) {
            this.charset = charset;
            this.octets = octets;
            this.end = end;
        }
    }

    private EncodedWords() {}

    /** Decodes the words of a text, and removes blanks between two words. */
    static String decoded(String text) {
        if (!text.contains("=?")) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            int next = text.indexOf("=?", at);
            if (next < 0) {
                break;
            }
            out.append(text, at, next);
            Run run = at(text, next);
            if (run == null) {
                out.append("=?");
                at = next + 2;
            } else {
                out.append(run.text);
                at = run.end;
            }
        }
        return out.append(text, Math.min(at, text.length()), text.length()).toString();
    }

    /** The words that begin there and follow each other, or null if none begins there. */
    static @Nullable Run at(String text, int start) {
        Word word = word(text, start);
        if (word == null) {
            return null;
        }
        StringBuilder out = new StringBuilder();
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        while (true) {
            octets.writeBytes(word.octets);
            int next = skipBlanks(text, word.end);
            Word following = text.startsWith("=?", next) ? word(text, next) : null;
            if (following == null || !following.charset.equals(word.charset)) {
                out.append(Charsets.decode(octets.toByteArray(), word.charset));
                octets.reset();
            }
            if (following == null) {
                return new Run(out.toString(), word.end);
            }
            word = following;
        }
    }

    private static int skipBlanks(String text, int from) {
        int at = from;
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
            at++;
        }
        return at;
    }

    private static @Nullable Word word(String text, int start) {
        int limit = Math.min(text.length(), start + LONGEST);
        int charsetEnd = find(text, '?', start + 2, limit);
        if (charsetEnd <= start + 2 || charsetEnd + 2 >= limit || text.charAt(charsetEnd + 2) != '?') {
            return null;
        }
        int textStart = charsetEnd + 3;
        int end = find(text, '?', textStart, limit);
        // a question mark that should have been encoded
        while (end >= 0 && !text.startsWith("?=", end)) {
            end = find(text, '?', end + 1, limit);
        }
        if (end < 0) {
            return null;
        }
        String charset = text.substring(start + 2, charsetEnd);
        int language = charset.indexOf('*');
        charset = (language < 0 ? charset : charset.substring(0, language)).toLowerCase(Locale.ROOT);
        String content = text.substring(textStart, end);
        return switch (text.charAt(charsetEnd + 1)) {
            case 'B', 'b' -> new Word(charset, Base64.decodeBase64(content), end + 2);
            case 'Q', 'q' -> new Word(charset, q(content, charset), end + 2);
            default -> null;
        };
    }

    private static int find(String text, char what, int from, int limit) {
        for (int i = from; i < limit; i++) {
            if (text.charAt(i) == what) {
                return i;
            }
        }
        return -1;
    }

    /** What stands there unencoded was meant in the word's charset, too. */
    private static byte[] q(String content, String charset) {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        for (int i = 0; i < content.length(); i++) {
            char c = content.charAt(i);
            int value = c == '=' && i + 2 < content.length() ? hex(content, i + 1) : -1;
            if (value >= 0) {
                octets.write(value);
                i += 2;
            } else if (c == '_') {
                octets.write(' ');
            } else {
                octets.writeBytes(Charsets.encode(String.valueOf(c), charset));
            }
        }
        return octets.toByteArray();
    }

    private static int hex(String text, int at) {
        int high = Character.digit(text.charAt(at), 16);
        int low = Character.digit(text.charAt(at + 1), 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }
}
