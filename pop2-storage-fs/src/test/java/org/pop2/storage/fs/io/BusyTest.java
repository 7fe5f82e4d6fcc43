package org.pop2.storage.fs.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BusyTest {
    private static final long MINUTE = 60_000_000_000L;

    @Test
    void threadThatDoesNotComeBackIsSeen() throws InterruptedException {
        Busy busy = new Busy();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Thread thread = new Thread(() -> busy.run(() -> {
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }));
        thread.start();
        begun.await();
        busy.run(() -> {});
        long now = System.nanoTime();
        assertThat(busy.look(now)).isZero();
        assertThat(busy.look(now + 2 * MINUTE)).as("the other thread is done").isEqualTo(1);
        goOn.countDown();
        thread.join();
        assertThat(busy.look(now + 2 * MINUTE)).isZero();
    }
}
