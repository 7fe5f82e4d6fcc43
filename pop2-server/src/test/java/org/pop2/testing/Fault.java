package org.pop2.testing;

import java.time.Duration;
import java.util.List;

/**
 * Something that goes wrong at a place of the dialogue, until the test ends. Of several that were ordered for a place,
 * one for the {@linkplain #nth n-th time} counts more than one for every time, and else the last; a {@linkplain #delay
 * delay} may come with another fault.
 */
public final class Fault {
    private static final List<String> WITH_NUMBER = List.of("HELO", "FOLD", "READ", "ACKS", "ACKD", "NACK");

    private final Script script;
    private final String place;
    private int nth;

    Fault(Script script, String place) {
        this.script = script;
        this.place = place;
    }

    /** Only at the n-th time since the test began, from 1, counted over all connections; else every time. */
    public Fault nth(int n) {
        if (n < 1) {
            throw new IllegalArgumentException("the first is 1, not " + n);
        }
        nth = n;
        return this;
    }

    /** The line drops before the answer. */
    public void drop() {
        dropAfter(0);
    }

    /** The line drops after so many octets of the answer, a message's or a line's. */
    public void dropAfter(long octets) {
        order(new Script.Action.Drop(octets));
    }

    /**
     * The answer comes so much later, also if another fault spoils it. Answers to what the client has sent meanwhile
     * wait behind it.
     */
    public void delay(Duration time) {
        script.delay(place, nth, time);
    }

    /** Another line comes instead of the answer; if it begins with {@code -}, the connection is closed after it. */
    public void reply(String line) {
        order(new Script.Action.Say(line));
    }

    /**
     * The number in the answer, of messages or octets, is wrong by so much.
     *
     * @throws IllegalArgumentException at a place whose answer has no number: the greeting, RETR, QUIT
     */
    public void miscount(long by) {
        if (!WITH_NUMBER.contains(place)) {
            throw new IllegalArgumentException(
                    "the answer has no number: " + place + "; it is a matter of " + String.join(", ", WITH_NUMBER));
        }
        order(new Script.Action.Miscount(by));
    }

    /** Nothing is ever answered again on this connection, which stays open. */
    public void silence() {
        order(new Script.Action.Silence());
    }

    private void order(Script.Action action) {
        script.add(place, nth, action);
    }
}
