package org.pop2.storage.sql;

import io.r2dbc.spi.Readable;

/** How many messages were moved to or from what is deleted, and their octets. */
record Moved(long messages, long octets) {
    static final Moved NONE = new Moved(0, 0);

    static Moved of(Readable row) {
        return new Moved(Rows.get(row, 0, Long.class), Rows.get(row, 1, Long.class));
    }

    Moved plus(Moved other) {
        return new Moved(messages + other.messages, octets + other.octets);
    }
}
