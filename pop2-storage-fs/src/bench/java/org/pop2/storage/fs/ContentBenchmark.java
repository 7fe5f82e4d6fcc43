package org.pop2.storage.fs;

import java.io.IOException;
import java.util.BitSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.pop2.bench.Figure;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Mailbox;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/** Messages as a session streams them, to a peer that takes everything at once. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ContentBenchmark {
    /** As many buffers as the server asks for ahead. */
    private static final int WINDOW = 4;

    private static final int MANY = 1000;

    /** Mail on Unix ends its lines with LF; with CRLF nothing has to be changed. */
    @Param({"LF", "CRLF"})
    public String lines = "";

    private final Mailboxes largeOnes = new Mailboxes();
    private final Mailboxes smallOnes = new Mailboxes();
    private Mailbox large;
    private Mailbox small;

    @Setup
    public void open() throws IOException {
        String lineEnd = lines.equals("LF") ? "\n" : "\r\n";
        largeOnes.fill(1, 50L * Mailboxes.MEBIBYTE, lineEnd);
        smallOnes.fill(MANY, MANY * 4096L, lineEnd);
        large = largeOnes.open();
        small = smallOnes.open();
    }

    @TearDown
    public void close() {
        Mailboxes.await(large.release(new BitSet()));
        Mailboxes.await(small.release(new BitSet()));
        largeOnes.close();
        smallOnes.close();
    }

    @Benchmark
    @Figure(value = "mbox: content of a message of 50 MiB", counter = "octets", atLeast = 1)
    public long large(Octets octets) throws InterruptedException {
        long read = read(large, 1);
        octets.octets += read;
        return read;
    }

    @Benchmark
    @Figure(value = "mbox: content of 1,000 messages of 4 KiB", counter = "octets")
    public long small(Octets octets) throws InterruptedException {
        long read = 0;
        for (int number = 1; number <= MANY; number++) {
            read += read(small, number);
        }
        octets.octets += read;
        return read;
    }

    private static long read(Mailbox mailbox, int number) throws InterruptedException {
        Counter counter = new Counter();
        mailbox.content(number).subscribe(counter);
        counter.done.await();
        if (counter.octets != mailbox.octets(number)) {
            throw new IllegalStateException("not what was announced");
        }
        return counter.octets;
    }

    private static final class Counter implements Subscriber<ContentBuffer> {
        private final CountDownLatch done = new CountDownLatch(1);
        private @Nullable Subscription subscription;
        private long octets;

        @Override
        public void onSubscribe(Subscription upstream) {
            subscription = upstream;
            upstream.request(WINDOW);
        }

        @Override
        public void onNext(ContentBuffer buffer) {
            octets += buffer.octets().remaining();
            buffer.release();
            if (subscription != null) {
                subscription.request(1);
            }
        }

        @Override
        public void onError(Throwable error) {
            octets = -1;
            done.countDown();
        }

        @Override
        public void onComplete() {
            done.countDown();
        }
    }
}
