package org.pop2.profile.ascii;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.pop2.profile.ascii.EncodedWords.Run;

/**
 * A field of a header, written in ASCII. What it says comes from a stranger: whatever is in an encoded word, one field
 * comes out as one field, and one address as one address.
 */
final class HeaderField {
    private static final int WIDTH = 78;
    private static final Set<String> ADDRESSES = Set.of(
            "from",
            "to",
            "cc",
            "bcc",
            "sender",
            "reply-to",
            "resent-from",
            "resent-to",
            "resent-cc",
            "resent-bcc",
            "resent-sender",
            "resent-reply-to",
            "disposition-notification-to",
            "mail-followup-to",
            "mail-reply-to",
            "errors-to");

    /** Whose encoded words stay: nobody but programs reads them, and they are signed or compared. */
    private static final Set<String> OF_PROGRAMS = Set.of(
            "received",
            "return-path",
            "message-id",
            "in-reply-to",
            "references",
            "date",
            "dkim-signature",
            "arc-seal",
            "arc-message-signature",
            "authentication-results",
            "arc-authentication-results",
            "content-type",
            "content-disposition");

    private static final String SPECIALS = "()<>[]:;@\\,\"";

    private final String name;
    private final String body;
    private final boolean changed;
    private final String raw;

    private HeaderField(String name, String body, boolean changed, String raw) {
        this.name = name;
        this.body = body;
        this.changed = changed;
        this.raw = raw;
    }

    /** @param field with its name, colon and folding, without its last line end */
    static HeaderField of(byte[] field, Transliteration transliteration) {
        String text = isAscii(field) ? new String(field, StandardCharsets.US_ASCII) : Charsets.guessed(field);
        int colon = text.indexOf(':');
        String name = transliteration
                .line(text.substring(0, Math.max(0, colon)))
                .strip()
                .replaceAll("[^!-~]", "?");
        String value = unfolded(text.substring(colon + 1)).strip();
        String body = value;
        if (ADDRESSES.contains(name.toLowerCase(Locale.ROOT))) {
            body = new Addresses(value, transliteration).ascii();
        } else if (!OF_PROGRAMS.contains(name.toLowerCase(Locale.ROOT))) {
            body = EncodedWords.decoded(value);
        }
        body = transliteration.line(body);
        return new HeaderField(name, body, !body.equals(value.replace('\t', ' ')), text);
    }

    private static boolean isAscii(byte[] field) {
        for (byte octet : field) {
            if (octet < 0) {
                return false;
            }
        }
        return true;
    }

    private static String unfolded(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\r' || c == '\n') {
                // what follows is the blank that it was folded at, or something that is to be no field of its own
                boolean blank = i + 1 < text.length() && " \t\r\n".indexOf(text.charAt(i + 1)) >= 0;
                if (!blank) {
                    out.append(' ');
                }
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    String name() {
        return name;
    }

    /** In one line of ASCII. */
    String body() {
        return body;
    }

    /** Whether the ASCII form differs from the field as it was. */
    boolean isChanged() {
        return changed;
    }

    /** As it was, if it was as it should be; else folded. */
    void write(int width, Consumer<String> lines) {
        if (!changed) {
            String[] asItWas = raw.split("\r?\n", -1);
            boolean fits = true;
            for (int i = 0; i < asItWas.length; i++) {
                fits &= asItWas[i].length() <= Math.min(width, WIDTH)
                        && !asItWas[i].isBlank()
                        && asItWas[i].chars().allMatch(c -> c == '\t' || (c >= ' ' && c < 0x7f))
                        && (i == 0 || Words.isBlank(asItWas[i].charAt(0)));
            }
            if (fits) {
                for (String line : asItWas) {
                    lines.accept(line);
                }
                return;
            }
        }
        Words.wrap(name + ":" + (body.isEmpty() ? "" : " "), " ", body, Math.min(width, WIDTH), lines);
    }

    /** The names in a field of addresses, without what would make other addresses of it. */
    private static final class Addresses {
        private final String text;
        private final Transliteration transliteration;
        private final StringBuilder out = new StringBuilder();
        private int at;

        Addresses(String text, Transliteration transliteration) {
            this.text = text;
            this.transliteration = transliteration;
        }

        String ascii() {
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == '"') {
                    quoted();
                } else if (c == '(') {
                    comment();
                } else if (c == '<') {
                    angle();
                } else if (" \t,;:>)".indexOf(c) >= 0) {
                    out.append(c == '\t' ? ' ' : c);
                    at++;
                } else {
                    word();
                }
            }
            return out.toString();
        }

        private void quoted() {
            StringBuilder content = new StringBuilder();
            int i = at + 1;
            while (i < text.length() && text.charAt(i) != '"') {
                if (text.charAt(i) == '\\' && i + 1 < text.length()) {
                    i++;
                }
                content.append(text.charAt(i++));
            }
            at = Math.min(text.length(), i + 1);
            quote(transliteration.line(EncodedWords.decoded(content.toString())));
        }

        private void quote(String content) {
            out.append('"');
            for (int i = 0; i < content.length(); i++) {
                char c = content.charAt(i);
                if (c == '"' || c == '\\') {
                    out.append('\\');
                }
                out.append(c);
            }
            out.append('"');
        }

        private void comment() {
            StringBuilder content = new StringBuilder();
            int depth = 1;
            int i = at + 1;
            while (i < text.length() && depth > 0) {
                char c = text.charAt(i++);
                depth += c == '(' ? 1 : c == ')' ? -1 : 0;
                if (c == '\\' && i < text.length()) {
                    c = text.charAt(i++);
                }
                if (depth > 0) {
                    content.append(c);
                }
            }
            at = i;
            String ascii = transliteration.line(EncodedWords.decoded(content.toString()));
            out.append('(')
                    .append(ascii.replace('(', '[').replace(')', ']').replace('\\', '/'))
                    .append(')');
        }

        /** An address is not transliterated: it would be somebody else's. */
        private void angle() {
            int end = text.indexOf('>', at);
            end = end < 0 ? text.length() : end + 1;
            out.append(questioned(text.substring(at, end)));
            at = end;
        }

        private static String questioned(String address) {
            StringBuilder out = new StringBuilder(address.length());
            address.codePoints().forEach(c -> out.append(c >= ' ' && c < 0x7f ? (char) c : '?'));
            return out.toString();
        }

        private void word() {
            Run run = text.startsWith("=?", at) ? EncodedWords.at(text, at) : null;
            if (run != null) {
                phrase(transliteration.line(run.text()), "");
                at = run.end();
                return;
            }
            int end = at;
            while (end < text.length() && " \t,;:<>()\"".indexOf(text.charAt(end)) < 0) {
                end++;
            }
            String word = text.substring(at, end);
            at = end;
            if (word.chars().allMatch(c -> c < 0x80)) {
                out.append(word);
            } else if (word.indexOf('@') >= 0) {
                out.append(questioned(word));
            } else {
                phrase(transliteration.line(word), word);
            }
        }

        /** @param before whose specials may stay, as they stood there */
        private void phrase(String ascii, String before) {
            boolean special =
                    ascii.chars().anyMatch(c -> SPECIALS.indexOf(c) >= 0 && before.indexOf(c) < 0) || ascii.isBlank();
            int last = out.length() - 1;
            if (last >= 0 && " ,;:<(\"".indexOf(out.charAt(last)) < 0) {
                out.append(' ');
            }
            if (special) {
                quote(ascii);
            } else {
                out.append(ascii);
            }
            if (at < text.length() && text.charAt(at) == '<') {
                out.append(' ');
            }
        }
    }
}
