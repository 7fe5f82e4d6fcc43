package org.pop2.storage;

import java.nio.ByteBuffer;

/**
 * A piece of a message as it goes over the wire.
 *
 * <p>It belongs to the subscriber, which calls {@link #release} exactly once when it is done with the octets; from then
 * on they may change. That holds after a cancel, too: what was emitted has to be released. In a storage that does not
 * reuse buffers, {@code release} does nothing.
 */
public interface ContentBuffer {
    /** Most octets in one buffer: 64 KiB. */
    int MAX_OCTETS = 64 * 1024;

    /** The octets between position and limit: at least one, at most {@link #MAX_OCTETS}. Heap or direct. */
    ByteBuffer octets();

    /** Gives the buffer back. On any thread. */
    void release();

    /** A buffer that is left to the garbage collector. */
    static ContentBuffer unpooled(ByteBuffer octets) {
        return new ContentBuffer() {
            @Override
            public ByteBuffer octets() {
                return octets;
            }

            @Override
            public void release() {}
        };
    }
}
