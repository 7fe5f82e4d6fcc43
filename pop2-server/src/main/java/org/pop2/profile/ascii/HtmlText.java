package org.pop2.profile.ascii;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.parser.Parser;
import org.jsoup.select.NodeFilter;
import org.jsoup.select.NodeTraversor;

/**
 * HTML as a text browser shows it: paragraphs, lists, quotations, tables; links numbered, with their addresses at the
 * end. What is not to be seen is left out. Nothing is fetched.
 */
final class HtmlText implements NodeFilter {
    /** Elements within elements; deeper ones are put beside each other. */
    private static final int MAX_DEPTH = 256;

    private static final int MAX_LINKS = 200;
    private static final int DEEPEST_INDENT = 20;

    private static final Set<String> LEFT_OUT = Set.of(
            "head",
            "script",
            "style",
            "template",
            "title",
            "object",
            "iframe",
            "svg",
            "math",
            "noframes",
            "select",
            "textarea",
            "audio",
            "video",
            "canvas",
            "map");
    private static final Set<String> PARAGRAPHS = Set.of(
            "p",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "ul",
            "ol",
            "dl",
            "blockquote",
            "pre",
            "table",
            "fieldset",
            "figure");
    private static final Set<String> BLOCKS = Set.of(
            "div",
            "section",
            "article",
            "header",
            "footer",
            "main",
            "nav",
            "aside",
            "address",
            "center",
            "form",
            "li",
            "dt",
            "dd",
            "tr",
            "td",
            "th",
            "caption",
            "thead",
            "tbody",
            "tfoot",
            "body",
            "html",
            "legend",
            "figcaption",
            "details",
            "summary");
    private static final Pattern HIDDEN =
            Pattern.compile("(?i)(?:^|[;\\s])(?:display\\s*:\\s*none|visibility\\s*:\\s*hidden|mso-hide\\s*:\\s*all)");
    private static final Pattern ADDRESS = Pattern.compile("(?i)(?:https?|ftp|mailto|tel):\\S.*");

    private final Transliteration transliteration;
    private final int width;
    private final List<String> lines = new ArrayList<>();
    private final StringBuilder current = new StringBuilder();
    /** What the lines of the blocks that are open begin with. */
    private final Deque<String> indents = new ArrayDeque<>();
    /** What the next line begins with instead of the last of them: the mark of an item. */
    private String mark = "";

    /** What the line before begins with, without the mark of an item. */
    private String lastPrefix = "";

    private boolean blankWanted;
    private int preformatted;
    /** Tables that are open, with whether each is one of data. */
    private final Deque<Boolean> tables = new ArrayDeque<>();

    private final Deque<int[]> counters = new ArrayDeque<>();
    private final Map<String, Integer> links = new LinkedHashMap<>();
    private final Deque<LinkStart> linkStarts = new ArrayDeque<>();

    private record LinkStart(int lines, int column) {}

    private HtmlText(Transliteration transliteration, int width) {
        this.transliteration = transliteration;
        this.width = width;
    }

    static List<String> of(String html, Transliteration transliteration, int width) {
        Document document = Parser.htmlParser().setMaxDepth(MAX_DEPTH).parseInput(html, "");
        HtmlText text = new HtmlText(transliteration, width);
        NodeTraversor.filter(text, document.body());
        text.end();
        return text.lines;
    }

    @Override
    public FilterResult head(Node node, int depth) {
        if (node instanceof TextNode text) {
            text(text.getWholeText());
            return FilterResult.CONTINUE;
        }
        if (!(node instanceof Element element)) {
            return FilterResult.SKIP_ENTIRELY;
        }
        String name = element.normalName();
        if (LEFT_OUT.contains(name) || isHidden(element)) {
            return FilterResult.SKIP_ENTIRELY;
        }
        open(element, name);
        return FilterResult.CONTINUE;
    }

    private static boolean isHidden(Element element) {
        return element.hasAttr("hidden")
                || HIDDEN.matcher(element.attr("style")).find();
    }

