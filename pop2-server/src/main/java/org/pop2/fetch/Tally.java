package org.pop2.fetch;

import java.io.IOException;

/** Counts what a run does, and tells an observer. */
final class Tally {
    /** Messages refused for now after which a run gives up: probably there is no room for any. */
    private static final int MOST_REFUSED = 10;

    private final FetchObserver observer;
    private long stored;
    private long octets;
    private long refused;
    private long refusedForNow;
    private long left;

    Tally(FetchObserver observer) {
        this.observer = observer;
    }

    void stored(String key, long more) {
        stored++;
        octets += more;
        observer.stored(key, more);
    }

    /** @param why the target's word, or why it could not be read */
    void refused(String key, IOException why) {
        refused++;
        boolean forGood = why instanceof DeliveryException it && it.kind() == DeliveryException.Kind.REJECTED;
        refusedForNow += forGood ? 0 : 1;
        observer.refused(key, why);
    }

    void left(String key, String why) {
        left++;
        observer.left(key, why);
    }

    /** Whether so many were refused that the run had better end. */
    boolean isEnough() {
        return refusedForNow >= MOST_REFUSED;
    }

    FetchResult result() {
        return new FetchResult(stored, octets, refused, left);
    }
}
