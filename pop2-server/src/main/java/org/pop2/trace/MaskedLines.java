package org.pop2.trace;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.pop2.storage.UserName;

/**
 * Masks a client's lines: escapes octets other than printable ASCII, hides passwords and, before a login, whatever
 * could be one. As people type passwords in place of names or commands, the name of HELO is shown only once it has
 * turned out to be a user's. One per session.
 */
final class MaskedLines {
    private static final Set<String> VERBS = Set.of("HELO", "FOLD", "READ", "RETR", "ACKS", "ACKD", "NACK", "QUIT");

    /** First words of other protocols, which are shown: no password looks like them. */
    private static final Set<String> FOREIGN = Set.of(
            "APOP", "AUTH", "CAPA", "EHLO", "GET", "HEAD", "LHLO", "LIST", "LOGIN", "MAIL", "NOOP", "PASS", "POST",
            "PROXY", "RSET", "STAT", "STLS", "USER");

    private static final String MASK = " ***";

    /** Set by HELO: what follows may be the rest of a password. */
    private boolean secretive;

    /** @param secretive whether a HELO may have come without a successful login */
    MaskedLines(boolean secretive) {
        this.secretive = secretive;
    }

    void loggedIn() {
        secretive = false;
    }

    static boolean isHelo(String line) {
        return verb(words(line)).equals("HELO");
    }

    private static String[] words(String line) {
        return line.strip().split(" +", 2);
    }

    private static String verb(String[] words) {
        return words[0].toUpperCase(Locale.ROOT);
    }

    /** A command without its password and the name before it. */
    String masked(String line) {
        String[] words = words(line);
        String verb = verb(words);
        if (verb.equals("HELO")) {
            secretive = true;
            return escaped(words[0]) + (words.length > 1 ? MASK + MASK : "") + end(line);
        }
        if (VERBS.contains(verb) && !secretive) {
            return escaped(line);
        }
        if (VERBS.contains(verb) || (FOREIGN.contains(verb) && !secretive)) {
            return escaped(words[0]) + (words.length > 1 ? MASK : "") + end(line);
        }
        return "***" + end(line);
    }

    /** A {@linkplain #masked masked} HELO with the name of the user whom it logged in. */
    static String accepted(String helo, UserName user) {
        String octets = new String(user.value().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        return helo.replace(MASK + MASK, " " + escaped(octets) + MASK);
    }

    private static String end(String line) {
        return line.endsWith("\r\n") ? "\\r\\n" : line.endsWith("\n") ? "\\n" : "";
    }

    /** @param octets one character for each */
    static String escaped(String octets) {
        StringBuilder out = new StringBuilder(octets.length() + 8);
        for (int i = 0; i < octets.length(); i++) {
            char c = octets.charAt(i);
            switch (c) {
                case '\r' -> out.append("\\r");
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c >= ' ' && c < 0x7f) {
                        out.append(c);
                    } else {
                        out.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
                    }
                }
            }
        }
        return out.toString();
    }
}
