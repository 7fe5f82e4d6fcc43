package org.pop2.storage.tck.broken;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;

/** Blocks the thread, as a storage must not. */
final class Waiting {
    private Waiting() {}

    /** Returns when it has ended, one way or the other, or the time is over. */
    static void atMost(long time, TimeUnit unit, Mono<?> publisher) {
        CountDownLatch ended = new CountDownLatch(1);
        publisher.subscribe(element -> {}, t -> ended.countDown(), ended::countDown);
        try {
            if (!ended.await(time, unit)) {
                System.out.println("a broken storage has blocked its subscriber for " + time + " " + unit);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
