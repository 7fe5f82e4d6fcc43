package org.pop2.storage;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * The name of a user, safe in a path, a query and a log.
 *
 * <p>1 to {@value #MAX_OCTETS} octets of UTF-8: letters and digits (of any script) and any of {@code . _ + - @ = ~},
 * beginning with a letter, a digit or {@code _}, not ending with a dot, not in {@code .lock}. Names are kept and
 * compared in lower case: {@code HELO POSTEL} of an old terminal means the same user as {@code postel}.
 *
 * @param value the name in lower case
 */
public record UserName(String value) {
    /** Longest name, in octets of UTF-8. */
    public static final int MAX_OCTETS = 100;

    private static final String PUNCTUATION = "._+-@=~";

    /**
     * A name that is known to be allowed; see {@link #of} for input from outside.
     *
     * @throws IllegalArgumentException if the name is not allowed
     */
    public UserName {
        value = folded(value);
        if (!isAllowed(value)) {
            throw new IllegalArgumentException("not a user name");
        }
    }

    /** The user of that name; empty if the name is not allowed (so that no such user can exist). */
    public static Optional<UserName> of(String name) {
        return isAllowed(folded(name)) ? Optional.of(new UserName(name)) : Optional.empty();
    }

    @Override
    public String toString() {
        return value;
    }

    /** Lower case first: it can be longer, and can contain characters that are not allowed. */
    private static String folded(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    private static boolean isAllowed(String name) {
        if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > MAX_OCTETS) {
            return false;
        }
        int first = name.codePointAt(0);
        if (!Character.isLetterOrDigit(first) && first != '_') {
            return false;
        }
        if (name.endsWith(".") || name.endsWith(".lock")) {
            return false;
        }
        return name.codePoints().allMatch(c -> Character.isLetterOrDigit(c) || PUNCTUATION.indexOf(c) >= 0);
    }
}
