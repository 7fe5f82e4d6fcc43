package org.pop2.storage;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * The name of a folder of one user. Names that lead out of the user's own folders cannot be built (rule S3).
 *
 * <p>A name is one or more parts joined by {@code /}, of at most {@value #MAX_OCTETS} octets of UTF-8 in all. A part is
 * 1 to {@value #MAX_PART_OCTETS} octets of letters and digits (of any script), spaces and any of {@code . _ + - @ = , #
 * & ! ( )}; it begins with a letter, a digit or {@code _}, does not end with a space or a dot, and does not end in
 * {@code .lock} or {@code .journal}, which belong to the mbox storage's own helpers. {@code INBOX}, in any case, is the
 * user's default mailbox.
 *
 * @param value the name; exactly {@code INBOX} for the default mailbox
 */
public record FolderName(String value) {
    /** The default mailbox, which HELO opens. */
    public static final FolderName INBOX = new FolderName("INBOX");

    /** Longest name, in octets of UTF-8. */
    public static final int MAX_OCTETS = 255;

    /** Longest part, in octets of UTF-8. */
    public static final int MAX_PART_OCTETS = 100;

    private static final String PUNCTUATION = " ._+-@=,#&!()";

    /**
     * A name that is known to be allowed; see {@link #of} for input from outside.
     *
     * @throws IllegalArgumentException if the name is not allowed
     */
    public FolderName {
        if (!isAllowed(value)) {
            throw new IllegalArgumentException("not a folder name");
        }
        if (value.equalsIgnoreCase("INBOX")) {
            value = "INBOX";
        }
    }

    /** The folder of that name; empty if the name is not allowed. */
    public static Optional<FolderName> of(String name) {
        return isAllowed(name) ? Optional.of(new FolderName(name)) : Optional.empty();
    }

    public boolean isInbox() {
        return equals(INBOX);
    }

    @Override
    public String toString() {
        return value;
    }

    private static boolean isAllowed(String name) {
        if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > MAX_OCTETS) {
            return false;
        }
        for (String part : name.split("/", -1)) {
            if (!isAllowedPart(part)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAllowedPart(String part) {
        if (part.isEmpty() || part.getBytes(StandardCharsets.UTF_8).length > MAX_PART_OCTETS) {
            return false;
        }
        int first = part.codePointAt(0);
        char last = part.charAt(part.length() - 1);
        if ((!Character.isLetterOrDigit(first) && first != '_') || last == ' ' || last == '.') {
            return false;
        }
        String lower = part.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".lock") || lower.endsWith(".journal")) {
            return false;
        }
        return part.codePoints().allMatch(c -> Character.isLetterOrDigit(c) || PUNCTUATION.indexOf(c) >= 0);
    }
}
