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
 * What goes to the peer. Lines and short pieces are gathered in one buffer, which goes into the socket's queue when it
 * is full or when nothing more follows: a client that sends commands ahead gets its answers in few writes. Lives on the
 * connection's event loop, and holds no buffer between two {@linkplain #flush flushes}.
 *
 * <p>What waits in the socket's queue, and what moves there, is counted here, write by write. (Reactor Netty's timers
 * for writes look at one write from its begin to its end, and so take a slow line for one that is dead.)
 */
// what becomes of a write is told by its listener
@SuppressWarnings("FutureReturnValueIgnored")
public final class Outgoing {
    /** Octets that are gathered at most. To copy more would cost more than to send it by itself. */
    public static final int SHORT = 16 * 1024;

    /** Told on the event loop when the socket has taken a buffer, or will not. */
    @FunctionalInterface
    public interface Written {
        void written(boolean success);
    }

    private static final int LEAST = 512;
    private static final int MOST = 64 * 1024;

    /** What one record of TLS holds: a write of more is done when its last record is, and its progress not seen. */
    private static final int RECORD = 16 * 1024;

    private final ChannelHandlerContext context;
    private final IntConsumer onWritten;
    private final int piece;
    private @Nullable ByteBuf gathered;
    private int capacity = LEAST;
    private boolean unflushed;
    private long pending;
    private long moved;

    /** @param onWritten told how many octets, of what was gathered, the socket has taken */
    Outgoing(ChannelHandlerContext context, IntConsumer onWritten) {
        this.context = context;
        this.onWritten = onWritten;
        this.piece = context.pipeline().get(SslHandler.class) == null ? Integer.MAX_VALUE : RECORD;
    }

    /** Copies octets into what is gathered. */
    public void add(byte[] octets, int length) {
        room(length).writeBytes(octets, 0, length);
    }

    /** Copies octets, {@link #SHORT} at most, which stay as they are. */
    public void add(ByteBuffer octets) {
        int position = octets.position();
        room(octets.remaining()).writeBytes(octets);
        octets.position(position);
    }

    /** Writes octets that are not copied, behind what was gathered; they have to stay until that has been told. */
    public void write(ByteBuffer octets, Written written) {
        hand();
        ByteBuf whole = Unpooled.wrappedBuffer(octets);
        while (whole.readableBytes() > piece) {
            write(whole.readRetainedSlice(piece), done -> {});
        }
        write(whole, written);
    }

    /** Octets that the socket has not taken yet, in part or whole. */
    long pending() {
        return pending;
    }

    /** Octets that the socket took until now, those of a buffer it has begun with included. */
    long moved() {
        return moved;
    }

    /** Sends what there is. */
    public void flush() {
        hand();
        if (unflushed) {
            unflushed = false;
            context.flush();
        }
    }

    /** Sends what there is, and tells when that has been done. */
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

    /** Puts what was gathered into the socket's queue. */
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

    /** One write on its way. As small as can be: there is one for each answer. */
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
