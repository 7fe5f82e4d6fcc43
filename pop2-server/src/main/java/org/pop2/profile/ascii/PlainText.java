package org.pop2.profile.ascii;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Text as it is in mail, made lines of ASCII that fit; paragraphs of format=flowed (RFC 3676) are put together first.
 */
final class PlainText {
    private static final String SIGNATURE = "-- ";

    private final Transliteration transliteration;
    private final int width;

    PlainText(Transliteration transliteration, int width) {
        this.transliteration = transliteration;
        this.width = width;
    }

    /** Lines of their own, each quoted as it was. */
    void fixed(String text, Consumer<String> lines) {
        for (String line : lines(text)) {
            fixedLine(line, lines);
        }
    }

    private void fixedLine(String line, Consumer<String> lines) {
        // some programs leave it in what they call plain
        String ascii = transliteration.of(line.replace("&nbsp;", " "));
        for (String part : ascii.split("\n", -1)) {
            if (part.equals(SIGNATURE)) {
                lines.accept(part);
                continue;
            }
            String stripped = Words.stripped(part);
            if (stripped.length() <= width) {
                lines.accept(stripped);
            } else {
                int start = afterPrefix(stripped);
                String prefix = stripped.substring(0, start);
                Words.wrap(prefix, isQuote(prefix) ? prefix : "", stripped.substring(start), width, lines);
            }
        }
    }

    /** Behind the blanks and the marks of quoting that a line begins with, unless they take half of it. */
    private int afterPrefix(String line) {
        int at = 0;
        while (at < line.length() && at <= width / 2 && (line.charAt(at) == '>' || Words.isBlank(line.charAt(at)))) {
            at++;
        }
        return at > width / 2 ? 0 : at;
    }

    private static boolean isQuote(String prefix) {
        return prefix.indexOf('>') >= 0;
    }

    /**
     * @param deletesSpace whether the blank that a line flows with belongs to the format, and not to the text (DelSp)
     */
    void flowed(String text, boolean deletesSpace, Consumer<String> lines) {
        StringBuilder paragraph = new StringBuilder();
        boolean open = false;
        int depth = 0;
        for (String line : lines(text)) {
            int quoted = 0;
            while (quoted < line.length() && line.charAt(quoted) == '>') {
                quoted++;
            }
            String content = line.substring(quoted);
            if (content.startsWith(" ")) {
                content = content.substring(1);
            }
            boolean signature = content.equals(SIGNATURE);
            if (open && (quoted != depth || signature)) {
                // a paragraph ends where the depth changes (RFC 3676 p. 9)
                flowedParagraph(paragraph, depth, lines);
                open = false;
            }
            if (signature) {
                lines.accept(quotes(quoted) + SIGNATURE);
                continue;
            }
            boolean flows = content.endsWith(" ");
            paragraph.append(flows && deletesSpace ? content.substring(0, content.length() - 1) : content);
            depth = quoted;
            open = true;
            if (!flows) {
                flowedParagraph(paragraph, depth, lines);
                open = false;
            }
        }
        if (open) {
            flowedParagraph(paragraph, depth, lines);
        }
    }

    private void flowedParagraph(StringBuilder paragraph, int depth, Consumer<String> lines) {
        String prefix = quotes(depth);
        for (String part : transliteration.of(paragraph.toString()).split("\n", -1)) {
            String indent =
                    part.substring(0, part.length() - part.stripLeading().length());
            if (indent.length() > width / 2) {
                indent = "";
            }
            if (prefix.length() + Words.stripped(part).length() <= width) {
                lines.accept(Words.stripped(prefix + part));
            } else {
                Words.wrap(prefix + indent, prefix, part, width, lines);
            }
        }
        paragraph.setLength(0);
    }

    private String quotes(int depth) {
        return depth == 0 ? "" : ">".repeat(Math.min(depth, width / 2)) + " ";
    }

    /** What RFC 1896 has, without what it asks a printer for. */
    void enriched(String text, Consumer<String> lines) {
        String plain = text.replaceAll("(?is)<param>.{0,1000}?</param>", "")
                .replaceAll("(?i)<(?!<)/?[a-z0-9-]{1,60}>", "")
                .replace("<<", "<");
        StringBuilder paragraph = new StringBuilder();
        for (String line : lines(plain)) {
            // one line end is a blank, more are as many less one
            if (line.isEmpty()) {
                Words.wrap("", "", transliteration.of(paragraph.toString()), width, lines);
                paragraph.setLength(0);
            } else {
                paragraph.append(line).append(' ');
            }
        }
        if (!paragraph.isEmpty()) {
            Words.wrap("", "", transliteration.of(paragraph.toString()), width, lines);
        }
    }

    private static List<String> lines(String text) {
        List<String> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n' || c == '\r') {
                lines.add(text.substring(start, i));
                if (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
                    i++;
                }
                start = i + 1;
            }
        }
        if (start < text.length()) {
            lines.add(text.substring(start));
        }
        return lines;
    }
}
