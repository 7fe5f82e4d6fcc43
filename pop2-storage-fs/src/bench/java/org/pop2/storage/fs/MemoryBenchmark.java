package org.pop2.storage.fs;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.pop2.bench.Figure;
import org.pop2.storage.Mailbox;

/** What mailboxes keep in memory while they are held: the heap with them, less the heap without. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@Fork(1)
@Warmup(iterations = 1)
@Measurement(iterations = 1)
public class MemoryBenchmark {
    private static final int MESSAGES = 20_000;
    private static final int HELD = 20;

    private final List<Mailboxes> stores = new ArrayList<>();

    /** Octets of heap for one message. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class PerMessage {
        public double octetsPerMessage;
    }

    @Setup
    public void fill() throws IOException {
        for (int i = 0; i < HELD; i++) {
            Mailboxes mailboxes = new Mailboxes();
            mailboxes.fill(MESSAGES, MESSAGES * 256L, "\n");
            Mailboxes.await(mailboxes.open().release(new BitSet()));
            stores.add(mailboxes);
        }
    }

    @TearDown
    public void remove() {
        stores.forEach(Mailboxes::close);
    }

    @Benchmark
    @Figure(
            value = "mbox: memory of a held mailbox for each of 20,000 messages",
            counter = "octetsPerMessage",
            unit = "octets",
            atMost = 24)
    public void held(PerMessage counter) {
        long before = used();
        List<Mailbox> held = new ArrayList<>();
        stores.forEach(mailboxes -> held.add(mailboxes.open()));
        long messages = held.stream().mapToLong(Mailbox::count).sum();
        counter.octetsPerMessage = (double) (used() - before) / messages;
        held.forEach(mailbox -> Mailboxes.await(mailbox.release(new BitSet())));
    }

    /** Heap in use when nothing is left to collect. */
    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
