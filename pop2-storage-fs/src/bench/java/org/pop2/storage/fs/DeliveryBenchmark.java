package org.pop2.storage.fs;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
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
import org.pop2.storage.FolderName;
import org.pop2.storage.Message;
import reactor.core.publisher.Flux;

/** Deliveries, durable at the end. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 2)
public class DeliveryBenchmark {
    private static final int SLICE = 8 * 1024;

    @Param({"4", "10240"})
    public int kibibytes;

    private final Mailboxes mailboxes = new Mailboxes();
    private byte[] message = new byte[0];

    @Setup
    public void write() {
        String line = "a line of a message that is neither short nor especially long, and so on\r\n";
        message = line.repeat(kibibytes * 1024 / line.length() + 1).getBytes(StandardCharsets.US_ASCII);
    }

    @TearDown
    public void remove() {
        mailboxes.close();
    }

    @Benchmark
    @Figure("mbox: delivery of one message")
    public void deliver() {
        Flux<ByteBuffer> content = Flux.range(0, (message.length + SLICE - 1) / SLICE)
                .map(i -> ByteBuffer.wrap(message, i * SLICE, Math.min(SLICE, message.length - i * SLICE)));
        Mailboxes.await(mailboxes.store().deliver(Mailboxes.ALICE, FolderName.INBOX, Message.of(content)));
    }
}
