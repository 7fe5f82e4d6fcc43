package org.pop2.server;

import java.util.Locale;
import java.util.Set;

/**
 * What may be shown of a client's lines: octets that are no printable ASCII escaped, no password, and before a login
 * nothing that could be a part of one. One for each session.
 */
final class MaskedLines {
    private static final Set<String> VERBS = Set.of("HELO", "FOLD", "READ", "RETR", "ACKS", "ACKD", "NACK", "QUIT");

    /** A HELO has come, and whatever follows may be the rest of a password. */
    private boolean secretive;

    /** @param secretive whether a HELO may have come already, and no login after it */
    MaskedLines(boolean secretive) {
        this.secretive = secretive;
    }

    void loggedIn() {
        secretive = false;
    }

    /** A command without its password. */
    String masked(String line) {
        String[] words = line.strip().split(" +", 2);
        String verb = words[0].toUpperCase(Locale.ROOT);
        if (verb.equals("HELO")) {
            secretive = true;
            return escaped(words[0]) + (words.length > 1 ? " " + escaped(user(words[1])) + " ***" : "") + end(line);
        }
        boolean known = VERBS.contains(verb);
        if (known && !secretive) {
            return escaped(line);
        }
        return (known || !secretive ? escaped(words[0]) + (words.length > 1 ? " ***" : "") : "***") + end(line);
    }

    /** The first word; a backslash makes a space a part of it (RFC 937 p. 6). */
    private static String user(String arguments) {
        for (int i = 0; i < arguments.length(); i++) {
            if (arguments.charAt(i) == '\\') {
                i++;
            } else if (arguments.charAt(i) == ' ') {
                return arguments.substring(0, i);
            }
        }
        return arguments;
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
