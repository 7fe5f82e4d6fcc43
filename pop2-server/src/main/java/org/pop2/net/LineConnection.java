package org.pop2.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connection of a line protocol, in which a peer says something, is answered, and goes on. Octets come in here and
 * go to a {@link Protocol}; its answers go out here.
 *
 * <p>Everything happens on the connection's event loop, without blocking. Input is read on demand, one buffer at a
 * time, so that commands sent ahead wait in the socket and not in our memory. Nothing is read while the peer does not
 * read its answers. (Reactor Netty's inbound is a stream for one subscriber. It reads on until 8,192 buffers wait, and
 * ends when the peer has ended its side; here each octet waits for the answer to the command before it, and a peer that
 * has ended its side still gets its answers.)
 *
 * <p>A connection ends politely: what is left is sent, then the end of our side, and the peer has a little time to read
 * and to go. A close with unread input would reset the connection, and could take our last line with it.
 */
// what becomes of a write or a close is told by the pipeline: the channel goes inactive
@SuppressWarnings("FutureReturnValueIgnored")
public final class LineConnection extends ChannelInboundHandlerAdapter implements Connections.Connection {

    /** What a protocol accepts now. */
    public enum Wants {
        /** Nothing: something is under way, or it has ended. */
        NOTHING,
        COMMAND,
        /** The octets of a message: no place to stop. */
        CONTENT
    }

    /** The protocol. Called on the event loop, one call at a time. */
    public interface Protocol {
        /** The connection is open, and nothing has been read. Sets the first deadline. */
        void opened();

        Wants wants();

        /** Reads octets of the input, at least one: to the end of a command, or all. */
        void take(ByteBuf input);

        /** Whether the peer has begun a line that has not ended. */
        boolean isInsideLine();

        /** Octets came in; they may have to wait, or be dropped after the end. */
        void received(int octets);

        /** The socket accepted octets that had been gathered. */
        void written(int octets);

        /** Whether something is being sent: octets wait in the socket's queue, or the protocol has more. */
        boolean isSending(boolean pending);

        /** Sending makes progress: octets have moved recently, or the peer's system has answered. */
        void sending();

        /** Whether the peer's time runs. */
        boolean isPeersTurn();

        /** The peer took too long. If it does not read either, the connection is closed afterwards. */
        void overdue();

        /** The server is stopping, so it has to end. */
        void stopping();

        /** The peer has ended its side, and everything it sent has been read. */
        void inputEnded();

        /** The connection is gone; the last call. */
        void closed();

        /** An error of the line, or a bug; the connection is closed afterwards. */
        void broken(Throwable cause);

        /** Some work ended after the server's threads had stopped. On any thread. */
        void tooLate();
    }

    /** After the last line: how long, and how much, a peer may go on sending before the connection is cut. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final int LINGER_OCTETS = 256 * 1024;

    private static final long HEARD_MILLIS = 2_000;

    private final Protocol protocol;
    private final Duration stall;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Outgoing outgoing;
    private @Nullable Watchdog watchdog;

    /**
     * Input that waits. More than one buffer only when the peer has ended its side: Netty then reads the rest unasked.
     */
    private final Deque<ByteBuf> input = new ArrayDeque<>();

    private boolean opened;
    private boolean readPending;
    private boolean inputEnded;
    private boolean working;
    private boolean stopping;

    /** Whether reading has ended; further input is dropped. */
    private boolean ended;

    private int lingered;

    /** @param stall how long a peer may read not one octet of what is sent */
    public LineConnection(Protocol protocol, Duration stall) {
        this.protocol = protocol;
        this.stall = stall;
    }

    // ---- what Netty tells

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        outgoing = new Outgoing(added, protocol::written);
        watchdog = new Watchdog(
                new Watched(),
                (task, nanos) -> loop().schedule(() -> guarded(task), nanos, TimeUnit.NANOSECONDS),
                System::nanoTime,
                stall);
        if (added.channel().isActive()) {
            open();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext active) throws Exception {
        open();
        super.channelActive(active);
    }

