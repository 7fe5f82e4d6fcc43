package org.pop2.net;

import java.util.Locale;
import java.util.regex.Pattern;

/** How log and metrics write texts of others, and our own constants. */
public final class LogText {
    private static final int MAX_TEXT = 80;
    private static final int MAX_WORDS = 200;

    private static final Pattern SYSTEM_CALL = Pattern.compile("^\\w+\\(\\.\\.\\) failed with error\\(-\\d+\\): ");

    private LogText() {}

    /** A constant as log, metrics and manual write it: {@code login-refused}. */
    public static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Replaces characters that could begin a new line, move a cursor or change the direction of text by {@code ?}. */
    public static String escape(String text) {
        return escape(text, '!', MAX_TEXT);
    }

    /** As {@link #escape}, but keeps spaces. */
    public static String escapeWords(String text) {
        return escape(text, ' ', MAX_WORDS);
    }

    /** The operating system's error text, without the function and number that Netty adds. */
    public static String systemError(Throwable error) {
        return SYSTEM_CALL.matcher(String.valueOf(error.getMessage())).replaceFirst("");
    }

    private static String escape(String text, char first, int most) {
        if (text.length() <= most && isPrintable(text, first)) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        text.codePoints()
                .limit(most)
                .forEach(c -> out.appendCodePoint(Character.isLetterOrDigit(c) || (c >= first && c < 0x7f) ? c : '?'));
        return out.toString();
    }

    private static boolean isPrintable(String text, char first) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < first || text.charAt(i) >= 0x7f) {
                return false;
            }
        }
        return true;
    }
}
