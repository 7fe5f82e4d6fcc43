package org.pop2.server;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.pop2.bench.Figure;
import org.pop2.storage.memory.MemoryMailStore;

/** A session from Netty's channel and back, without a network, and with mail in memory. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SessionBenchmark {
    private static final int AHEAD = 20;
    private static final String LINE = "a line of a message that is neither short nor especially long\r\n";

    private final ByteBuf read = EmbeddedSession.lines("READ 1\r\n");
    private final ByteBuf message = EmbeddedSession.lines("READ 1\r\nRETR\r\nACKS\r\n");
    private final ByteBuf ahead = EmbeddedSession.lines("READ 1\r\nRETR\r\nACKS\r\n".repeat(AHEAD));
    private final ByteBuf large = EmbeddedSession.lines("READ 2\r\nRETR\r\nACKS\r\n");
    private EmbeddedSession session;

    @Setup
    public void logIn() {
        session = new EmbeddedSession(MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", LINE.repeat(64))
                .message("postel", "INBOX", LINE.repeat(16 * 1024)));
    }

    @TearDown
    public void close() {
        session.close();
    }

    private long said(ByteBuf commands) {
        session.say(commands);
        return session.take();
    }

    @Benchmark
    @Figure("session: READ")
    public long read() {
        return said(read);
    }

    @Benchmark
    @Figure("session: READ, RETR, ACKS of a message of 4 KiB")
    public long message() {
        return said(message);
    }

    @Benchmark
    @OperationsPerInvocation(AHEAD)
    @Figure("session: the same, 20 asked for ahead, each")
    public long ahead() {
        return said(ahead);
    }

    @Benchmark
    @Figure("session: READ, RETR, ACKS of a message of 1 MiB")
    public long large() {
        return said(large);
    }
}
