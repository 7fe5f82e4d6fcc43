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
import org.jsoup.nodes.DataNode;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.parser.Parser;
import org.jsoup.select.NodeFilter;
import org.jsoup.select.NodeTraversor;

/**
 * Converts HTML as a text browser does: paragraphs, lists, quotations, tables, and numbered links with their addresses
 * at the end. Hidden elements are left out; whatever else is left out is mentioned. Fetches nothing.
 */
final class HtmlText implements NodeFilter {
    /** Deepest nesting of elements; deeper ones are treated as siblings. */
    private static final int MAX_DEPTH = 256;

    /** Deepest nesting of pages; deeper ones are left out, with a note. */
    private static final int MAX_PAGES = 5;

    private static final int DEEPEST_INDENT = 20;

    /** Elements that contain no text of the page. All others are shown. */
    private static final Set<String> LEFT_OUT =
            Set.of("head", "script", "style", "template", "title", "desc", "metadata", "annotation", "annotation-xml");

    /** Elements whose content is the source of another page. */
    private static final Set<String> PAGES = Set.of("iframe", "noframes", "noembed");

    /** Types of inputs whose value is not visible text. */
    private static final Set<String> INPUTS_WITHOUT_TEXT =
            Set.of("hidden", "password", "checkbox", "radio", "file", "image", "color", "range");

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
            "textarea",
            "xmp",
            "listing",
            "plaintext",
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
            "summary",
            "select",
            "option",
            "optgroup",
            "object",
            "iframe",
            "dialog");
    /** Link targets that are not worth showing. */
    private static final Pattern NOWHERE = Pattern.compile("(?i)(?:#|javascript:|data:|cid:|about:).*");

    private final Transliteration transliteration;
    private final int width;
    private final List<String> lines = new ArrayList<>();
    private final StringBuilder current = new StringBuilder();
    /** Line prefixes of the open blocks. */
    private final Deque<String> indents = new ArrayDeque<>();
    /** Replaces the last prefix on the next line: the mark of an item. */
    private String mark = "";

    /** Prefix of the previous line, without the mark of an item. */
    private String lastPrefix = "";

    private boolean blankWanted;
    private int preformatted;
    /** Open tables; whether each is a data table. */
    private final Deque<Boolean> tables = new ArrayDeque<>();

    /** Open lists: the number of the last item, or a negative number. */
    private final Deque<int[]> counters = new ArrayDeque<>();

    private final Map<String, Integer> links = new LinkedHashMap<>();
    private final Deque<LinkStart> linkStarts = new ArrayDeque<>();

    private int pages;
    private boolean omitted;

    private record LinkStart(int lines, int column) {}

    private HtmlText(Transliteration transliteration, int width) {
        this.transliteration = transliteration;
        this.width = width;
    }

    static Rendered of(String html, Transliteration transliteration, int width) {
        Transliteration.Tally before = transliteration.tally();
        HtmlText text = new HtmlText(transliteration, width);
        text.page(html);
        return text.end(before);
    }

    private void page(String html) {
        if (pages == MAX_PAGES) {
            omitted |= !html.isBlank();
            return;
        }
        pages++;
        Document document = Parser.htmlParser().setMaxDepth(MAX_DEPTH).parseInput(html, "");
        NodeTraversor.filter(this, document.body());
        endLine();
        pages--;
    }

    @Override
    public FilterResult head(Node node, int depth) {
        if (node instanceof TextNode text) {
            text(text.getWholeText());
            return FilterResult.CONTINUE;
        }
        if (node instanceof DataNode text) {
            // of an element whose content is no markup: scripts and styles do not come here
            text(text.getWholeData());
            return FilterResult.CONTINUE;
        }
        if (!(node instanceof Element element)) {
            return FilterResult.SKIP_ENTIRELY;
        }
        String name = element.normalName();
        if (LEFT_OUT.contains(name) || Hidden.is(element)) {
            return FilterResult.SKIP_ENTIRELY;
        }
        open(element, name);
        if (PAGES.contains(name)) {
            page(element.attr("srcdoc"));
            page(element.data());
            return FilterResult.SKIP_ENTIRELY;
        }
        return FilterResult.CONTINUE;
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
            case "pre", "textarea", "xmp", "listing", "plaintext" -> preformatted++;
            case "ul", "menu", "dir" -> counters.addLast(new int[] {Integer.MIN_VALUE});
            case "ol" -> counters.addLast(new int[] {number(element, "start", 1) - 1});
            case "li" -> item(element);
            case "dd" -> indents.addLast("    ");
            case "table" -> tables.addLast(isData(element));
            case "a" -> linkStarts.addLast(new LinkStart(lines.size(), current.length()));
            case "img" -> bracketed(element, "alt", "title");
            case "input" -> input(element);
            case "optgroup" -> text(element.attr("label") + ": ");
            case "area" -> reference(element, "area", "href");
            case "iframe", "frame" -> reference(element, "frame", "src");
            case "sup" -> exponent(element);
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
            case "pre", "textarea", "xmp", "listing", "plaintext" -> preformatted--;
            case "ul", "menu", "dir", "ol" -> counters.removeLast();
            case "table" -> tables.removeLast();
            default -> {}
        }
        if (PARAGRAPHS.contains(name) && !isList(name, element)) {
            blankWanted = true;
        }
        return FilterResult.CONTINUE;
    }

    /** Lists within lists have no blank lines around them. */
    private static boolean isList(String name, Element element) {
        Element parent = element.parent();
        return (name.equals("ul") || name.equals("ol"))
                && parent != null
                && parent.normalName().equals("li");
    }

    private boolean isCellOfData(String name) {
        return (name.equals("td") || name.equals("th")) && Boolean.TRUE.equals(tables.peekLast());
    }

    /** Whether a table holds data, and is not used for layout: rows of several cells that contain only text. */
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

    private void item(Element item) {
        int[] counter = counters.peekLast();
        if (counter == null || counter[0] == Integer.MIN_VALUE) {
            mark = "* ";
        } else {
            counter[0] = number(item, "value", counter[0] + 1);
            mark = counter[0] + ". ";
        }
        indents.addLast(" ".repeat(mark.length()));
    }

    private static int number(Element element, String attribute, int otherwise) {
        String text = element.attr(attribute).strip();
        return text.matches("-?\\d{1,6}") ? Integer.parseInt(text) : otherwise;
    }

    /** Shows the first of these attributes that has text, in brackets. */
    private void bracketed(Element element, String... attributes) {
        for (String attribute : attributes) {
            String text = element.attr(attribute).strip();
            if (!text.isEmpty()) {
                text("[" + text + "]");
                return;
            }
        }
    }

    private void input(Element input) {
        String type = input.attr("type").toLowerCase(Locale.ROOT);
        if (type.equals("image")) {
            bracketed(input, "alt", "value");
        } else if (!INPUTS_WITHOUT_TEXT.contains(type)) {
            bracketed(input, "value", "placeholder");
        }
    }

    /** Marks an exponent, which would else look like further digits. */
    private void exponent(Element sup) {
        String raised = sup.text();
        char before = current.isEmpty() ? ' ' : current.charAt(current.length() - 1);
        if (Character.isLetterOrDigit(before) && raised.matches("[-+\u2212]?\\d+")) {
            current.append('^');
        }
    }

    /** Shows a reference to another page, with its address. */
    private void reference(Element element, String what, String attribute) {
        if (!address(element, attribute).isEmpty()) {
            LinkStart start = new LinkStart(lines.size(), current.length());
            String alternative = element.attr("alt").strip();
            text("[" + (alternative.isEmpty() ? what : alternative) + "]");
            link(address(element, attribute), start);
        }
    }

    /** The address in ASCII; empty if it leads nowhere. */
    private String address(Element element, String attribute) {
        String given = element.attr(attribute).strip();
        String whole = element.absUrl(attribute);
        return given.isEmpty() || NOWHERE.matcher(given).matches()
                ? ""
                : transliteration.line(whole.isEmpty() ? given : whole).replace(" ", "%20");
    }

    private void link(Element element, LinkStart start) {
        String attribute = element.hasAttr("href") ? "href" : "xlink:href";
        String address = address(element, attribute);
        if (!address.isEmpty()) {
            if (shown(start).isEmpty() && start.lines == lines.size()) {
                Element picture = element.selectFirst("img, svg, object, video");
                if (picture == null || isDot(picture)) {
                    // nothing to be seen
                    return;
                }
                text("[picture]");
            }
            link(address, start);
        }
    }

    /** Whether it is a tracking pixel. */
    private static boolean isDot(Element picture) {
        return picture.attr("width").matches("[01](?:px)?")
                || picture.attr("height").matches("[01](?:px)?");
    }

    /** The text of a link, if it is on one line. */
    private String shown(LinkStart start) {
        boolean oneLine = start.lines == lines.size() && start.column <= current.length();
        return oneLine ? current.substring(start.column).strip() : "";
    }

    private void link(String address, LinkStart start) {
        String shown = shown(start);
        String bare = address.replaceFirst("(?i)^(?:https?://(?:www\\.)?|mailto:|tel:)", "")
                .replaceFirst("/$", "");
        if (shown.equals(address) || shown.endsWith(bare)) {
            return;
        }
        int number = links.computeIfAbsent(address, key -> links.size() + 1);
        int end = current.length();
        boolean blank = end > 0 && current.charAt(end - 1) == ' ';
        current.append(blank ? "" : " ").append(Marks.link(number)).append(blank ? " " : "");
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

    /** Ends a line, even an empty one. */
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
        String first = mark.isEmpty()
                ? others
                : others.substring(0, Math.max(0, others.length() - mark.length())) + Marks.item(mark);
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

    private Rendered end(Transliteration.Tally before) {
        while (!lines.isEmpty() && lines.get(lines.size() - 1).isBlank()) {
            lines.remove(lines.size() - 1);
        }
        List<String> addresses = List.copyOf(links.keySet());
        List<String> sent = new ArrayList<>(lines.stream().map(Marks::sent).toList());
        List<String> said = new ArrayList<>(
                lines.stream().map(line -> Marks.said(line, addresses)).toList());
        if (!links.isEmpty()) {
            sent.add("");
            said.add("");
        }
        links.forEach((address, number) -> {
            Words.wrap("", "", "[" + number + "] " + address, Words.LONGEST, sent::add);
            while (said.size() < sent.size()) {
                // each piece of a long one says all of it
                said.add(address);
            }
        });
        return new Rendered(sent, said, transliteration.isIllegibleSince(before), omitted);
    }
}
