package org.pop2.net;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Counts the connections of a server, and drains them when it stops. Safe for many threads.
 *
 * <p>Reactor Netty's graceful stop waits for channels only. But a release or a delivery outlives its channel, and a
 * session must be told to end after its current work; so both are counted here.
 */
public final class Connections {

    /** A connection as the server sees it. Methods may be called on any thread, repeatedly. */
    public interface Connection {
        /** Ends as soon as nothing is under way. */
        void stop();

        /** Ends now; what has begun in the storage goes on. */
        void stopNow();
    }

    private final Set<Connection> open = ConcurrentHashMap.newKeySet();

    /** Connections, lingering ones included, and the storage's work for them: what a stop waits for. */
    private final AtomicInteger underWay = new AtomicInteger();

    private final AtomicInteger count = new AtomicInteger();
    private final Sinks.Empty<Void> idle = Sinks.empty();
    private volatile boolean stopping;

    /** Adds a connection; returns how many there are now. */
    public int add(Connection connection) {
        underWay.incrementAndGet();
        open.add(connection);
        int now = count.incrementAndGet();
        if (stopping) {
            connection.stop();
        }
        return now;
    }

    /** Replaces the object of a connection. */
    public void replace(Connection before, Connection after) {
        open.add(after);
        open.remove(before);
        if (stopping) {
            after.stop();
        }
    }

    /** Removes a connection; work that {@linkplain #begins began} for it may go on. */
    public void remove(Connection connection) {
        open.remove(connection);
        count.decrementAndGet();
        ends();
    }

    /** Current connections. */
    public int count() {
        return count.get();
    }

    /** Current connections of this kind. */
    public <C extends Connection> Stream<C> all(Class<C> kind) {
        return open.stream().filter(kind::isInstance).map(kind::cast);
    }

    /** Work begins that a stop waits for even if its connection goes. */
    public void begins() {
        underWay.incrementAndGet();
    }

    /**
     * Work that {@linkplain #begins began} is over. Call it last: a stop that was waiting then ends the event loops.
     */
    public void ends() {
        if (underWay.decrementAndGet() == 0 && stopping) {
            idle.tryEmitEmpty();
        }
    }

    /** Ends every connection as soon as it has nothing under way. */
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
     * Waits, after {@link #stop}, until nothing is under way. Never fails.
     *
     * @param limit time to finish; then connections are cut
     * @param cut called before that
     * @param rest further time for work of the storage, which cannot be cut
     * @param unfinished called if that is not finished in time
     */
    public Mono<Void> idle(Duration limit, Runnable cut, Duration rest, Runnable unfinished) {
        return idle().timeout(limit, Mono.defer(() -> {
            cut.run();
            stopNow();
            return idle().timeout(rest, Mono.fromRunnable(unfinished));
        }));
    }

    /** Completes when, after {@link #stop}, nothing is under way. */
    public Mono<Void> idle() {
        return idle.asMono();
    }
}
