package org.pop2.storage.fs.io;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;

/** Direct buffers of 64 KiB, kept for the next message; how many are alive is bounded by the demand for content. */
public final class BufferPool {
    private final ConcurrentLinkedQueue<ByteBuffer> free = new ConcurrentLinkedQueue<>();
    private final AtomicInteger kept = new AtomicInteger();
    private final AtomicInteger alive = new AtomicInteger();
    private final int mostKept;

    /** @param mostKept unused buffers to keep */
    public BufferPool(int mostKept) {
        this.mostKept = mostKept;
    }

    /** An empty buffer. Its holder fills and flips it, and releases it once. */
    public Pooled take() {
        alive.incrementAndGet();
        ByteBuffer buffer = free.poll();
        if (buffer == null) {
            return new Pooled(ByteBuffer.allocateDirect(ContentBuffer.MAX_OCTETS));
        }
        kept.decrementAndGet();
        return new Pooled(buffer.clear());
    }

    /** Buffers taken and not yet released. */
    public int alive() {
        return alive.get();
    }

    private void giveBack(ByteBuffer buffer) {
        alive.decrementAndGet();
        if (kept.incrementAndGet() <= mostKept) {
            free.add(buffer);
        } else {
            kept.decrementAndGet();
        }
    }

    public final class Pooled implements ContentBuffer {
        private final AtomicBoolean released = new AtomicBoolean();
        private @Nullable ByteBuffer buffer;

        private Pooled(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        public ByteBuffer octets() {
            ByteBuffer octets = buffer;
            if (octets == null) {
                throw new IllegalStateException("the buffer was released");
            }
            return octets;
        }

        @Override
        public void release() {
            // a second release would hand one buffer to two messages
            if (released.compareAndSet(false, true)) {
                ByteBuffer octets = octets();
                buffer = null;
                giveBack(octets);
            }
        }
    }
}
