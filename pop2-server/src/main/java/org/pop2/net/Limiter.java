package org.pop2.net;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.Disposable;

/** How many of each there are, up to a limit. What there is none of takes no memory. Safe for many threads. */
public final class Limiter<K> {
    private final ConcurrentHashMap<K, Integer> counts = new ConcurrentHashMap<>();
    private volatile int limit;

    /** @param limit of each; may {@linkplain #limit change} */
    public Limiter(int limit) {
        this.limit = limit;
    }

    /** From now on; those that are there stay. */
    public void limit(int most) {
        limit = most;
    }

    /** One more, if that is within the limit: its place, to be given back by disposing of it. */
    public Optional<Disposable> take(K key) {
        boolean[] fits = new boolean[1];
        counts.compute(key, (same, count) -> {
            int now = count == null ? 0 : count;
            fits[0] = now < limit;
            return fits[0] ? Integer.valueOf(now + 1) : count;
        });
        return fits[0] ? Optional.of(new Place(key)) : Optional.empty();
    }

    /** Counts once, however often it is given back: a connection ends in more than one way at a time. */
    private final class Place implements Disposable {
        private final K key;
        private final AtomicBoolean left = new AtomicBoolean();

        Place(K key) {
            this.key = key;
        }

        @Override
        public void dispose() {
            if (left.compareAndSet(false, true)) {
                counts.computeIfPresent(key, (same, count) -> count > 1 ? count - 1 : null);
            }
        }

        @Override
        public boolean isDisposed() {
            return left.get();
        }
    }
}