    private void open(Element element, String name) {
        if (PARAGRAPHS.contains(name) && !isList(name, element)) {
            paragraph();
        } else if (BLOCKS.contains(name) && !isCellOfData(name)) {
            endLine();
        }
        switch (name) {
            case "br" -> lineBreak();
            case "hr" -> {
                paragraph();
                current.append("-".repeat(Math.max(1, Math.min(width - prefix().length(), 72))));
                paragraph();
            }
            case "blockquote" -> indents.addLast("> ");
            case "pre" -> preformatted++;
            case "ul", "menu", "dir" -> counters.addLast(new int[] {-1});
            case "ol" -> counters.addLast(new int[] {0});
            case "li" -> item();
            case "dd" -> indents.addLast("    ");
            case "table" -> tables.addLast(isData(element));
            case "a" -> linkStarts.addLast(new LinkStart(lines.size(), current.length()));
            case "img" -> image(element);
            case "input" -> {
                if (Set.of("submit", "button").contains(element.attr("type").toLowerCase(Locale.ROOT))) {
                    text("[" + element.attr("value") + "]");
                }
            }
            default -> {}
        }
    }

    @Override
    public FilterResult tail(Node node, int depth) {
        if (!(node instanceof Element element)) {
            return FilterResult.CONTINUE;
        }
        String name = element.normalName();
        if (name.equals("a")) {
            link(element, linkStarts.removeLast());
        }
        if (isCellOfData(name)) {
            current.append(current.isEmpty() || element.nextElementSibling() == null ? "" : " | ");
        } else if (PARAGRAPHS.contains(name) || BLOCKS.contains(name)) {
            endLine();
        }
        switch (name) {
            case "blockquote", "dd" -> indents.removeLast();
            case "li" -> {
                indents.removeLast();
                // an item in which there was nothing
                mark = "";
            }
            case "pre" -> preformatted--;
            case "ul", "menu", "dir", "ol" -> counters.removeLast();
            case "table" -> tables.removeLast();
            default -> {}
        }
        if (PARAGRAPHS.contains(name) && !isList(name, element)) {
            blankWanted = true;
        }
        return FilterResult.CONTINUE;
    }

    /** A list within a list stands close. */
    private static boolean isList(String name, Element element) {
        Element parent = element.parent();
        return (name.equals("ul") || name.equals("ol"))
                && parent != null
                && parent.normalName().equals("li");
    }

    private boolean isCellOfData(String name) {
        return (name.equals("td") || name.equals("th")) && Boolean.TRUE.equals(tables.peekLast());
    }

    /** Whether a table is one, and not the layout of a page: rows of several cells in which there are but words. */
    private static boolean isData(Element table) {
        boolean columns = false;
        Node node = table;
        int depth = 0;
        int seen = 0;
        // by hand: a selector would look at all of a page for each of the tables around it
        while (node != null && seen++ < 5_000) {
            if (depth > 0 && node instanceof Element element) {
                String name = element.normalName();
                if (name.equals("td") || name.equals("th")) {
                    columns |= element.nextElementSibling() != null;
                } else if (PARAGRAPHS.contains(name) || name.equals("div") || name.equals("br") || name.equals("hr")) {
                    return false;
                }
            }
            if (node.childNodeSize() > 0) {
                node = node.childNode(0);
                depth++;
                continue;
            }
            while (node != null && depth > 0 && node.nextSibling() == null) {
                node = node.parent();
                depth--;
            }
            node = node == null || depth == 0 ? null : node.nextSibling();
        }
        return columns && node == null;
    }

    private void item() {
        int[] counter = counters.peekLast();
        if (counter == null || counter[0] < 0) {
            mark = "* ";
        } else {
            counter[0]++;
            mark = counter[0] + ". ";
        }
        indents.addLast(" ".repeat(mark.length()));
    }

    private void image(Element image) {
        String alternative = image.attr("alt").strip();
        if (!alternative.isEmpty()) {
            text("[" + alternative + "]");
        }
    }

