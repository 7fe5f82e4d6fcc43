package org.pop2.storage.fs.format;

import java.io.IOException;
import java.io.InputStream;

/**
 * Takes out the NULs that a program left which wrote behind the end of a mailbox that had become shorter: those at its
 * beginning, and long runs where a line would begin. Others may be somebody's mail.
 */
final class NulFilter extends InputStream {
    /** A run of fewer NULs at the beginning of a line stays. */
    private static final int LONG = 64;

    private static final int BLOCK = 64 * 1024;

    private final InputStream in;
    private final byte[] block = new byte[BLOCK];
    private int at;
    private int fill;
    private boolean ended;

    private boolean any;
    private byte last = '\n';
    /** NULs at the beginning of a line that are not decided on; then those still to be given out. */
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
            if (block[at] == 0 && (pending > 0 || last == '\n')) {
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
    private void decide() {
        if (!any || pending >= LONG) {
            removed += pending;
            pending = 0;
        } else {
            giving = true;
        }
    }

    private int give(byte octet) {
        any = true;
        last = octet;
        return octet & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        int count = 0;
        while (count < length) {
            if (!giving && pending == 0 && at < fill && last != '\n') {
                // the rest of a line passes as it is
                int lineFeed = LineFeeds.indexOf(block, at, fill);
                int some = Math.min(length - count, (lineFeed < 0 ? fill : lineFeed + 1) - at);
                System.arraycopy(block, at, into, from + count, some);
                at += some;
                count += some;
                last = block[at - 1];
                continue;
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
