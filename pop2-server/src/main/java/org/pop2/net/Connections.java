package org.pop2.net;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The connections of a server, counted, and drained when it stops. Safe for many threads.
 *
 * <p>Reactor Netty's graceful stop waits for channels. A release or a delivery outlives its channel, and a session has
 * to be told to end after what is under way; so both are counted here.
 */
public final class Connections {

    /** A connection as the server sees it. Both may be called on any thread, and again. */
    public interface Connection {
        /** Ends as soon as nothing is under way. */
        void stop();

        /** Ends now; what has begun in the storage goes on. */
        void stopNow();
    }

    private final Set<Connection> open = ConcurrentHashMap.newKeySet();

    /** Connections, lingering ones included, and what the storage does for them: what a stop waits for. */
    private final AtomicInteger underWay = new AtomicInteger();

    private final AtomicInteger count = new AtomicInteger();
    private final Sinks.Empty<Void> idle = Sinks.empty();
    private volatile boolean stopping;

    /** Counts a connection in: how many there are now. */
    public int add(Connection connection) {
        underWay.incrementAndGet();
        open.add(connection);
        int now = count.incrementAndGet();
        if (stopping) {
            connection.stop();
        }
        return now;
    }

    /** The same connection goes on as another object. */
    public void replace(Connection before, Connection after) {
        open.add(after);
        open.remove(before);
        if (stopping) {
            after.stop();
        }
    }

    /** A connection is gone; what {@linkplain #begins began} for it may go on. */
    public void remove(Connection connection) {
        open.remove(connection);
        count.decrementAndGet();
        ends();
    }

    /** Connections at the moment. */
    public int count() {
        return count.get();
    }

    /** Those at the moment that are of this kind. */
    public <C extends Connection> Stream<C> all(Class<C> kind) {
        return open.stream().filter(kind::isInstance).map(kind::cast);
    }

    /** Something begins that a stop waits for, whatever becomes of its connection. */
    public void begins() {
        underWay.incrementAndGet();
    }

    /**
     * What {@linkplain #begins began} is over: the last thing to do, for a stop that has waited takes the loops away.
     */
    public void ends() {
        if (underWay.decrementAndGet() == 0 && stopping) {
            idle.tryEmitEmpty();
        }
    }

    /** Ends every connection that has nothing under way, and the others as soon as they have not. */
    public void stop() {
        stopping = true;
        open.forEach(Connection::stop);
        if (underWay.get() == 0) {
            idle.tryEmitEmpty();
        }
    }

    /** Ends every connection at once. */
    public void stopNow() {
        open.forEach(Connection::stopNow);
    }

    /**
     * Waits, after a {@link #stop}, until nothing is under way any more; never fails.
     *
     * @param limit for those that may finish; then they are cut
     * @param cut told before that
     * @param rest for what has begun in the storage and cannot be cut
     * @param unfinished told when that goes on
     */
    public Mono<Void> idle(Duration limit, Runnable cut, Duration rest, Runnable unfinished) {
        return idle().timeout(limit, Mono.defer(() -> {
            cut.run();
            stopNow();
            return idle().timeout(rest, Mono.fromRunnable(unfinished));
        }));
    }

    /** Completes when, after a {@link #stop}, nothing is under way any more. */
    public Mono<Void> idle() {
        return idle.asMono();
    }
}
