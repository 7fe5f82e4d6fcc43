package org.pop2.storage.sql;

import io.r2dbc.spi.Readable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/** Columns that cannot be null. */
final class Rows {

    private Rows() {}

    static <T> T get(Readable row, int column, Class<T> type) {
        T value = row.get(column, type);
        if (value == null) {
            throw new StoreException(Reason.CORRUPT, "column " + column + " of a result is null");
        }
        return value;
    }
}
