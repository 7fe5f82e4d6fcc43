package org.pop2.management;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** A bounded number of recent samples of the server's work, at equal intervals. Safe for many threads. */
final class Samples {
    static final Duration DISTANCE = Duration.ofSeconds(10);

    /** An hour. */
    static final int MOST = 360;

    /**
     * The work since the previous sample.
     *
     * @param octets sent to clients
     * @param messages sent completely
     * @param sessions at the end of the interval
     */
    record Sample(long octets, long messages, long sessions) {}

    private final Deque<Sample> samples = new ArrayDeque<>(MOST);
    private long lastOctets;
    private long lastMessages;

    /** Adds a sample, given the totals since the start of the server. */
    synchronized void add(long octets, long messages, long sessions) {
        if (samples.size() == MOST) {
            samples.removeFirst();
        }
        samples.addLast(new Sample(octets - lastOctets, messages - lastMessages, sessions));
        lastOctets = octets;
        lastMessages = messages;
    }

    /** Oldest first. */
    synchronized List<Sample> all() {
        return new ArrayList<>(samples);
    }
}
