package org.pop2.profile.ascii;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Looks at each octet that is read, until it has seen enough. */
abstract class WatchedStream extends FilterInputStream {
    WatchedStream(InputStream in) {
        super(in);
    }

    /** Says whether the next octet matters too. */
    abstract boolean look(byte octet);

    @Override
    public int read() throws IOException {
        int octet = super.read();
        if (octet >= 0) {
            look((byte) octet);
        }
        return octet;
    }

    @Override
    public int read(byte[] to, int start, int length) throws IOException {
        int count = super.read(to, start, length);
        boolean more = true;
        for (int i = start; more && i < start + count; i++) {
            more = look(to[i]);
        }
        return count;
    }

    /** Nothing is to be seen twice. */
    @Override
    public boolean markSupported() {
        return false;
    }
}
