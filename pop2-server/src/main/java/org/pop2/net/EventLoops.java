package org.pop2.net;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.NonBlocking;
import reactor.netty.resources.LoopResources;

/** The event loops of a server's connections, with busy polling ({@link BusyPoll}). */
public final class EventLoops implements LoopResources {
    private static final String NAME = "pop2";

    /** 0: Netty's own number. */
    private static final int EVENTS_AT_A_TIME = 0;

    private final EventLoopGroup group;

    private EventLoops(int threads) {
        group = new MultiThreadIoEventLoopGroup(
                threads, threads(), EpollIoHandler.newFactory(EVENTS_AT_A_TIME, BusyPoll.FACTORY));
    }

    /**
     * One per processor, at least two. Busy polling needs epoll, and a second processor for the clients; otherwise it
     * is off.
     */
    public static LoopResources create(boolean busyPoll) {
        int processors = Runtime.getRuntime().availableProcessors();
        // Netty's least of four takes two processors from each other
        int threads = Math.max(2, processors);
        return busyPoll && processors > 1 && Native.isEpoll()
                ? new EventLoops(threads)
                : LoopResources.create(NAME, threads, true);
    }

    private static ThreadFactory threads() {
        return new DefaultThreadFactory(NAME + "-epoll", true) {
            @Override
            protected Thread newThread(Runnable task, String name) {
                return new EventLoop(task, name);
            }
        };
    }

    /** Marked so that Reactor refuses to block on it. */
    private static final class EventLoop extends FastThreadLocalThread implements NonBlocking {
        EventLoop(Runnable task, String name) {
            super(task, name);
        }
    }

    @Override
    public EventLoopGroup onServer(boolean useNative) {
        return group;
    }

    @Override
    public boolean isDisposed() {
        return group.isShuttingDown();
    }

    @Override
    public void dispose() {
        disposeLater().subscribe();
    }

    @Override
    public Mono<Void> disposeLater(Duration quietPeriod, Duration timeout) {
        return Mono.create(
                sink -> group.shutdownGracefully(quietPeriod.toMillis(), timeout.toMillis(), TimeUnit.MILLISECONDS)
                        .addListener(ended -> sink.success()));
    }
}
