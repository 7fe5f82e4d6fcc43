package org.pop2.app.help;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** States and the ways between them, drawn as SVG: those in a row from left to right, the last one below. */
final class StateDiagram {
    private static final int WIDTH = 1080;
    private static final int HEIGHT = 330;
    private static final int ROW = 120;
    private static final int BELOW = 270;
    private static final int BOX_WIDTH = 92;
    private static final int BOX_HEIGHT = 44;
    private static final int MARGIN = 60;
    private static final int LINE = 15;

    /** A way from one state to another. */
    private record Way(String from, String to) {}

    private final String title;
    private final List<String> row;
    private final String below;
    /** What is said on each way, and what is answered. */
    private final Map<Way, Map<String, List<String>>> ways = new LinkedHashMap<>();

    StateDiagram(String title, List<String> row, String below) {
        this.title = title;
        this.row = List.copyOf(row);
        this.below = below;
    }

    void way(String from, String to, String said, String answer) {
        ways.computeIfAbsent(new Way(from, to), way -> new LinkedHashMap<>())
                .computeIfAbsent(answer, any -> new ArrayList<>())
                .add(said);
    }

    private int x(String state) {
        int at = state.equals(below) ? row.size() / 2 : row.indexOf(state);
        int step = (WIDTH - 2 * MARGIN - BOX_WIDTH) / (row.size() - 1);
        return MARGIN + BOX_WIDTH / 2 + at * step;
    }

    private int y(String state) {
        return state.equals(below) ? BELOW : ROW;
    }

    String svg() {
        StringBuilder out = new StringBuilder();
        out.append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ")
                .append(WIDTH)
                .append(' ')
                .append(HEIGHT)
                .append("\" role=\"img\" aria-label=\"")
                .append(title)
                .append("\">\n<title>")
                .append(title)
                .append("</title>\n");
        out.append("""
                <style>
                text { font: 13px system-ui, sans-serif; fill: #222; text-anchor: middle; }
                .state { font-weight: 600; font-size: 15px; }
                .answer { fill: #0b6e4f; font-family: ui-monospace, monospace; }
                rect { fill: #eef4fb; stroke: #2b5c8a; stroke-width: 1.5; }
                path { fill: none; stroke: #555; stroke-width: 1.3; marker-end: url(#head); }
                marker path { fill: #555; stroke: none; marker-end: none; }
                @media (prefers-color-scheme: dark) {
                  text { fill: #ddd; } .answer { fill: #7fd6b2; } rect { fill: #1d2a38; stroke: #7fb0dd; }
                  path { stroke: #aaa; } marker path { fill: #aaa; }
                }
                </style>
                <defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">\
                <path d="M0,0 L8,4 L0,8 z"/></marker></defs>
                """);
        ways.forEach((way, said) -> draw(way, said, out));
        for (String state : row) {
            box(state, out);
        }
        box(below, out);
        return out.append("</svg>\n").toString();
    }

    private void box(String state, StringBuilder out) {
        out.append("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n"
                .formatted(x(state) - BOX_WIDTH / 2, y(state) - BOX_HEIGHT / 2, BOX_WIDTH, BOX_HEIGHT));
        text(x(state), y(state) + 5, "state", state, out);
    }

    private void draw(Way way, Map<String, List<String>> said, StringBuilder out) {
        int from = x(way.from);
        int to = x(way.to);
        if (way.from.equals(way.to)) {
            int top = ROW - BOX_HEIGHT / 2;
            path(
                    "M%d,%d C%d,%d %d,%d %d,%d"
                            .formatted(from - 20, top, from - 34, top - 48, from + 34, top - 48, from + 20, top),
                    out);
            labels(from, top - 40 - said.size() * LINE, said, out);
        } else if (way.to.equals(below)) {
            int side = Integer.signum(to - from);
            line(from + side * 20, ROW + BOX_HEIGHT / 2, to - side * 30, BELOW - BOX_HEIGHT / 2, out);
            int middle = (2 * from + to) / 3 - (side == 0 ? -56 : side * 64);
            labels(middle, (ROW + BELOW) / 2 - LINE, said, out);
        } else if (to > from) {
            line(from + BOX_WIDTH / 2, ROW - 8, to - BOX_WIDTH / 2, ROW - 8, out);
            labels((from + to) / 2, ROW - 8 - 2 * LINE, said, out);
        } else {
            line(from - BOX_WIDTH / 2, ROW + 10, to + BOX_WIDTH / 2, ROW + 10, out);
            labels((from + to) / 2, ROW + 10 + LINE, said, out);
        }
    }

    private static void line(int fromX, int fromY, int toX, int toY, StringBuilder out) {
        path("M%d,%d L%d,%d".formatted(fromX, fromY, toX, toY), out);
    }

    private static void path(String data, StringBuilder out) {
        out.append("<path d=\"").append(data).append("\"/>\n");
    }

    /** Each line what is said, and under it what is answered. */
    private static void labels(int x, int y, Map<String, List<String>> said, StringBuilder out) {
        int line = y;
        for (Map.Entry<String, List<String>> each : said.entrySet()) {
            text(x, line, "said", String.join(" ", each.getValue()), out);
            line += LINE;
            if (!each.getKey().isEmpty()) {
                text(x, line, "answer", each.getKey(), out);
                line += LINE;
            }
        }
    }

    private static void text(int x, int y, String kind, String text, StringBuilder out) {
        out.append("<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n"
                .formatted(x, y, kind, text.replace("&", "&amp;").replace("<", "&lt;")));
    }
}
