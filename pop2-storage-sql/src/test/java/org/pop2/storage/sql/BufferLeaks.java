package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import org.slf4j.LoggerFactory;

/** Hears what Netty says about buffers that nobody released. */
final class BufferLeaks implements AutoCloseable {
    private static final int BUFFERS = 1000;

    private final Logger logger = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
    private final ListAppender<ILoggingEvent> heard = new ListAppender<>();

    BufferLeaks() {
        assertThat(ResourceLeakDetector.getLevel())
                .as("every buffer is watched")
                .isEqualTo(ResourceLeakDetector.Level.PARANOID);
        // what tests before this one left, as the driver does when it says goodbye over a dead connection, is not its
        // own
        provoke();
        heard.start();
        logger.addAppender(heard);
    }

    void assertNone() {
        provoke();
        assertThat(heard.list).extracting(ILoggingEvent::getFormattedMessage).isEmpty();
    }

    /** Lets Netty find what was left: it looks for leaks when it hands out a buffer. */
    private static void provoke() {
        System.gc();
        for (int i = 0; i < BUFFERS; i++) {
            PooledByteBufAllocator.DEFAULT.buffer(16).release();
        }
    }

    @Override
    public void close() {
        logger.detachAppender(heard);
        heard.stop();
    }
}
