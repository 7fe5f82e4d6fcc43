package org.pop2.storage.fs;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fingerprints of the messages that a session has been shown, by number. Safe for many threads. */
final class Shown {
    private static final int PAGE = 1024;

    /** Two longs for each message, by number. */
    private final Map<Integer, long[]> pages = new HashMap<>();

    synchronized void record(int number, Fingerprint.Value value) {
        long[] page = pages.computeIfAbsent(number / PAGE, made -> new long[2 * PAGE]);
        page[number % PAGE * 2] = value.first();
        page[number % PAGE * 2 + 1] = value.second();
    }

    /** Whether the message shown under that number had that fingerprint. */
    synchronized boolean isThat(int number, Fingerprint.Value value) {
        return value.equals(of(number));
    }

    private Fingerprint.@Nullable Value of(int number) {
        long[] page = pages.get(number / PAGE);
        if (page == null) {
            return null;
        }
        long first = page[number % PAGE * 2];
        long second = page[number % PAGE * 2 + 1];
        // no message has both zero: its length is in them
        return first == 0 && second == 0 ? null : new Fingerprint.Value(first, second);
    }
}
