package org.pop2.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelProgressiveFuture;
import io.netty.channel.ChannelProgressiveFutureListener;
import io.netty.channel.ChannelProgressivePromise;
import io.netty.handler.ssl.SslHandler;
import java.nio.ByteBuffer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Output to the peer. Lines and short pieces are gathered in a buffer, which goes into the socket's queue when it is
 * full or nothing more follows, so that a client which sends commands ahead gets its answers in few writes. For the
 * connection's event loop. Holds no buffer between two {@linkplain #flush flushes}.
 *
 * <p>Counts what waits in the socket's queue and what moves there, write by write. (Reactor Netty's write timers look
 * at whole writes, and so mistake a slow line for a dead one.)
 */
// what becomes of a write is told by its listener
@SuppressWarnings("FutureReturnValueIgnored")
public final class Outgoing {
    /** Most octets that are gathered. Copying more costs more than sending it separately. */
    public static final int SHORT = 16 * 1024;

    /** Called on the event loop when the socket has accepted a buffer, or never will. */
    @FunctionalInterface
    public interface Written {
        void written(boolean success);
    }

    private static final int LEAST = 512;
    private static final int MOST = 64 * 1024;

    /** Size of a TLS record. A larger write completes only with its last record, so its progress would not be seen. */
    private static final int RECORD = 16 * 1024;

    private final ChannelHandlerContext context;
    private final IntConsumer onWritten;
    private final int piece;
    private @Nullable ByteBuf gathered;
    private int capacity = LEAST;
    private boolean unflushed;
    private long pending;
    private long moved;

    /** @param onWritten called with the number of gathered octets that the socket has accepted */
    Outgoing(ChannelHandlerContext context, IntConsumer onWritten) {
        this.context = context;
        this.onWritten = onWritten;
        this.piece = context.pipeline().get(SslHandler.class) == null ? Integer.MAX_VALUE : RECORD;
    }

    /** Adds a copy of these octets. */
    public void add(byte[] octets, int length) {
        room(length).writeBytes(octets, 0, length);
    }

    /** Adds a copy of at most {@link #SHORT} octets, which stay unread. */
    public void add(ByteBuffer octets) {
        int position = octets.position();
        room(octets.remaining()).writeBytes(octets);
        octets.position(position);
    }

    /** Writes octets without copying them, after what was gathered. They must not change until the callback. */
    public void write(ByteBuffer octets, Written written) {
        hand();
        ByteBuf whole = Unpooled.wrappedBuffer(octets);
        while (whole.readableBytes() > piece) {
            write(whole.readRetainedSlice(piece), done -> {});
        }
        write(whole, written);
    }

    /** Octets that the socket has not accepted yet. */
    long pending() {
        return pending;
    }

    /** Octets that the socket has accepted so far, including parts of buffers. */
    long moved() {
        return moved;
    }

    /** Sends everything. */
    public void flush() {
        hand();
        if (unflushed) {
            unflushed = false;
            context.flush();
        }
    }

    /** Sends everything; completes when that is done. */
    ChannelFuture finish() {
        hand();
        unflushed = false;
        return context.writeAndFlush(Unpooled.EMPTY_BUFFER);
    }

    private ByteBuf room(int octets) {
        ByteBuf open = gathered;
        if (open != null && open.writableBytes() >= octets) {
            return open;
        }
        if (open != null) {
            // there is more than last time
            capacity = Math.min(2 * capacity, MOST);
            hand();
        }
        capacity = Math.max(capacity, octets);
        ByteBuf next = context.alloc().directBuffer(capacity, capacity);
        gathered = next;
        return next;
    }

    /** Moves what was gathered into the socket's queue. */
    void hand() {
        ByteBuf full = gathered;
        if (full == null) {
            return;
        }
        gathered = null;
        int octets = full.readableBytes();
        if (octets <= capacity / 4) {
            capacity = Math.max(capacity / 2, LEAST);
        }
        write(full, null);
    }

    private void write(ByteBuf octets, @Nullable Written written) {
        unflushed = true;
        int length = octets.readableBytes();
        pending += length;
        ChannelProgressivePromise promise = context.newProgressivePromise();
        promise.addListener(written == null ? new Gathered(this, length) : new Told(this, length, written));
        context.write(octets, promise);
    }

    /** One write under way. Kept small, since there is one for each answer. */
    private abstract static class Part implements ChannelProgressiveFutureListener {
        private final Outgoing outgoing;
        private final int length;
        private int seen;

        Part(Outgoing outgoing, int length) {
            this.outgoing = outgoing;
            this.length = length;
        }

        abstract void over(boolean isTaken, Outgoing told, int octets);

        @Override
        public void operationProgressed(ChannelProgressiveFuture write, long progress, long total) {
            outgoing.moved += progress - seen;
            seen = (int) progress;
        }

        @Override
        public void operationComplete(ChannelProgressiveFuture write) {
            outgoing.pending -= length;
            if (write.isSuccess()) {
                outgoing.moved += length - seen;
            }
            over(write.isSuccess(), outgoing, length);
        }
    }

    private static final class Gathered extends Part {
        Gathered(Outgoing outgoing, int length) {
            super(outgoing, length);
        }

        @Override
        void over(boolean isTaken, Outgoing told, int octets) {
            if (isTaken) {
                told.onWritten.accept(octets);
            }
        }
    }

    private static final class Told extends Part {
        private final Written written;

        Told(Outgoing outgoing, int length, Written written) {
            super(outgoing, length);
            this.written = written;
        }

        @Override
        void over(boolean isTaken, Outgoing told, int octets) {
            written.written(isTaken);
        }
    }
}
