package org.pop2.fetch.source;

import java.util.Locale;

/**
 * What to do with a message at the provider once it is stored safely here.
 *
 * @param kind the action
 * @param folder the destination of a move; empty for other actions
 */
public record AtProvider(Kind kind, String folder) {
    public static final AtProvider KEEP = new AtProvider(Kind.KEEP, "");

    /** The actions. */
    public enum Kind {
        KEEP,
        MARK_SEEN,
        MOVE,
        DELETE
    }

    /**
     * Reads {@code keep}, {@code mark-seen}, {@code move:Folder} or {@code delete}.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static AtProvider of(String text) {
        String folder = text.startsWith("move:") ? text.substring("move:".length()) : "";
        boolean valid = folder.chars().noneMatch(Character::isISOControl) && folder.length() <= 255;
        if (!folder.isEmpty() && valid) {
            return new AtProvider(Kind.MOVE, folder);
        }
        return switch (text) {
            case "keep" -> KEEP;
            case "mark-seen" -> new AtProvider(Kind.MARK_SEEN, "");
            case "delete" -> new AtProvider(Kind.DELETE, "");
            default -> throw new IllegalArgumentException("expected keep, mark-seen, move:FOLDER or delete");
        };
    }

    /** Whether the action needs IMAP. */
    public boolean needsImap() {
        return kind == Kind.MARK_SEEN || kind == Kind.MOVE;
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', '-') + (folder.isEmpty() ? "" : ":" + folder);
    }
}