    private void open() {
        if (!opened) {
            opened = true;
            protocol.opened();
            work();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ignored, Object message) {
        readPending = false;
        ByteBuf octets = (ByteBuf) message;
        int length = octets.readableBytes();
        protocol.received(length);
        if (!ended) {
            input.add(octets);
            work();
            return;
        }
        octets.release();
        lingered += length;
        if (lingered > LINGER_OCTETS) {
            channel().close();
        } else {
            read();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ignored) {
        if (readPending) {
            // a read that brought nothing
            readPending = false;
            if (ended || input.isEmpty()) {
                read();
            }
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ignored) {
        if (channel().isWritable()) {
            work();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ignored, Object event) throws Exception {
        if (event instanceof ChannelInputShutdownEvent) {
            inputEnded();
        } else if (event instanceof SslCloseCompletionEvent closed && closed.isSuccess()) {
            // with TLS, a side ends by saying so
            inputEnded();
        } else {
            super.userEventTriggered(ignored, event);
        }
    }

    private void inputEnded() {
        inputEnded = true;
        if (!ended) {
            work();
        } else if (!isSending()) {
            // else the last line, or the rest of a message, has still to be read by the other side
            channel().close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext gone) throws Exception {
        if (opened) {
            protocol.closed();
        }
        ended = true;
        watchdog().cancel();
        dropInput();
        super.channelInactive(gone);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ignored, Throwable cause) {
        protocol.broken(cause);
        channel().close();
    }

    // ---- what the server tells, on any thread

    @Override
    public void stop() {
        later(() -> {
            stopping = true;
            work();
        });
    }

    @Override
    public void stopNow() {
        later(() -> {
            protocol.stopping();
            channel().close();
        });
    }

    // ---- the loop

    /** Passes input to the protocol while it accepts any, then sends its answers and reads on. */
    public void work() {
        if (working || !opened) {
            return;
        }
        working = true;
        try {
            while (!ended && channel().isWritable() && step()) {
                // on to the next
            }
        } finally {
            working = false;
        }
        outgoing().flush();
        if (ended) {
            return;
        }
        if (input.isEmpty()) {
            if (protocol.isInsideLine() && channel().isActive()) {
                // a client that writes a line in pieces is let send the next one when it knows that this is here
                Native.acknowledgeNow(channel());
            }
            // one buffer ahead, so that a connection that goes is noticed
            read();
        }
        watchdog().arm();
    }

    /** One step; whether there may be more to do. */
    private boolean step() {
        Wants wants = protocol.wants();
        if (wants == Wants.NOTHING) {
            return false;
        }
        if (stopping && wants == Wants.COMMAND) {
            protocol.stopping();
            return true;
        }
        ByteBuf octets = input.peek();
        if (octets == null) {
            if (inputEnded) {
                protocol.inputEnded();
            }
            return false;
        }
        protocol.take(octets);
        // the protocol may have ended, and dropped its input
        if (!ended && !octets.isReadable()) {
            input.remove().release();
        }
        return true;
    }

    private void read() {
        if (!readPending && !inputEnded) {
            readPending = true;
            context().read();
        }
    }

    // ---- what the protocol asks for, on the event loop

    /** Collects what the protocol says; sent at the end of {@link #work}. */
    public Outgoing outgoing() {
        return Objects.requireNonNull(outgoing, "not added to a pipeline");
    }

    /** Sets the deadline for the peer's next words, by {@link System#nanoTime}. */
    public void until(long nanos) {
        watchdog().until(nanos);
    }

    /** Sets that deadline, counted from now. */
    public void within(Duration time) {
        watchdog().within(time.toNanos());
    }

    /**
     * Ends the connection: sends what is left, closes our side, and waits briefly for the peer to go.
     *
     * @param byAgreement whether the peer has said goodbye; it is then awaited only if it has sent something after that
     */
    public void end(boolean byAgreement) {
        boolean saidAll = byAgreement && input.stream().noneMatch(ByteBuf::isReadable);
        ended = true;
        dropInput();
        if (saidAll) {
            // the last line and the end go in one segment
            Native.gather(channel());
        }
        outgoing().finish().addListener(done -> {
            if (inputEnded || saidAll || !(channel() instanceof DuplexChannel duplex)) {
                channel().close();
            } else {
                linger(duplex);
            }
        });
        watchdog().arm();
    }

    private void linger(DuplexChannel duplex) {
        SslHandler tls = context().pipeline().get(SslHandler.class);
        if (tls == null) {
            duplex.shutdownOutput();
        } else {
            tls.closeOutbound().addListener(said -> duplex.shutdownOutput());
        }
        watchdog().within(LINGER_NANOS);
        watchdog().arm();
        read();
    }

    /** Closes the connection at once, without sending the rest. */
    public void cut() {
        ended = true;
        dropInput();
        // what was gathered before is let go of with the channel
        outgoing().hand();
        channel().close();
    }

    /** Whether the channel is open. On any thread. */
    public boolean isOpen() {
        return channel().isOpen();
    }

    /** Its place in the channel's pipeline, once open. */
    public ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not added to a pipeline");
    }

    /** The connection's event loop. */
    public EventLoop loop() {
        return channel().eventLoop();
    }

    /**
     * Whether the operating system still has octets of ours to send. Over a radio link that takes minutes, and the
     * client cannot answer what has not arrived. A dead link ends with an error of the system.
     */
    public boolean isSystemSending() {
        return TcpState.isUnacknowledged(channel());
    }

    // ---- other threads

    /** Runs a task on the event loop: at once if called there. From any thread. */
    public void later(Runnable task) {
        if (loop().inEventLoop()) {
            guarded(task);
        } else {
            execute(task);
        }
    }

    /** Runs a task on the event loop, after those that wait there. From any thread. */
    public void execute(Runnable task) {
        try {
            loop().execute(() -> guarded(task));
        } catch (RejectedExecutionException stopped) {
            protocol.tooLate();
        }
    }

    /** Limits a bug, of ours or of a storage, to this connection, which never hangs. */
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error bug) {
            exceptionCaught(context(), bug);
        }
    }

    // ---- small things

    private final class Watched implements Watchdog.Watched {
        @Override
        public boolean isSending() {
            return LineConnection.this.isSending();
        }

        @Override
        public long moved() {
            return outgoing().moved();
        }

        @Override
        public boolean isPeersTurn() {
            return ended || protocol.isPeersTurn();
        }

        @Override
        public void sending(boolean moved) {
            if (moved || TcpState.isHeard(channel(), HEARD_MILLIS)) {
                protocol.sending();
            }
        }

        @Override
        public void overdue() {
            if (!channel().isOpen()) {
                return;
            }
            // what has not been taken by now will not be
            boolean cut = ended || isSending();
            protocol.overdue();
            if (cut) {
                channel().close();
            } else {
                outgoing().flush();
            }
        }
    }

    private boolean isSending() {
        return protocol.isSending(outgoing().pending() > 0);
    }

    private void dropInput() {
        for (ByteBuf octets = input.poll(); octets != null; octets = input.poll()) {
            octets.release();
        }
    }

    private Channel channel() {
        return context().channel();
    }

    private Watchdog watchdog() {
        return Objects.requireNonNull(watchdog, "not added to a pipeline");
    }
}
