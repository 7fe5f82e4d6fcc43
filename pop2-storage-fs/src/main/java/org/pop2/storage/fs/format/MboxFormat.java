package org.pop2.storage.fs.format;

/**
 * How a mailbox file is read.
 *
 * @param quoting how lines are quoted at delivery and unquoted when sent
 * @param lenient whether a From_ line begins a message without an empty line before it
 * @param maxMessages most messages in one mailbox
 * @param blockSize octets of one read
 */
public record MboxFormat(Quoting quoting, boolean lenient, int maxMessages, int blockSize) {
    /** Large enough that a system call costs nothing, small enough for the second-level cache. */
    public static final int BLOCK = 64 * 1024;

    /**
     * Parses the setting {@code separator}.
     *
     * @throws IllegalArgumentException if it is neither {@code strict} nor {@code lenient}
     */
    public static boolean isLenient(String separator) {
        return switch (separator) {
            case "strict" -> false;
            case "lenient" -> true;
            default -> throw new IllegalArgumentException("separator: expected strict or lenient");
        };
    }
}
