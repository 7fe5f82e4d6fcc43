package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.pop2.bench.Figure;
import org.pop2.storage.Mailbox;

/** A session that opens a mailbox of 20,000 messages and releases it again, deleting nothing. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class OpenBenchmark {
    private static final int MESSAGES = 20_000;

    /** One mailbox on disk, in the page cache. */
    public abstract static class Opened {
        final Mailboxes mailboxes = new Mailboxes();
        private final long mebibytes;

        Opened(long mebibytes) {
            this.mebibytes = mebibytes;
        }

        @Setup
        public void fill() throws IOException {
            mailboxes.fill(MESSAGES, mebibytes * Mailboxes.MEBIBYTE, "\n");
            open();
        }

        @TearDown
        public void remove() {
            mailboxes.close();
        }

        int open() {
            Mailbox mailbox = mailboxes.open();
            int count = mailbox.count();
            Mailboxes.await(mailbox.release(new BitSet()));
            return count;
        }
    }

    @State(Scope.Benchmark)
    public static class Middle extends Opened {
        public Middle() {
            super(200);
        }
    }

    @State(Scope.Benchmark)
    public static class Large extends Opened {
        public Large() {
            super(1024);
        }
    }

    /** No index is known. */
    @State(Scope.Benchmark)
    public static class Cold extends Middle {
        @Setup(Level.Invocation)
        public void forget() throws IOException {
            mailboxes.deleteIndexes();
        }
    }

    /** A message came in. */
    @State(Scope.Benchmark)
    public static class Grown extends Middle {
        private final Random random = new Random(1);

        @Setup(Level.Invocation)
        public void append() throws IOException {
            Path inbox = mailboxes.inbox();
            Files.write(inbox, Mailboxes.message(random, 4096, "\n"), StandardOpenOption.APPEND);
            // mail that came a moment ago; what comes this very moment is waited out
            Mailboxes.quiet();
        }
    }

    @Benchmark
    @Figure(value = "mbox: open, 20,000 messages in 200 MiB, index known", atMost = 5)
    public int warm(Middle state) {
        return state.open();
    }

    @Benchmark
    @Figure(value = "mbox: open, 20,000 messages in 1 GiB, index known", atMost = 1.5, relativeTo = "warm")
    public int warmLarge(Large state) {
        return state.open();
    }

    @Benchmark
    @Figure("mbox: open, 20,000 messages in 200 MiB, a message came in")
    public int grown(Grown state) {
        return state.open();
    }

    @Benchmark
    @Figure("mbox: open, 20,000 messages in 200 MiB, no index")
    public int cold(Cold state) {
        return state.open();
    }
}
