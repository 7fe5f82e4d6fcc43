package org.pop2.profile.ascii;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Mailbox;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A mailbox with one message, in pieces of random sizes, which are counted until they are released. */
public final class OneMessage implements Mailbox {
    private final byte[] message;
    private final Random random;
    private final AtomicInteger live = new AtomicInteger();

    public OneMessage(byte[] message, Random random) {
        this.message = message;
        this.random = random;
    }

    /** Pieces that are not released yet. */
    public int live() {
        return live.get();
    }

    @Override
    public int count() {
        return 1;
    }

    @Override
    public long octets(int number) {
        return message.length;
    }

    @Override
    public boolean writable() {
        return true;
    }

    @Override
    public Publisher<ContentBuffer> content(int number) {
        return Flux.<ContentBuffer, Integer>generate(() -> 0, (at, sink) -> {
                    int end = Math.min(message.length, at + 1 + random.nextInt(4000));
                    sink.next(piece(at, end));
                    if (end == message.length) {
                        sink.complete();
                    }
                    return end;
                })
                .doOnDiscard(ContentBuffer.class, ContentBuffer::release);
    }

    private ContentBuffer piece(int from, int to) {
        live.incrementAndGet();
        ByteBuffer octets = ByteBuffer.wrap(message, from, to - from).slice();
        return new ContentBuffer() {
            @Override
            public ByteBuffer octets() {
                return octets;
            }

            @Override
            public void release() {
                live.decrementAndGet();
            }
        };
    }

    @Override
    public Publisher<Void> release(BitSet deleted) {
        return Mono.empty();
    }

    @Override
    public void active() {}

    @Override
    public Publisher<Void> lost() {
        return Mono.never();
    }
}
