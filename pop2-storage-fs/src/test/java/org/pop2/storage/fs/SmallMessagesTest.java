package org.pop2.storage.fs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.MboxScanner;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.format.WireEncoder;
import org.pop2.storage.fs.io.BufferPool;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StorageIo;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;

class SmallMessagesTest {
    private static final MboxFormat FORMAT = new MboxFormat(Quoting.MBOXRD, false, 1_000_000, MboxFormat.BLOCK);
    private static final int COUNT = 200;

    @TempDir
    Path directory;

    private final BufferPool pool = new BufferPool(2);
    private final ReadAhead budget = new ReadAhead();
    private final List<StoreException> corrupt = new ArrayList<>();
    private final List<String> wire = new ArrayList<>();
    private final AtomicInteger opened = new AtomicInteger();
    private int readings;
    private @Nullable StoreException changed;
    private MboxIndex index = new MboxIndex(new long[0], 0, 0, false, 0);
    private IoFile file = none();
    private SmallMessages messages = unopened();

    @SuppressWarnings("NullAway")
    private static IoFile none() {
        return null;
    }

    @SuppressWarnings("NullAway")
    private static SmallMessages unopened() {
        return null;
    }

    @BeforeEach
    void open() throws IOException {
        StringBuilder mbox = new StringBuilder();
        for (int i = 1; i <= COUNT; i++) {
            String text = "Subject: " + i + "\n\n" + (i % 7 == 0 ? ">From me\n" : "") + "line\n".repeat(i * 5);
            mbox.append("From bob Mon Nov 23 12:00:00 2026\n").append(text).append('\n');
            wire.add(text.replace(">From", "From").replace("\n", "\r\n"));
        }
        Path path = directory.resolve("mbox");
        Files.writeString(path, mbox);
        file = new RealIo().open(path, StorageIo.Mode.READ);
        index = MboxScanner.scan(file, file.size(), FORMAT, () -> {});
        messages = over(task -> {
            readings++;
            task.run();
        });
    }

    private SmallMessages over(Executor readers) {
        return new SmallMessages(
                "mbox", index, (first, last) -> source(), corrupt::add, new Shown(), pool, budget, readers);
    }

    private SmallMessages.Source source() {
        opened.incrementAndGet();
        return new SmallMessages.Source() {
            @Override
            public boolean isThere(int row) {
                return true;
            }

            @Override
            public boolean isStill() {
                if (changed != null) {
                    throw changed;
                }
                return true;
            }

            @Override
            public WireEncoder encoder(int row) {
                return new WireEncoder(file, index, row, FORMAT.quoting());
            }

            @Override
            public void close() {
                opened.decrementAndGet();
            }
        };
    }

    /** Whatever was done: nothing stays open, and no buffer is missing when the mailbox is let go. */
    @AfterEach
    void close() throws IOException {
        messages.close();
        assertThat(opened).hasValue(0);
        assertThat(pool.alive()).isZero();
        file.close();
    }

    private String text(int number) {
        ContentBuffer buffer =
                Objects.requireNonNull(Mono.from(messages.content(number)).block());
        try {
            ByteBuffer octets = buffer.octets();
            return ISO_8859_1.decode(octets.duplicate()).toString();
        } finally {
            buffer.release();
        }
    }

    @Test
    void oneAfterTheOtherTheyAreReadManyAtATime() {
        assertThat(IntStream.rangeClosed(1, COUNT).mapToObj(this::text)).isEqualTo(wire);
        long octets = wire.stream().mapToLong(String::length).sum();
        assertThat(readings)
                .isBetween(
                        (int) (octets / ContentBuffer.MAX_OCTETS),
                        8 + (int) (octets / ContentBuffer.MAX_OCTETS * 3 / 2));
    }

    @Test
    void inAnyOrderEachIsItself() {
        Random random = new Random(42);
        for (int i = 0; i < 2_000; i++) {
            int from = 1 + random.nextInt(COUNT);
            int to = Math.min(COUNT, from + random.nextInt(12));
            for (int number = from; number <= to; number++) {
                assertThat(text(number)).isEqualTo(wire.get(number - 1));
            }
        }
    }

