package org.pop2.app.help;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Text as the macros of mdoc(7) take it. */
final class Roff {
    /** A sentence ends there: the next begins a line, so that the formatter can tell. */
    private static final Pattern SENTENCE = Pattern.compile("(?<=(?:[a-z0-9)\"*']|[A-Z]{2})[.?!])\\s+(?=[A-Z0-9\"-])");

    private static final int WIDTH = 78;

    private final StringBuilder out = new StringBuilder();

    /** A line of macros, as it is. */
    Roff macro(String line) {
        out.append(line).append('\n');
        return this;
    }

    /** A paragraph, its sentences on lines of their own. */
    Roff text(String paragraph) {
        SENTENCE.splitAsStream(paragraph.replace('\n', ' ')).forEach(sentence -> wrap(escaped(sentence)));
        return this;
    }

    private void wrap(String sentence) {
        String rest = sentence;
        while (rest.length() > WIDTH) {
            int space = rest.lastIndexOf(' ', WIDTH);
            // a line of text does not begin with what would make it another thing
            while (space > 0 && (rest.charAt(space + 1) == '.' || rest.charAt(space + 1) == '\'')) {
                space = rest.lastIndexOf(' ', space - 1);
            }
            if (space <= 0) {
                break;
            }
            out.append(rest, 0, space).append('\n');
            rest = rest.substring(space + 1);
        }
        out.append(rest).append('\n');
    }

    /** A line of an example, as one would type it. */
    Roff literal(String line) {
        out.append(escaped(line).replace("-", "\\-").replace("'", "\\(aq").replace("~", "\\(ti"))
                .append('\n');
        return this;
    }

    /** What begins with two hyphens, as the argument of {@code Fl}. */
    static String flag(String option) {
        return option.substring(1).replace("-", "\\-");
    }

    static String escaped(String text) {
        StringBuilder ascii = new StringBuilder();
        text.replace("\\", "\\e").codePoints().forEach(c -> {
            if (c < 0x7f) {
                ascii.appendCodePoint(c);
            } else {
                ascii.append(String.format(Locale.ROOT, "\\[u%04X]", c));
            }
        });
        String escaped = ascii.toString();
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }

    /** A template, with each line {@code @name argument@} replaced by what somebody makes of it. */
    static String fill(String template, Filler filler) {
        Matcher mark = Pattern.compile("(?m)^@(\\w+) ?([^@\\n]*)@\\n").matcher(template);
        return mark.replaceAll(found -> Matcher.quoteReplacement(
                filler.of(found.group(1), List.of(found.group(2).split(" ", -1)))));
    }

    @FunctionalInterface
    interface Filler {
        String of(String name, List<String> arguments);
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
