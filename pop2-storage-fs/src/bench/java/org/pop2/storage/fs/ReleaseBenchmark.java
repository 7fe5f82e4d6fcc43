package org.pop2.storage.fs;

import java.io.IOException;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
import org.pop2.storage.Mailbox;

/** Deletions from 20,000 messages in 200 MiB, durable at the end. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2)
@Measurement(iterations = 5)
public class ReleaseBenchmark {
    private static final int MESSAGES = 20_000;

    @Param({"all", "last", "half", "first"})
    public String deleted = "";

    private final Mailboxes mailboxes = new Mailboxes();
    private Mailbox mailbox;
    private BitSet numbers;

    @Setup(Level.Iteration)
    public void open() throws IOException {
        mailboxes.fill(MESSAGES, 200L * Mailboxes.MEBIBYTE, "\n");
        mailbox = mailboxes.open();
        numbers = new BitSet();
        switch (deleted) {
            case "all" -> numbers.set(1, MESSAGES + 1);
            case "last" -> numbers.set(MESSAGES);
            case "first" -> numbers.set(1);
            case "half" -> {
                for (int number = 1; number <= MESSAGES; number += 2) {
                    numbers.set(number);
                }
            }
            default -> throw new IllegalArgumentException(deleted);
        }
    }

    @TearDown
    public void remove() {
        mailboxes.close();
    }

    @Benchmark
    @Figure("mbox: release, 20,000 messages in 200 MiB")
    public void release() {
        Mailboxes.await(mailbox.release(numbers));
    }
}
