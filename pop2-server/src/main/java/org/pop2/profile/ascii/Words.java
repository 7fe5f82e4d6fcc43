package org.pop2.profile.ascii;

import java.util.function.Consumer;

/** Breaks ASCII text at blanks into lines that fit. */
final class Words {
    /** A line of this many octets at most, whatever stands in it: RFC 5322 p. 7, without the CRLF. */
    static final int LONGEST = 998;

    private Words() {}

    /**
     * A paragraph. A word that is longer than a line stands in a line of its own, unbroken, as it may be an address
     * that is to be copied; only what is longer than {@value #LONGEST} is broken.
     *
     * @param first what the first line begins with
     * @param others what the others begin with
     */
    static void wrap(String first, String others, String text, int width, Consumer<String> lines) {
        StringBuilder line = new StringBuilder(first);
        boolean empty = true;
        int at = 0;
        int length = text.length();
        while (at < length) {
            int start = at;
            while (start < length && isBlank(text.charAt(start))) {
                start++;
            }
            int end = start;
            while (end < length && !isBlank(text.charAt(end))) {
                end++;
            }
            if (end == start) {
                break;
            }
            // blanks within a line stay as they are: somebody may have drawn something
            int blanks = empty ? 0 : start - at;
            if (!empty && line.length() + blanks + end - start > width) {
                lines.accept(stripped(line));
                line.setLength(0);
                line.append(others);
                blanks = 0;
            }
            line.append(" ".repeat(Math.min(blanks, LONGEST / 2)));
            while (end - start > LONGEST - line.length()) {
                int part = Math.max(1, LONGEST - line.length());
                line.append(text, start, start + part);
                lines.accept(line.toString());
                line.setLength(0);
                line.append(others);
                start += part;
            }
            line.append(text, start, end);
            empty = false;
            at = end;
        }
        lines.accept(stripped(line));
    }

    static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\n';
    }

    static String stripped(CharSequence text) {
        int end = text.length();
        while (end > 0 && isBlank(text.charAt(end - 1))) {
            end--;
        }
        return text.subSequence(0, end).toString();
    }
}
