package org.pop2.net;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.Disposable;

/** Counts holders per key, up to a limit. Keys without holders take no memory. Safe for many threads. */
public final class Limiter<K> {
    private final ConcurrentHashMap<K, Integer> counts = new ConcurrentHashMap<>();
    private volatile int limit;

    /** @param limit most holders of each key; may {@linkplain #limit change} */
    public Limiter(int limit) {
        this.limit = limit;
    }

    /** Changes the limit; present holders stay. */
    public void limit(int most) {
        limit = most;
    }

    /** Takes a place if the limit allows; dispose of it to give it back. */
    public Optional<Disposable> take(K key) {
        boolean[] fits = new boolean[1];
        counts.compute(key, (same, count) -> {
            int now = count == null ? 0 : count;
            fits[0] = now < limit;
            return fits[0] ? Integer.valueOf(now + 1) : count;
        });
        return fits[0] ? Optional.of(new Place(key)) : Optional.empty();
    }

    /** Counts once however often it is disposed of, since a connection may end in several ways at a time. */
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
