package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.pop2.bench.Figure;
import org.pop2.storage.fs.format.MboxFormat;
import org.pop2.storage.fs.format.MboxIndex;
import org.pop2.storage.fs.format.MboxScanner;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.io.StorageIo;

/** Counting the messages of a mailbox that is in the page cache, next to only reading it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ScanBenchmark {
    private static final long SIZE = 512L * Mailboxes.MEBIBYTE;
    private static final MboxFormat FORMAT = new MboxFormat(Quoting.MBOXRD, false, 1_000_000, MboxFormat.BLOCK);

    private final Mailboxes mailboxes = new Mailboxes();
    private Path path;
    private IoFile file;
    private long size;

    @Setup
    public void fill() throws IOException {
        path = mailboxes.fill((int) (SIZE / 10_000), SIZE, "\n");
        file = new RealIo().open(path, StorageIo.Mode.READ);
        size = file.size();
    }

    @TearDown
    public void remove() throws IOException {
        file.close();
        mailboxes.close();
    }

    @Benchmark
    @Figure(value = "mbox: `cat FILE >/dev/null`", counter = "octets")
    public int cat(Octets octets) throws IOException, InterruptedException {
        int status = new ProcessBuilder("cat", path.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        octets.octets += size;
        return status;
    }

    @Benchmark
    @Figure(value = "mbox: plain read in Java", counter = "octets")
    public long read(Octets octets) throws IOException {
        ByteBuffer block = ByteBuffer.allocateDirect(MboxFormat.BLOCK);
        long at = 0;
        while (at < size) {
            at += file.read(block.clear(), at);
        }
        octets.octets += size;
        return at;
    }

    @Benchmark
    @Figure(value = "mbox: scan", counter = "octets")
    public MboxIndex scan(Octets octets) throws IOException {
        octets.octets += size;
        return MboxScanner.scan(file, size, FORMAT, () -> {});
    }
}
