package org.pop2.storage.memory;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Notes;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** A held mailbox. It is its own fencing token: the data knows which of them holds. */
final class MemoryMailbox implements Mailbox {
    private static final int BUFFER_OCTETS = 8 * 1024;

    private final MemoryData data;
    private final Set<MemoryMailbox> opened;
    private final UserName user;
    private final FolderName folder;
    private final Event lost = new Event();
    private final Event released = new Event();
    private final AtomicBoolean releasing = new AtomicBoolean();
    private volatile List<byte[]> messages = List.of();
    private volatile boolean writable;
    private volatile long lastActive = System.nanoTime();

    MemoryMailbox(MemoryData data, Set<MemoryMailbox> opened, UserName user, FolderName folder) {
        this.data = data;
        this.opened = opened;
        this.user = user;
        this.folder = folder;
    }

    UserName user() {
        return user;
    }

    FolderName folder() {
        return folder;
    }

    /** From now on this one holds the mailbox, with these messages. */
    void hold(boolean exists, List<byte[]> snapshot) {
        messages = snapshot;
        writable = exists;
        lastActive = System.nanoTime();
    }

    /** Somebody else holds it now. */
    void lose() {
        opened.remove(this);
        lost.happen(null);
    }

    /** Gives the mailbox back untouched, as if it had never been opened. */
    void abandon() {
        opened.remove(this);
        data.release(this, new BitSet());
    }

    long silentNanos() {
        return System.nanoTime() - lastActive;
    }

    @Override
    public int count() {
        return messages.size();
    }

    @Override
    public long octets(int number) {
        return message(number).length;
    }

    @Override
    public boolean writable() {
        return writable;
    }

    @Override
    public Publisher<ContentBuffer> content(int number) {
        byte[] message = message(number);
        return Publishers.emit(() -> buffers(message));
    }

    @Override
    public Publisher<Void> release(BitSet deleted) {
        BitSet copy = (BitSet) deleted.clone();
        if (copy.get(0) || copy.length() > count() + 1 || (!writable && !copy.isEmpty())) {
            throw new IllegalArgumentException("cannot delete " + copy + " of " + count());
        }
        return subscriber -> {
            released.subscribe(subscriber);
            if (releasing.compareAndSet(false, true)) {
                opened.remove(this);
                released.happen(
                        data.release(this, copy)
                                ? null
                                : new StoreException(StoreException.Reason.BUSY, "the mailbox was taken over"));
            }
        };
    }

    @Override
    public void active() {
        lastActive = System.nanoTime();
    }

    @Override
    public Publisher<Void> lost() {
        return lost;
    }

    @Override
    public Optional<Notes> notes() {
        return writable ? Optional.of(data.notes(user, folder)) : Optional.empty();
    }

    private byte[] message(int number) {
        return messages.get(Objects.checkIndex(number - 1, messages.size()));
    }

    private Iterator<ContentBuffer> buffers(byte[] message) {
        AtomicLong live = data.liveBufferCount();
        return new Iterator<>() {
            private int offset;

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
                return new Lent(octets, live);
            }
        };
    }

    /** A buffer that shows a mistake of its user: once released it holds other octets, and it is released once. */
    private record Lent(ByteBuffer octets, AtomicLong live, AtomicBoolean isReleased) implements ContentBuffer {
        Lent(ByteBuffer octets, AtomicLong live) {
            this(octets, live, new AtomicBoolean());
        }

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

    /** Something that happens once, well or badly, and that many may wait for. */
    private static final class Event implements Publisher<Void> {
        private final List<Waiting> waiting = new ArrayList<>();
        private boolean happened;
        private @Nullable StoreException failure;

        @Override
        public void subscribe(Subscriber<? super Void> subscriber) {
            Waiting one = new Waiting(subscriber);
            subscriber.onSubscribe(one);
            synchronized (this) {
                if (!happened) {
                    waiting.add(one);
                    return;
                }
            }
            one.end();
        }

        void happen(@Nullable StoreException how) {
            List<Waiting> all;
            synchronized (this) {
                if (happened) {
                    return;
                }
                happened = true;
                failure = how;
                all = List.copyOf(waiting);
                waiting.clear();
            }
            all.forEach(Waiting::end);
        }

        private final class Waiting implements Subscription {
            private final Subscriber<? super Void> subscriber;
            private final AtomicBoolean done = new AtomicBoolean();

            Waiting(Subscriber<? super Void> subscriber) {
                this.subscriber = subscriber;
            }

            @Override
            public void request(long n) {}

            @Override
            public void cancel() {
                done.set(true);
                synchronized (Event.this) {
                    waiting.remove(this);
                }
            }

            private void end() {
                if (!done.compareAndSet(false, true)) {
                    return;
                }
                StoreException how;
                synchronized (Event.this) {
                    how = failure;
                }
                if (how == null) {
                    subscriber.onComplete();
                } else {
                    subscriber.onError(how);
                }
            }
        }
    }
}