    private void link(Element element, LinkStart start) {
        String address = element.attr("href").strip();
        if (!ADDRESS.matcher(address).matches() || address.length() > Words.LONGEST - 20) {
            return;
        }
        boolean oneLine = start.lines == lines.size() && start.column <= current.length();
        String shown = oneLine ? current.substring(start.column).strip() : "";
        String ascii = transliteration.line(address).replace(" ", "%20");
        String bare = ascii.replaceFirst("(?i)^(?:https?://(?:www\\.)?|mailto:|tel:)", "")
                .replaceFirst("/$", "");
        if (shown.equals(ascii) || shown.endsWith(bare) || (links.size() >= MAX_LINKS && !links.containsKey(ascii))) {
            return;
        }
        if (shown.isEmpty() && oneLine) {
            // nothing to be seen: the picture of a page that counts its readers
            return;
        }
        int number = links.computeIfAbsent(ascii, key -> links.size() + 1);
        int end = current.length();
        boolean blank = end > 0 && current.charAt(end - 1) == ' ';
        current.append(blank ? "[" : " [").append(number).append(blank ? "] " : "]");
    }

    private void text(String text) {
        String ascii = transliteration.of(text);
        for (int i = 0; i < ascii.length(); i++) {
            char c = ascii.charAt(i);
            if (preformatted > 0) {
                if (c == '\n') {
                    lineBreak();
                } else {
                    current.append(c);
                }
            } else if (!Words.isBlank(c)) {
                current.append(c);
            } else if (!current.isEmpty() && current.charAt(current.length() - 1) != ' ') {
                current.append(' ');
            }
        }
    }

    private void paragraph() {
        endLine();
        blankWanted = true;
    }

    /** Ends a line though there may be nothing in it. */
    private void lineBreak() {
        if (current.isEmpty()) {
            if (!lines.isEmpty() && !lines.get(lines.size() - 1).isEmpty()) {
                lines.add(Words.stripped(prefix()));
            }
        } else {
            endLine();
        }
    }

    private void endLine() {
        String text = Words.stripped(current);
        current.setLength(0);
        if (text.isBlank()) {
            return;
        }
        if (blankWanted && !lines.isEmpty() && !lines.get(lines.size() - 1).isBlank()) {
            lines.add(between(lastPrefix, prefix()));
        }
        blankWanted = false;
        String others = prefix();
        String first =
                mark.isEmpty() ? others : others.substring(0, Math.max(0, others.length() - mark.length())) + mark;
        mark = "";
        lastPrefix = others;
        if (preformatted > 0 && others.length() + text.length() <= Words.LONGEST) {
            lines.add(Words.stripped(first + text));
        } else {
            Words.wrap(first, others, text, width, lines::add);
        }
    }

    private String prefix() {
        String prefix = String.join("", indents);
        return prefix.length() <= Math.min(DEEPEST_INDENT, width / 2)
                        || (!mark.isEmpty() && prefix.length() <= width / 2)
                ? prefix
                : shortened(prefix);
    }

    private String shortened(String prefix) {
        return prefix.substring(prefix.length() - Math.max(mark.length(), Math.min(DEEPEST_INDENT, width / 2)));
    }

    /** For a blank line between two others: it is quoted as far as both are. */
    private static String between(String before, String after) {
        int common = 0;
        for (int i = 0; i < Math.min(before.length(), after.length()) && before.charAt(i) == after.charAt(i); i++) {
            common = before.charAt(i) == '>' ? i + 1 : common;
        }
        return before.substring(0, common);
    }

    private void end() {
        endLine();
        while (!lines.isEmpty() && lines.get(lines.size() - 1).isBlank()) {
            lines.remove(lines.size() - 1);
        }
        if (!links.isEmpty()) {
            lines.add("");
            links.forEach(
                    (address, number) -> Words.wrap("", "", "[" + number + "] " + address, Words.LONGEST, lines::add));
        }
    }
}
