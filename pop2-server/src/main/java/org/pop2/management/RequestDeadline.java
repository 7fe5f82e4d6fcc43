package org.pop2.management;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection whose next request does not come in time, measured from the connection, or from the request's
 * first octet, to the end of its headers. The timeouts of Reactor Netty begin only once a request has been read.
 *
 * <p>A client that has ended its side still gets its answer; then the connection is closed.
 */
// what becomes of a close is told by the pipeline
@SuppressWarnings("FutureReturnValueIgnored")
final class RequestDeadline extends ChannelDuplexHandler {
    /** Long enough to read a request that was sent together with the last one. */
    private static final long NEXT_MILLIS = 100;

    private final Duration limit;
    private @Nullable ScheduledFuture<?> timer;
    private boolean answering;
    private boolean inputEnded;

    RequestDeadline(Duration limit) {
        this.limit = limit;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        start(context);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object octets) throws Exception {
        start(context);
        super.channelRead(context, octets);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event instanceof ChannelInputShutdownEvent) {
            inputEnded = true;
            closeSoon(context);
        }
        super.userEventTriggered(context, event);
    }

    /** Does not read after the end of input: Netty's epoll would fail. */
    @Override
    public void read(ChannelHandlerContext context) throws Exception {
        if (!inputEnded) {
            super.read(context);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        cancel();
        super.channelInactive(context);
    }

    /** The request has been read. On the connection's event loop only. */
    void complete() {
        cancel();
        answering = true;
    }

    /** The request has been answered. On the connection's event loop only. */
    void answered(ChannelHandlerContext context) {
        answering = false;
        if (inputEnded) {
            closeSoon(context);
        }
    }

    private void closeSoon(ChannelHandlerContext context) {
        context.executor()
                .schedule(
                        () -> {
                            if (!answering) {
                                context.close();
                            }
                        },
                        NEXT_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    private void cancel() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void start(ChannelHandlerContext context) {
        if (timer == null) {
            timer = context.channel()
                    .eventLoop()
                    .schedule(() -> context.close(), limit.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
