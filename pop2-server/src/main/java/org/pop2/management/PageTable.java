package org.pop2.management;

import java.util.List;
import java.util.function.Supplier;

/**
 * A table that the program adds to the status page, for viewers who have the token.
 *
 * @param title of its section
 * @param columns their names
 * @param rows called whenever the page is shown, on a thread that may not block; each row has a text for each column
 */
public record PageTable(String title, List<String> columns, Supplier<List<List<String>>> rows) {
    /** @throws IllegalArgumentException without columns */
    public PageTable {
        columns = List.copyOf(columns);
        if (columns.isEmpty()) {
            throw new IllegalArgumentException(title + ": a table without columns");
        }
    }
}
