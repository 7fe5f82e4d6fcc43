package org.pop2.fetch.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Waits for all connections on which nothing is said, with one thread: one for each of them would cost more memory than
 * all else that an account needs.
 */
final class Waits {
    /** Those of this process. */
    private static @Nullable Waits common;

    private final Selector selector;
    private final Queue<Wait> begun = new ConcurrentLinkedQueue<>();
    private final List<Wait> all = new ArrayList<>();

    /** @param then what follows, which must not block */
    private record Wait(SocketChannel channel, long until, Runnable then) {}

    private Waits() throws IOException {
        selector = Selector.open();
        Thread thread = new Thread(this::run, "imap-idle");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Waits until there is something to read or the connection has ended, at most until that time
     * ({@link System#nanoTime}). Until then nobody else may read or write; anybody may close it, and then
     * {@linkplain #look says so}.
     *
     * @param then is called once, and must not block
     */
    static synchronized void until(SocketChannel channel, long until, Runnable then) throws IOException {
        if (common == null) {
            common = new Waits();
        }
        common.begun.add(new Wait(channel, until, then));
        common.selector.wakeup();
    }

    /** Notices connections that were closed here, which a selector does not say. */
    static synchronized void look() {
        if (common != null) {
            common.selector.wakeup();
        }
    }

    private void run() {
        while (true) {
            try {
                selector.select(TimeUnit.NANOSECONDS.toMillis(next()) + 1);
                for (Wait each = begun.poll(); each != null; each = begun.poll()) {
                    begin(each);
                }
                end();
            } catch (IOException e) {
                // of the selector itself: there is no other way to wait
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Nanoseconds until the next wait is too long. */
    private long next() {
        long now = System.nanoTime();
        long least = Duration.ofHours(1).toNanos();
        for (Wait each : all) {
            least = Math.min(least, each.until() - now);
        }
        return Math.max(0, least);
    }

    private void begin(Wait wait) {
        all.add(wait);
        try {
            wait.channel().configureBlocking(false);
            wait.channel().register(selector, SelectionKey.OP_READ);
        } catch (IOException e) {
            // closed: its key, or that there is none, says so below
            return;
        }
    }

    private void end() throws IOException {
        List<Wait> over = new ArrayList<>();
        for (Iterator<Wait> waits = all.iterator(); waits.hasNext(); ) {
            Wait wait = waits.next();
            SelectionKey key = wait.channel().keyFor(selector);
            boolean goesOn = key != null
                    && key.isValid()
                    && !selector.selectedKeys().contains(key)
                    && wait.until() > System.nanoTime();
            if (!goesOn) {
                waits.remove();
                over.add(wait);
                if (key != null) {
                    key.cancel();
                }
            }
        }
        selector.selectedKeys().clear();
        if (over.isEmpty()) {
            return;
        }
        // only then is a channel let go
        selector.selectNow();
        for (Wait wait : over) {
            try {
                wait.channel().configureBlocking(true);
            } catch (IOException e) {
                // closed; who reads finds out
            }
            wait.then().run();
        }
    }
}
