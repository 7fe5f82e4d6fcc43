package org.pop2.app.cli;

import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a list: in columns with a header on a terminal, with tabs for programs, or as a JSON array with one object a
 * line.
 */
public final class Table implements AutoCloseable {
    private static final String NOTHING = "-";
    private static final int GAP = 2;

    private final Terminal terminal;
    private final boolean json;
    private final List<String> columns;
    /** Rows for a terminal; the widths of columns are known only at the end. */
    private final List<List<String>> kept = new ArrayList<>();

    private boolean any;

    /** @param columns names of JSON; the header has them in capitals */
    public Table(Terminal terminal, boolean json, String... columns) {
        this.terminal = terminal;
        this.json = json;
        this.columns = List.of(columns);
    }

    /** Adds a row; {@code null} stands for missing values. */
    public void row(@Nullable Object... values) {
        if (json) {
            Map<String, @Nullable Object> object = new LinkedHashMap<>();
            for (int i = 0; i < values.length; i++) {
                Object value = values[i];
                object.put(
                        columns.get(i),
                        value == null || value instanceof Number || value instanceof Boolean
                                ? value
                                : value.toString());
            }
            terminal.say(
                    (any ? " ," : "[ ") + ConfigValueFactory.fromMap(object).render(ConfigRenderOptions.concise()));
        } else {
            List<String> shown = new ArrayList<>();
            for (Object value : values) {
                shown.add(value == null ? NOTHING : value.toString());
            }
            if (terminal.isPerson()) {
                kept.add(shown);
            } else {
                terminal.say(String.join("\t", shown));
            }
        }
        any = true;
    }

    @Override
    public void close() {
        if (json) {
            terminal.say(any ? "]" : "[]");
        } else if (!kept.isEmpty()) {
            kept.add(
                    0,
                    columns.stream()
                            .map(name -> name.replace('_', ' ').toUpperCase(Locale.ROOT))
                            .toList());
            int[] widths = new int[columns.size()];
            for (List<String> row : kept) {
                for (int i = 0; i < row.size(); i++) {
                    widths[i] = Math.max(widths[i], row.get(i).length());
                }
            }
            kept.forEach(row -> terminal.say(padded(row, widths)));
        }
    }

    private static String padded(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < row.size(); i++) {
            line.append(row.get(i));
            if (i + 1 < row.size()) {
                line.append(" ".repeat(widths[i] - row.get(i).length() + GAP));
            }
        }
        return line.toString();
    }
}
