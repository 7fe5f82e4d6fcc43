package org.pop2.storage;

import java.nio.ByteBuffer;

/**
 * A piece of a message as it goes over the wire.
 *
 * <p>It belongs to the subscriber that was given it, who calls {@link #release} exactly once, when the octets have been
 * used; from then on they may change. A storage that does not reuse buffers lets {@code release} do nothing. A buffer
 * that was emitted to a subscriber which has cancelled is still the subscriber's to release.
 */
public interface ContentBuffer {
    /** Most octets in one buffer: 64 KiB. */
    int MAX_OCTETS = 64 * 1024;

    /** The octets between position and limit: at least one, at most {@link #MAX_OCTETS}. Heap or direct. */
    ByteBuffer octets();

    /** Gives the buffer back. On any thread. */
    void release();

    /** A buffer that the garbage collector takes care of. */
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
