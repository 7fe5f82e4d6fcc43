package org.pop2.storage.fs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * Identifies a message by 122 bits: a polynomial with its octets as coefficients, evaluated at two random points that
 * only this process knows. So nobody can construct two messages with equal fingerprints, at a fraction of the cost of a
 * cryptographic hash. Takes octets in wire form, in pieces of any size.
 */
final class Fingerprint {
    /** A prime: 2^61 - 1. */
    private static final long PRIME = (1L << 61) - 1;
    /** Octets of a coefficient, which must be less than the prime. */
    private static final int WORD = 7;

    private static final long WORD_MASK = (1L << (8 * WORD)) - 1;
    private static final long FIRST_PLACE = place();
    private static final long SECOND_PLACE = place();

    /** The polynomial's value at both places. */
    record Value(long first, long second) {}

    private long first;
    private long second;
    private long length;
    /** Octets of an incomplete word, the first in the lowest bits. */
    private long rest;

    private int restOctets;

    private static long place() {
        // a small one would leave short messages near each other
        return (1L << 60) | (new SecureRandom().nextLong() & ((1L << 60) - 1));
    }

    /** Adds the remaining octets of a buffer, without consuming them. */
    void add(ByteBuffer octets) {
        ByteBuffer from = octets.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        length += from.remaining();
        while (restOctets > 0 && from.hasRemaining()) {
            addOctet(from.get());
        }
        int at = from.position();
        int last = from.limit() - Long.BYTES;
        long one = first;
        long two = second;
        while (at <= last) {
            long word = from.getLong(at) & WORD_MASK;
            one = step(one, FIRST_PLACE, word);
            two = step(two, SECOND_PLACE, word);
            at += WORD;
        }
        first = one;
        second = two;
        from.position(at);
        while (from.hasRemaining()) {
            addOctet(from.get());
        }
    }

    private void addOctet(byte octet) {
        rest |= (octet & 0xffL) << (8 * restOctets);
        restOctets++;
        if (restOctets == WORD) {
            first = step(first, FIRST_PLACE, rest);
            second = step(second, SECOND_PLACE, rest);
            rest = 0;
            restOctets = 0;
        }
    }

    /** The value of what was added so far. */
    Value value() {
        return new Value(end(first, FIRST_PLACE), end(second, SECOND_PLACE));
    }

    private long end(long value, long place) {
        return step(step(value, place, rest), place, length & WORD_MASK);
    }

    private static long step(long value, long place, long word) {
        long high = Math.multiplyHigh(value, place);
        long low = value * place;
        long product = (low & PRIME) + ((low >>> 61) | (high << 3));
        long sum = (product & PRIME) + (product >>> 61) + word;
        return sum >= PRIME ? sum - PRIME : sum;
    }
}
