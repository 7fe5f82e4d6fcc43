package org.pop2.storage;

import java.util.List;
import java.util.function.LongSupplier;

/** Numbers about a storage for its administrator; see {@link MailStore#metrics}. */
public interface StoreMetrics {

    /** All measures: always the same list. Their values are read repeatedly, on any thread. */
    List<Measure> measures();

    /**
     * A number of a storage.
     *
     * @param name words of small letters with dots between, the unit among them where there is one:
     *     {@code pool.connections}
     * @param description one line
     * @param kind how it changes over time
     * @param value read at once, without waiting for anything
     */
    record Measure(String name, String description, Kind kind, LongSupplier value) {
        /** @throws IllegalArgumentException if the name is malformed */
        public Measure {
            if (!name.matches("[a-z]+(\\.[a-z]+)*")) {
                throw new IllegalArgumentException("not the name of a measure: " + name);
            }
        }
    }

    /** How the number changes over time. */
    enum Kind {
        /** It goes up and down. */
        GAUGE,
        /** It only grows. */
        COUNTER
    }
}
