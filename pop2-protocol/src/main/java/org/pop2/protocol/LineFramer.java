package org.pop2.protocol;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Cuts a stream of octets, however sliced, into lines of at most {@value #MAX_LINE} octets, CRLF included (RFC 937 p.
 * 12). Bounded: it never holds more than one line. Not safe for threads.
 */
public final class LineFramer {
    /** Longest line, line end included. */
    public static final int MAX_LINE = 512;

    /** What {@link #next} found. */
    public enum Result {
        /** A line is complete: see {@link #line}. */
        LINE,
        /** The input is used up in the middle of a line, or at the end of one. */
        NEED_MORE,
        /** More than {@link #MAX_LINE} octets without a line end. Nothing can be read after this. */
        TOO_LONG,
        /** The first octets are a TLS handshake, which has no lines. Nothing can be read after this. */
        TLS_HANDSHAKE
    }

    private final byte[] buffer = new byte[MAX_LINE];
    private final ByteBuffer line = ByteBuffer.wrap(buffer);
    private int length;
    private boolean lineGiven;
    private boolean anyLineGiven;

    /** A framer at the start of a connection. */
    public LineFramer() {}

    /**
     * Takes octets from the input up to the end of a line. Call again, with the rest of the input, until it needs more.
     */
    public Result next(ByteBuffer input) {
        Result result = Result.NEED_MORE;
        while (result == Result.NEED_MORE && input.hasRemaining()) {
            result = next(input.get());
        }
        return result;
    }

    /** Takes one octet, for input that is not a {@link ByteBuffer}. */
    public Result next(byte octet) {
        if (lineGiven) {
            length = 0;
            lineGiven = false;
        }
        if (length == MAX_LINE) {
            return Result.TOO_LONG;
        }
        buffer[length++] = octet;
        if (octet == '\n') {
            lineGiven = true;
            anyLineGiven = true;
            return Result.LINE;
        }
        if (length == 1 && !anyLineGiven && octet == ForeignProtocol.TLS_HANDSHAKE) {
            return Result.TLS_HANDSHAKE;
        }
        return length == MAX_LINE ? Result.TOO_LONG : Result.NEED_MORE;
    }

    /**
     * The line found last, with its line end, LF or CRLF. Always the same buffer, and valid until the next call of
     * {@link #next}.
     */
    public ByteBuffer line() {
        if (!lineGiven) {
            throw new IllegalStateException("no line");
        }
        return line.limit(length).position(0);
    }

    /** Octets of an unfinished line that are held. */
    public int pending() {
        return lineGiven ? 0 : length;
    }

    /** Overwrites what is held, so that no password stays in memory. */
    public void wipe() {
        Arrays.fill(buffer, (byte) 0);
    }
}
