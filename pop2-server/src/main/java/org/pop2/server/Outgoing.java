package org.pop2.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.ByteBuffer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.LineFramer;
import org.pop2.protocol.Reply;
import org.pop2.protocol.ReplyCodec;

/**
 * What goes to the client. Lines and short messages are gathered in one buffer, which goes into the socket's queue when
 * it is full or when nothing more follows: a client that sends commands ahead gets its answers in few writes. Lives on
 * the connection's event loop, and holds no buffer between two {@linkplain #flush flushes}.
 */
// what becomes of a write is told by its listener
@SuppressWarnings("FutureReturnValueIgnored")
final class Outgoing {
    /** Octets of a message that is gathered. To copy a longer one would cost more than to send it by itself. */
    static final int SHORT = 16 * 1024;

    private static final int LEAST = LineFramer.MAX_LINE;
    private static final int MOST = 64 * 1024;

    /** Where a line is made: it does not stay there. */
    private static final FastThreadLocal<byte[]> LINE = new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
            return new byte[LineFramer.MAX_LINE];
        }
    };

    private final ChannelHandlerContext context;
    private final IntConsumer taken;
    private @Nullable ByteBuf gathered;
    private int capacity = LEAST;
    private boolean unflushed;

    /** @param taken told how many octets, of lines and of gathered messages, the socket has taken */
    Outgoing(ChannelHandlerContext context, IntConsumer taken) {
        this.context = context;
        this.taken = taken;
    }

    void add(Reply reply) {
        byte[] line = LINE.get();
        int length = ReplyCodec.encode(reply, line);
        room(length).writeBytes(line, 0, length);
    }

    /** Copies octets, {@link #SHORT} at most, which stay as they are. */
    void add(ByteBuffer octets) {
        int position = octets.position();
        room(octets.remaining()).writeBytes(octets);
        octets.position(position);
    }

    /** Writes octets that are not copied, behind what was gathered. */
    ChannelFuture write(ByteBuffer octets) {
        hand();
        unflushed = true;
        return context.write(Unpooled.wrappedBuffer(octets));
    }

    /** Sends what there is. */
    void flush() {
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
        unflushed = true;
        int octets = full.readableBytes();
        if (octets <= capacity / 4) {
            capacity = Math.max(capacity / 2, LEAST);
        }
        context.write(full).addListener((ChannelFutureListener) done -> {
            if (done.isSuccess()) {
                taken.accept(octets);
            }
        });
    }
}
