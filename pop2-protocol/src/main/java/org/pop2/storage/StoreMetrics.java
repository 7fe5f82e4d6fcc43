package org.pop2.storage;

import java.util.List;
import java.util.function.LongSupplier;

/** How a storage is, for those who watch it ({@link MailStore#metrics}). */
public interface StoreMetrics {

    /** What there is to see. The same list whenever it is asked for; read again and again, on any thread. */
    List<Measure> measures();

    /**
     * A number of a storage.
     *
     * @param name words of small letters with dots between, the unit among them where there is one:
     *     {@code pool.connections}
     * @param description one line
     * @param kind what it does in the course of time
     * @param value read at once, without waiting for anything
     */
    record Measure(String name, String description, Kind kind, LongSupplier value) {
        /** @throws IllegalArgumentException if the name is none */
        public Measure {
            if (!name.matches("[a-z]+(\\.[a-z]+)*")) {
                throw new IllegalArgumentException("not the name of a measure: " + name);
            }
        }
    }

    /** What a number does in the course of time. */
    enum Kind {
        /** It goes up and down. */
        GAUGE,
        /** It only grows. */
        COUNTER
    }
}
