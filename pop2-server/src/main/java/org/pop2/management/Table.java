package org.pop2.management;

import java.util.List;

/**
 * A table of the page. On a small screen each row is a card, so each cell has the name of its column as an attribute,
 * which is displayed beside it.
 */
final class Table {
    private final StringBuilder out;
    private final List<String> columns;
    private int column;

    private Table(StringBuilder out, List<String> columns) {
        this.out = out;
        this.columns = columns;
    }

    /** The layout on a small screen. */
    enum Kind {
        /** Each row is a card with column names. */
        CARDS("cards"),
        /** Each row is a card without column names; scrolls if there are many. */
        BRIEF("brief long"),
        /** An ordinary table: it is narrow enough. */
        NARROW("narrow");

        private final String style;

        Kind(String style) {
            this.style = style;
        }
    }

    /** @param name name of the scrolling region */
    static Table begin(StringBuilder out, Kind kind, String name, String... columns) {
        // roles, because a table that is laid out as cards is none any more to some browsers
        out.append("<div class=\"wide ")
                .append(kind.style)
                .append("\" tabindex=\"0\" role=\"region\" aria-label=\"")
                .append(Html.escape(name))
                .append("\">\n<table role=\"table\">\n<thead role=\"rowgroup\"><tr role=\"row\">");
        for (String column : columns) {
            out.append("<th scope=\"col\" role=\"columnheader\">")
                    .append(Html.escape(column))
                    .append("</th>");
        }
        out.append("</tr></thead>\n<tbody role=\"rowgroup\">\n");
        return new Table(out, List.of(columns));
    }

    Table row() {
        out.append("<tr role=\"row\">");
        column = 0;
        return this;
    }

    Table cell(String text) {
        return markup("", Html.escape(text));
    }

    /** A cell of any length. */
    Table name(String text) {
        return markup(" class=\"name\"", Html.escape(text));
    }

    /** A cell that contains markup. */
    Table markup(String html) {
        return markup("", html);
    }

    private Table markup(String attributes, String html) {
        out.append("<td role=\"cell\" data-label=\"")
                .append(Html.escape(columns.get(column)))
                .append('"')
                .append(attributes)
                .append('>')
                .append(html)
                .append("</td>");
        column++;
        return this;
    }

    void endRow() {
        out.append("</tr>\n");
    }

    void end() {
        out.append("</tbody>\n</table>\n</div>\n");
    }
}
