package org.pop2.storage.fs.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** The first octets of a source, as a stream. */
final class SourceStream extends InputStream {
    private final OctetSource source;
    private final long end;
    private final Runnable onBlock;
    private long at;

    /** @param onBlock called at each reading */
    SourceStream(OctetSource source, long end, Runnable onBlock) {
        this.source = source;
        this.end = end;
        this.onBlock = onBlock;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        Objects.checkFromIndexSize(from, length, into.length);
        int some = (int) Math.min(length, end - at);
        if (some == 0) {
            return length == 0 ? 0 : -1;
        }
        if (!source.readFully(ByteBuffer.wrap(into, from, some), at)) {
            throw new IOException("a file became shorter while it was read");
        }
        at += some;
        onBlock.run();
        return some;
    }
}
