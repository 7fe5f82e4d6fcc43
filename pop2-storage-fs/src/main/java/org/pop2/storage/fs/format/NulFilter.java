package org.pop2.storage.fs.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Takes out the NULs that a program left which wrote behind the end of a mailbox that had become shorter: those at its
 * beginning, and long runs where a line would begin or right before a From_ line. An empty line comes in their place if
 * there is none before them, for two messages are not one. Others may be somebody's mail.
 */
final class NulFilter extends InputStream {
    /** A run of fewer NULs at the beginning of a line stays. */
    private static final int LONG = 64;

    private static final int BLOCK = 64 * 1024;

    private static final byte[] FROM = "From ".getBytes(StandardCharsets.US_ASCII);

    private final InputStream in;
    private final byte[] block = new byte[BLOCK];
    private int at;
    private int fill;
    private boolean ended;

    private boolean any;
    private byte last = '\n';
    /** Whether the line that is given out has anything in it, and the one before had nothing. */
    private boolean inLine;

    private boolean afterEmptyLine;
    /** Line feeds that take the place of NULs. */
    private int lineFeeds;

    /** NULs that are not decided on; then those still to be given out. */
    private long pending;

    private boolean giving;
    private long removed;

    NulFilter(InputStream in) {
        this.in = in;
    }

    /** How many were taken out so far. */
    long removed() {
        return removed;
    }

    /** Whether what was given out so far is nothing, or ends with a line feed. */
    boolean endsLine() {
        return last == '\n';
    }

    @Override
    public int read() throws IOException {
        while (true) {
            if (lineFeeds > 0) {
                lineFeeds--;
                return give((byte) '\n');
            }
            if (giving && pending > 0) {
                pending--;
                return give((byte) 0);
            }
            giving = false;
            if (at == fill && !fill()) {
                if (pending == 0) {
                    return -1;
                }
                decide();
                continue;
            }
            if (block[at] == 0) {
                at++;
                pending++;
                continue;
            }
            if (pending > 0) {
                decide();
                continue;
            }
            return give(block[at++]);
        }
    }

    /** The run is over. */
    private void decide() throws IOException {
        if (!any || (pending >= LONG && (last == '\n' || isSeparatorNext()))) {
            removed += pending;
            pending = 0;
            lineFeeds = !any || (last == '\n' && afterEmptyLine) ? 0 : last == '\n' ? 1 : 2;
        } else {
            giving = true;
        }
    }

    private boolean isSeparatorNext() throws IOException {
        if (fill - at < FROM.length && !ended) {
            System.arraycopy(block, at, block, 0, fill - at);
            fill -= at;
            at = 0;
            int more = in.readNBytes(block, fill, FROM.length - fill);
            fill += more;
        }
        return fill - at >= FROM.length && Arrays.equals(block, at, at + FROM.length, FROM, 0, FROM.length);
    }

    private int give(byte octet) {
        any = true;
        last = octet;
        if (octet == '\n') {
            afterEmptyLine = !inLine;
            inLine = false;
        } else {
            inLine |= octet != '\r';
        }
        return octet & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        int count = 0;
        while (count < length) {
            if (inLine && lineFeeds == 0 && pending == 0) {
                // the rest of a line passes as it is, up to a NUL
                int end = Math.min(fill, at + length - count);
                int start = at;
                while (at < end && block[at] != 0 && block[at] != '\n') {
                    at++;
                }
                if (at > start) {
                    System.arraycopy(block, start, into, from + count, at - start);
                    count += at - start;
                    last = block[at - 1];
                    continue;
                }
            }
            int octet = read();
            if (octet < 0) {
                return count == 0 ? -1 : count;
            }
            into[from + count++] = (byte) octet;
        }
        return count;
    }

    private boolean fill() throws IOException {
        if (ended) {
            return false;
        }
        at = 0;
        fill = Math.max(0, in.read(block, 0, block.length));
        ended = fill == 0;
        return !ended;
    }
}
