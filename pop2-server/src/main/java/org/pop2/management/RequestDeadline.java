package org.pop2.management;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection whose next request is not there in time: from the connection, or from its first octet, to the end
 * of its headers. The timeouts of Reactor Netty begin when a request has been read.
 */
// what becomes of a close is told by the pipeline
@SuppressWarnings("FutureReturnValueIgnored")
final class RequestDeadline extends ChannelInboundHandlerAdapter {
    private final Duration limit;
    private @Nullable ScheduledFuture<?> timer;

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
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        complete();
        super.channelInactive(context);
    }

    /** The request has been read. On the connection's event loop only. */
    void complete() {
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
