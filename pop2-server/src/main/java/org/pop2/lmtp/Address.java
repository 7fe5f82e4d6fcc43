package org.pop2.lmtp;

import java.util.Locale;
import java.util.Optional;

/**
 * The address in a path, without quotes and source route.
 *
 * @param local the local part without quotes: {@code a b} for {@code "a b"}
 * @param domain in lower case; empty if there is none, as in {@code <postmaster>}
 */
record Address(String local, String domain) {
    /** Longest path (RFC 5321 p. 63). */
    static final int MAX_PATH = 256;

    /**
     * Parses {@code <local@domain>}, with or without brackets.
     *
     * @return empty if it is not an address of printable ASCII
     */
    static Optional<Address> parse(String path) {
        String text = path;
        if (text.length() >= 2 && text.startsWith("<") && text.endsWith(">")) {
            text = text.substring(1, text.length() - 1);
        }
        if (text.startsWith("@")) {
            // "a server MUST accept source routing, and SHOULD ignore it" (RFC 5321 p. 18)
            int colon = text.indexOf(':');
            if (colon < 0) {
                return Optional.empty();
            }
            text = text.substring(colon + 1);
        }
        if (text.isEmpty() || path.length() > MAX_PATH || !text.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
            return Optional.empty();
        }
        return text.startsWith("\"") ? quoted(text) : plain(text);
    }

    private static Optional<Address> plain(String text) {
        int at = text.lastIndexOf('@');
        String local = at < 0 ? text : text.substring(0, at);
        if (local.isEmpty() || local.chars().anyMatch(c -> " \"\\<>()[],;:".indexOf(c) >= 0)) {
            return Optional.empty();
        }
        return at < 0 ? Optional.of(new Address(local, "")) : withDomain(local, text.substring(at + 1));
    }

    private static Optional<Address> quoted(String text) {
        StringBuilder local = new StringBuilder();
        for (int i = 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') {
                String rest = text.substring(i + 1);
                if (local.isEmpty()) {
                    return Optional.empty();
                }
                if (rest.isEmpty()) {
                    return Optional.of(new Address(local.toString(), ""));
                }
                return rest.startsWith("@") ? withDomain(local.toString(), rest.substring(1)) : Optional.empty();
            }
            if (c == '\\') {
                i++;
                if (i == text.length()) {
                    return Optional.empty();
                }
                c = text.charAt(i);
            }
            local.append(c);
        }
        return Optional.empty();
    }

    private static Optional<Address> withDomain(String local, String domain) {
        boolean fine = !domain.isEmpty()
                && domain.chars().allMatch(c -> Character.isLetterOrDigit(c) || ".-_[]:".indexOf(c) >= 0);
        return fine ? Optional.of(new Address(local, domain.toLowerCase(Locale.ROOT))) : Optional.empty();
    }
}
