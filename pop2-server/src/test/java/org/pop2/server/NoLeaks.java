package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBufAllocator;
import java.lang.ref.WeakReference;
import java.util.Objects;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.pop2.testing.LogCapture;

/** Fails a test class in which Netty found a buffer that nobody released. */
public final class NoLeaks implements BeforeAllCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(NoLeaks.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getStore(NAMESPACE).put("log", LogCapture.of("io.netty.util.ResourceLeakDetector"));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        LogCapture log = Objects.requireNonNull(context.getStore(NAMESPACE).get("log", LogCapture.class));
        // a leak shows when its buffer has been collected and another one is made
        WeakReference<Object> garbage = new WeakReference<>(new Object());
        await().atMost(TestServer.LIMIT).until(() -> {
            System.gc();
            return garbage.get() == null;
        });
        for (int i = 0; i < 200; i++) {
            ByteBufAllocator.DEFAULT.directBuffer(64).release();
        }
        log.close();
        assertThat(log.lines()).noneMatch(line -> line.contains("LEAK"));
    }
}
