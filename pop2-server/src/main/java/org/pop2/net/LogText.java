package org.pop2.net;

import java.util.Locale;
import java.util.regex.Pattern;

/** How the log and the metrics write what others have said, and our own constants. */
public final class LogText {
    private static final int MAX_TEXT = 80;
    private static final int MAX_WORDS = 200;

    private static final Pattern SYSTEM_CALL = Pattern.compile("^\\w+\\(\\.\\.\\) failed with error\\(-\\d+\\): ");

    private LogText() {}

    /** As the log, the metrics and the manual write a constant: {@code login-refused}. */
    public static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Nothing that could begin a new line, move a cursor or turn text around: such characters become {@code ?}. */
    public static String escape(String text) {
        return escape(text, '!', MAX_TEXT);
    }

    /** As {@link #escape}, for words with spaces between. */
    public static String escapeWords(String text) {
        return escape(text, ' ', MAX_WORDS);
    }

    /** What the system said, without the function and the number that Netty puts before it. */
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
