package org.pop2.storage.memory;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.Notes;
import org.pop2.storage.UserName;
import org.pop2.storage.support.Flows;
import org.pop2.storage.support.Snapshot;
import org.reactivestreams.Publisher;

/** A mailbox when it was opened. */
record MemorySnapshot(MemoryData data, UserName user, FolderName folder, boolean writable, List<byte[]> messages)
        implements Snapshot {
    private static final int BUFFER_OCTETS = 8 * 1024;

    static MemorySnapshot of(MemoryData data, UserName user, FolderName folder) {
        List<byte[]> messages = data.look(user, folder);
        return new MemorySnapshot(data, user, folder, messages != null, messages == null ? List.of() : messages);
    }

    @Override
    public List<Long> octets() {
        return messages.stream().map(wire -> (long) wire.length).toList();
    }

    @Override
    public Publisher<ContentBuffer> content(int number) {
        return Flows.emit(MemoryMailStore.AT_ONCE, () -> new Buffers(messages.get(number - 1), data.liveBufferCount()));
    }

    @Override
    public void delete(BitSet numbers) {
        data.delete(user, folder, numbers);
    }

    @Override
    public Optional<Notes> notes() {
        return writable ? Optional.of(new MemoryNotes(data, user, folder)) : Optional.empty();
    }

    private record MemoryNotes(MemoryData data, UserName user, FolderName folder) implements Notes {
        @Override
        public Publisher<byte[]> read(String note) {
            return Flows.list(MemoryMailStore.AT_ONCE, () -> data.note(user, folder, note));
        }

        @Override
        public Publisher<Void> write(String note, byte[] octets) {
            Notes.require(note, octets);
            byte[] copy = octets.clone();
            return Flows.run(MemoryMailStore.AT_ONCE, () -> data.note(user, folder, note, copy));
        }
    }

    private static final class Buffers implements Flows.Source<ContentBuffer> {
        private final byte[] message;
        private final AtomicLong live;
        private int offset;

        Buffers(byte[] message, AtomicLong live) {
            this.message = message;
            this.live = live;
        }

        @Override
        public boolean hasNext() {
            return offset < message.length;
        }

        @Override
        public ContentBuffer next() {
            ByteBuffer octets = ByteBuffer.allocate(Math.min(BUFFER_OCTETS, message.length - offset));
            octets.put(message, offset, octets.remaining()).flip();
            offset += octets.remaining();
            live.incrementAndGet();
            return new Lent(octets, live, new AtomicBoolean());
        }
    }

    /**
     * A buffer that reveals mistakes of its user: its octets change when it is released, and a second release throws.
     */
    private record Lent(ByteBuffer octets, AtomicLong live, AtomicBoolean isReleased) implements ContentBuffer {
        @Override
        public void release() {
            if (!isReleased.compareAndSet(false, true)) {
                throw new IllegalStateException("a buffer was released twice");
            }
            for (int i = 0; i < octets.capacity(); i++) {
                octets.put(i, (byte) '#');
            }
            live.decrementAndGet();
        }
    }
}