    @Test
    void oneThatIsReadAgainIsKeptAsLongAsTheNextOne() {
        text(1);
        text(2);
        int before = readings;
        assertThat(text(2)).isEqualTo(wire.get(1));
        assertThat(text(3)).isEqualTo(wire.get(2));
        assertThat(readings).isEqualTo(before);
        assertThat(text(3)).isEqualTo(wire.get(2));
        assertThat(readings).isEqualTo(before + 1);
        assertThat(pool.alive()).isZero();
    }

    @Test
    void whoTakesTheWholeBufferKeepsItUntilTheLastMessageIsReleased() {
        text(1);
        text(2);
        List<ContentBuffer> taken = IntStream.rangeClosed(3, 7)
                .mapToObj(number -> Mono.from(messages.content(number)).block())
                .toList();
        messages.close();
        assertThat(pool.alive()).isEqualTo(2);
        for (int i = 0; i < taken.size(); i++) {
            assertThat(ISO_8859_1.decode(taken.get(i).octets().duplicate()).toString())
                    .isEqualTo(wire.get(i + 2));
            taken.get(i).release();
            // once too often frees nothing of anybody else
            taken.get(i).release();
        }
        assertThat(pool.alive()).isZero();
    }

    @Test
    void aMailboxThatChangedIsToldBeforeAnythingOfItIsGiven() {
        text(1);
        changed = new StoreException(Reason.CORRUPT, "changed");
        assertThatThrownBy(() -> text(2)).isInstanceOf(StoreException.class).hasMessageContaining("changed");
        assertThat(corrupt).hasSize(1);
    }

    @Test
    void afterTheEndNothingIsKept() {
        text(1);
        messages.close();
        text(2);
        assertThat(pool.alive()).isZero();
    }

    @Test
    void whoCancelsIsGivenNothing() {
        List<Runnable> later = new ArrayList<>();
        messages = over(later::add);
        ContentBuffer[] given = new ContentBuffer[1];
        BaseSubscriber<ContentBuffer> subscriber = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(1);
            }

            @Override
            protected void hookOnNext(ContentBuffer buffer) {
                given[0] = buffer;
            }
        };
        messages.content(1).subscribe(subscriber);
        subscriber.cancel();
        later.forEach(Runnable::run);
        assertThat(given[0]).isNull();
        assertThat(readings).isZero();
    }

    @Test
    void aPoolThatIsFullIsBusy() {
        messages = over(task -> {
            throw new RejectedExecutionException("full");
        });
        assertThatThrownBy(() -> text(1))
                .isInstanceOfSatisfying(
                        StoreException.class,
                        error -> assertThat(error.reason()).isEqualTo(Reason.BUSY));
        assertThat(corrupt).isEmpty();
    }

    @Test
    void manyThreadsGetWhatTheyAskFor() throws Exception {
        ExecutorService readers = Executors.newFixedThreadPool(3);
        ExecutorService clients = Executors.newFixedThreadPool(3);
        try {
            messages = over(readers);
            List<Future<?>> all = new ArrayList<>();
            for (int client = 0; client < 3; client++) {
                Random random = new Random(client);
                all.add(clients.submit(() -> {
                    for (int i = 0; i < 300; i++) {
                        int from = 1 + random.nextInt(COUNT);
                        int to = Math.min(COUNT, from + random.nextInt(20));
                        for (int number = from; number <= to; number++) {
                            assertThat(text(number)).isEqualTo(wire.get(number - 1));
                        }
                    }
                }));
            }
            for (Future<?> each : all) {
                each.get(60, TimeUnit.SECONDS);
            }
        } finally {
            clients.shutdown();
            messages.close();
            readers.shutdown();
            assertThat(readers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void ofTooManyMailboxesTheOldestReadsAnew() {
        List<SmallMessages> all = new ArrayList<>();
        for (int i = 0; i <= ReadAhead.MOST; i++) {
            messages = over(task -> {
                readings++;
                task.run();
            });
            all.add(messages);
            text(1);
            text(2);
        }
        assertThat(pool.alive()).isEqualTo(ReadAhead.MOST);
        int before = readings;
        messages = all.get(1);
        assertThat(text(3)).isEqualTo(wire.get(2));
        assertThat(readings).isEqualTo(before);
        messages = all.get(0);
        assertThat(text(3)).isEqualTo(wire.get(2));
        assertThat(readings).isEqualTo(before + 1);
        all.forEach(SmallMessages::close);
    }
}
