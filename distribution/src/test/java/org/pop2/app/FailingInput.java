package org.pop2.app;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Octets {@code x}, and then a failure instead of an end. */
final class FailingInput extends InputStream {
    private long left;
    private long read;

    FailingInput(long octets) {
        this.left = octets;
    }

    /** How many octets were read. */
    long octetsRead() {
        return read;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0];
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (left == 0) {
            throw new IOException("gone");
        }
        int count = (int) Math.min(left, length);
        Arrays.fill(buffer, offset, offset + count, (byte) 'x');
        left -= count;
        read += count;
        return count;
    }
}
