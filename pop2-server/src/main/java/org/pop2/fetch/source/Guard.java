package org.pop2.fetch.source;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what a provider can make us keep in memory: the octets of an answer, the announced length of an IMAP literal,
 * and the header of a message by POP3.
 */
final class Guard {
    /** For the answer to a simple command. */
    static final long ANSWER = 1024 * 1024;

    /** For a list of all messages: enough for 200,000. */
    static final long LIST = 16L * 1024 * 1024;

    /** What an IMAP line takes of memory in Angus Mail, besides its octets. */
    private static final int LINE = 200;

    private static final int CR = '\r';
    private static final int LF = '\n';

    private final boolean literals;
    private long left = ANSWER;
    private long headerLeft = Long.MAX_VALUE;

    /** Whether the current line is empty so far: an empty line ends a header. */
    private boolean lineEmpty;

    /** Octets left of a literal, which are not examined. */
    private long literalLeft;

    /** The length announced so far; -1 outside an announcement. */
    private long announced = -1;

    private int last;

    /** Why reading failed; Angus Mail replaces it with a message of its own. */
    private @Nullable String failure;

    /** @param literals whether there are literals, as in IMAP */
    Guard(boolean literals) {
        this.literals = literals;
    }

    /** To be called before a command: most octets of its answer. */
    void expect(long octets) {
        expect(octets, Long.MAX_VALUE);
    }

    /** The same for a message, with the most octets of its header. */
    synchronized void expect(long octets, long header) {
        left = octets;
        headerLeft = header;
        lineEmpty = false;
    }

    /** Why the connection was given up; {@code null} unless this guard did it. */
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
