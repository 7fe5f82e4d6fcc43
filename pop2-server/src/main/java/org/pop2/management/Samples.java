package org.pop2.management;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What a server did lately, a bounded number of samples at equal distances. Safe for many threads. */
final class Samples {
    static final Duration DISTANCE = Duration.ofSeconds(10);

    /** An hour. */
    static final int MOST = 360;

    /**
     * What was done since the sample before.
     *
     * @param octets that clients took
     * @param messages that went out whole
     * @param sessions at its end
     */
    record Sample(long octets, long messages, long sessions) {}

    private final Deque<Sample> samples = new ArrayDeque<>(MOST);
    private long lastOctets;
    private long lastMessages;

    /** Numbers since the start of the server. */
    synchronized void add(long octets, long messages, long sessions) {
        if (samples.size() == MOST) {
            samples.removeFirst();
        }
        samples.addLast(new Sample(octets - lastOctets, messages - lastMessages, sessions));
        lastOctets = octets;
        lastMessages = messages;
    }

    /** The oldest first. */
    synchronized List<Sample> all() {
        return new ArrayList<>(samples);
    }
}
