package org.pop2.profile.ascii;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Marks that conversion adds to text of HTML: numbers of links and marks of items. Control characters, which
 * transliterated text does not contain, delimit them until the text is complete, so that they can be ignored when two
 * texts are compared.
 */
final class Marks {
    private static final char LINK = '\u0001';
    private static final char ITEM = '\u0002';
    private static final Pattern NUMBER = Pattern.compile("\\[" + LINK + "(\\d+)]");
    private static final Pattern MARK = Pattern.compile(ITEM + "\\S+ ");

    private Marks() {}

    /** The number of a link, from 1. */
    static String link(int number) {
        return "[" + LINK + number + "]";
    }

    /** The mark of an item; empty if it has none. */
    static String item(String mark) {
        return mark.isEmpty() ? "" : ITEM + mark;
    }

    /** The line as sent. */
    static String sent(String line) {
        return line.indexOf(LINK) < 0 && line.indexOf(ITEM) < 0
                ? line
                : line.replace("" + LINK, "").replace("" + ITEM, "");
    }

    /** The line for comparison: with addresses instead of link numbers, and without marks. */
    static String said(String line, List<String> addresses) {
        if (line.indexOf(LINK) < 0 && line.indexOf(ITEM) < 0) {
            return line;
        }
        return NUMBER.matcher(MARK.matcher(line).replaceFirst(""))
                .replaceAll(match ->
                        Matcher.quoteReplacement(" " + addresses.get(Integer.parseInt(match.group(1)) - 1) + " "));
    }
}
