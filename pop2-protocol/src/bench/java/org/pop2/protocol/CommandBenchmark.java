package org.pop2.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
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
import org.openjdk.jmh.annotations.Warmup;
import org.pop2.bench.Figure;

/** The steps of one command, each by itself and all together: framer, codec, session, codec. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CommandBenchmark {
    private static final Reply LENGTH = new Reply.Length(52_428_800);

    private final LineFramer framer = new LineFramer();
    private final CommandCodec codec = new CommandCodec(false);
    private final Session session = new Session("bench.example", OnDisconnect.KEEP);
    private final ByteBuffer read = octets("READ 7\r\n");
    private final ByteBuffer retr = octets("RETR\r\n");
    private final ByteBuffer nack = octets("NACK\r\n");
    private final byte[] line = new byte[LineFramer.MAX_LINE];

    /** For JMH. */
    public CommandBenchmark() {}

    private static ByteBuffer octets(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Setup
    public void logIn() {
        session.on(Event.OPENED);
        session.received(decoded(octets("HELO postel secret\r\n")));
        session.on(Event.LOGGED_IN);
        session.on(new Event.Selected(new MailboxView() {
            @Override
            public int count() {
                return 10;
            }

            @Override
            public long octets(int number) {
                return 4096L + number;
            }

            @Override
            public boolean writable() {
                return true;
            }
        }));
    }

    private Command decoded(ByteBuffer text) {
        text.clear();
        framer.next(text);
        return Objects.requireNonNull(codec.decode(framer.line(), false));
    }

    @Benchmark
    @Figure("framer: READ 7")
    public LineFramer.Result framer() {
        read.clear();
        return framer.next(read);
    }

    @Benchmark
    @Figure("codec: READ 7")
    public Command codec() {
        read.clear();
        return Objects.requireNonNull(codec.decode(read, false));
    }

    @Benchmark
    @Figure("session: READ 7")
    public List<Effect> session() {
        return session.received(Command.Read.of(7));
    }

    @Benchmark
    @Figure("codec: the reply =52428800")
    public int reply() {
        return ReplyCodec.encode(LENGTH, line);
    }

    @Benchmark
    @Figure("framer to codec: READ 7 and its reply")
    public int command() {
        Effect.Send send = (Effect.Send) session.received(decoded(read)).get(0);
        return ReplyCodec.encode(send.reply(), line);
    }

    @Benchmark
    @Figure("framer to codec: READ 7, RETR, NACK and their replies")
    public int message() {
        int octets = command();
        session.received(decoded(retr));
        session.on(Event.DELIVERED);
        Effect.Send send = (Effect.Send) session.received(decoded(nack)).get(0);
        return octets + ReplyCodec.encode(send.reply(), line);
    }
}
