package org.pop2.fetch.source;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what a provider can send, before anything is kept in memory for it: octets in answer to a command, the length
 * that it announces for a literal of IMAP, and the header of a message of POP3.
 */
final class Guard {
    /** An answer to a command that asks for little. */
    static final long ANSWER = 1024 * 1024;

    /** A list of all messages: 200,000 of them, and more. */
    static final long LIST = 16L * 1024 * 1024;

    /** What Angus Mail needs in memory for a line of IMAP, besides its octets. */
    private static final int LINE = 200;

    private static final int CR = '\r';
    private static final int LF = '\n';

    private final boolean literals;
    private long left = ANSWER;
    private long headerLeft = Long.MAX_VALUE;

    /** Octets of the last line that are an empty line so far, for the end of a header: 0, or 1 after a line end. */
    private boolean lineEmpty;

    /** Of a literal: its octets are looked at by nobody. */
    private long literalLeft;

    /** -1: no announcement; else what it says so far. */
    private long announced = -1;

    private int last;

    /** Why reading failed; Angus Mail tells its caller something of its own. */
    private @Nullable String failure;

    /** @param literals whether there are any, as in IMAP */
    Guard(boolean literals) {
        this.literals = literals;
    }

    /** Before a command: its answer has at most so many octets. */
    void expect(long octets) {
        expect(octets, Long.MAX_VALUE);
    }

    /** The same of a message, whose header ends after at most so many. */
    synchronized void expect(long octets, long header) {
        left = octets;
        headerLeft = header;
        lineEmpty = false;
    }

    /** Why the connection was given up; nothing if it was not for what came. */
    synchronized @Nullable String failure() {
        return failure;
    }

    private synchronized void see(byte[] octets, int from, int count) throws IOException {
        left -= count;
        if (left < 0) {
            throw failed("it sends more than was asked for");
        }
        for (int i = from; i < from + count; i++) {
            if (literalLeft > 0) {
                literalLeft--;
                continue;
            }
            int octet = octets[i] & 0xff;
            if (literals) {
                literal(octet);
                left -= octet == LF ? LINE : 0;
            }
            if (headerLeft != Long.MAX_VALUE) {
                header(octet);
            }
            last = octet;
        }
    }

    private void literal(int octet) throws IOException {
        if (octet == '{') {
            announced = 0;
        } else if (announced >= 0 && octet >= '0' && octet <= '9' && last != '}') {
            announced = Math.min(announced * 10 + octet - '0', Long.MAX_VALUE / 16);
        } else if (announced >= 0 && octet == LF && last == CR) {
            if (announced > left) {
                throw failed("it announces " + announced + " octets");
            }
            literalLeft = announced;
            announced = -1;
        } else if (!(octet == '}' && last != '{') && !(octet == CR && last == '}')) {
            announced = -1;
        }
    }

    private void header(int octet) throws IOException {
        headerLeft--;
        if (octet == LF) {
            if (lineEmpty) {
                headerLeft = Long.MAX_VALUE;
                return;
            }
            lineEmpty = true;
        } else if (octet != CR) {
            lineEmpty = false;
        }
        if (headerLeft < 0) {
            throw failed("the header of a message does not end");
        }
    }

    private IOException failed(String why) {
        failure = why;
        return new IOException(why);
    }

    InputStream over(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                int count = read(one, 0, 1);
                return count < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] octets, int from, int length) throws IOException {
                Objects.checkFromIndexSize(from, length, octets.length);
                int count = super.read(octets, from, length);
                if (count > 0) {
                    see(octets, from, count);
                }
                return count;
            }

            @Override
            public long skip(long count) throws IOException {
                byte[] some = new byte[(int) Math.min(8192, Math.max(count, 0))];
                return Math.max(0, read(some, 0, some.length));
            }

            @Override
            public boolean markSupported() {
                return false;
            }
        };
    }
}
