package org.pop2.app.bench;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.Command;
import org.pop2.protocol.CommandCodec;
import org.pop2.protocol.LineFramer;
import org.pop2.protocol.Reply;
import org.pop2.protocol.ReplyCodec;

/** One run. Blocks; not safe for threads. */
public final class Load {
    private static final int BUFFER = 256 * 1024;
    /** Idle sessions that log in at a time: servers limit logins, which are not what is measured. */
    private static final int LOGINS = 32;

    /**
     * Answers are looked for so long before the thread sleeps: to be woken, on a virtual processor that has gone idle,
     * takes longer than the answer of a fast server, and it is the server that is measured. Not where there is one
     * processor, which is the server's.
     */
    private static final long LOOK_NANOS = Runtime.getRuntime().availableProcessors() > 1 ? 200_000 : 0;

    /** Silence after which the server is given up. */
    private static final long SILENCE_NANOS = 60_000_000_000L;

    private static final byte[] QUIT = CommandCodec.encode(Command.QUIT);
    private static final byte[] RETR = CommandCodec.encode(Command.RETR);

    private final Plan plan;
    private final LongConsumer progress;
    private final byte[] acknowledgement;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    private final Latencies latencies = new Latencies();
    private final List<Session> sessions = new ArrayList<>();

    private Selector selector;
    private boolean counting;
    private boolean ending;
    private int open;
    private long count;
    private long octets;
    private long errors;
    private String firstError = "";
    private long heard;

    /** @param progress called periodically with the operations done so far */
    @SuppressWarnings("NullAway.Init")
    public Load(Plan plan, LongConsumer progress) {
        this.plan = plan;
        this.progress = progress;
        this.acknowledgement = CommandCodec.encode(
                switch (plan.scenario()) {
                    case DELETE -> Command.ACKD;
                    case BIG -> Command.NACK;
                    case CHURN, FETCH, OPEN, IDLE -> Command.ACKS;
                });
    }

    /**
     * Runs it.
     *
     * @throws IOException if this machine has no sockets left, or the server falls silent; wrong answers are counted
     *     instead
     */
    public Result run() throws IOException {
        try (Selector opened = Selector.open()) {
            selector = opened;
            long begin = System.nanoTime();
            heard = begin;
            long counted = begin;
            counting = plan.warmUp().isZero();
            long end = begin + plan.warmUp().plus(plan.duration()).toNanos();
            int atOnce = plan.scenario() == Scenario.IDLE ? LOGINS : plan.concurrency();
            while (sessions.size() < Math.min(atOnce, plan.concurrency())) {
                next();
            }
            long now = begin;
            long shown = begin;
            while (open > 0) {
                answers(opened);
                now = System.nanoTime();
                if (!counting && now - begin >= plan.warmUp().toNanos()) {
                    counting = true;
                    counted = now;
                    count = 0;
                    octets = 0;
                    latencies.clear();
                }
                if (!ending && plan.scenario() != Scenario.DELETE && now >= end) {
                    ending = true;
                    if (plan.scenario() == Scenario.IDLE) {
                        count = open;
                        endIdle();
                    }
                    return result((now - counted) / 1e9);
                }
                if (now - heard > SILENCE_NANOS && plan.scenario() != Scenario.IDLE) {
                    throw new IOException("the server says nothing more");
                }
                if (now - shown > 100_000_000) {
                    shown = now;
                    progress.accept(count);
                }
            }
            return result((now - counted) / 1e9);
        } finally {
            for (Session session : sessions) {
                session.close();
            }
        }
    }

    /** Handles answers that have come or come within a tenth of a second. */
    @SuppressWarnings("ThreadPriorityCheck") // the server may want this processor; nothing depends on the yielding
    private static void answers(Selector from) throws IOException {
        long since = System.nanoTime();
        do {
            if (from.selectNow(Load::ready) > 0) {
                return;
            }
            Thread.yield();
        } while (System.nanoTime() - since < LOOK_NANOS);
        from.select(Load::ready, 100);
    }

    private static void ready(SelectionKey key) {
        ((Session) key.attachment()).ready(key);
    }

    private void next() throws IOException {
        Session session = new Session(sessions.size());
        sessions.add(session);
        session.connect();
    }

    private Result result(double seconds) {
        return new Result(
                plan.scenario(),
                plan.concurrency(),
                plan.pipeline(),
                seconds,
                count,
                octets,
                latencies.millis(0.5),
                latencies.millis(0.99),
                latencies.millis(1),
                errors,
                firstError);
    }

    /** Checks with a command that each idle session still exists. */
    private void endIdle() throws IOException {
        long limit = System.nanoTime() + SILENCE_NANOS;
        for (Session session : sessions) {
            session.quit();
        }
        while (open > 0 && System.nanoTime() < limit) {
            answers(selector);
        }
        errors += open;
    }

    private enum Step {
        GREETING,
        COUNT,
        /** An announcement of the next message, in answer to READ or an acknowledgement. */
        LENGTH,
        MESSAGE,
        IDLE,
        FAREWELL
    }

    /** One connection after the other, of one user. */
    private final class Session {
        private final byte[] helo;
        /** IPv4 connections use IPv4 sockets, which cost less than IPv6 ones. */
        private final ProtocolFamily family = plan.server().getAddress() instanceof Inet4Address
                ? StandardProtocolFamily.INET
                : StandardProtocolFamily.INET6;

        private LineFramer framer = new LineFramer();
        private @Nullable SocketChannel channel;
        private Step step = Step.GREETING;
        private long began;
        private long asked;
        private int messages;
        private int expected = -1;
        private int current;
        /** Messages whose RETR and acknowledgement have been sent. */
        private int sent;

        private long left;
        private final CRC32C crc = new CRC32C();
        /** Hashes of messages when first read. */
        private long[] hashes = new long[0];

        Session(int number) {
            helo = plan.helo(number);
        }

        void connect() throws IOException {
            SocketChannel fresh = SocketChannel.open(family);
            fresh.configureBlocking(false);
            if (plan.pipeline() > 1) {
                // commands that are sent before the ones before were answered
                fresh.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            channel = fresh;
            framer = new LineFramer();
            step = Step.GREETING;
            began = System.nanoTime();
            open++;
            boolean connected;
            try {
                // over loopback the answer is there already
                connected = fresh.connect(plan.server()) || fresh.finishConnect();
            } catch (IOException e) {
                failed(String.valueOf(e.getMessage()));
                return;
            }
            fresh.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
        }

        void ready(SelectionKey key) {
            try {
                if (key.isConnectable()) {
                    SocketChannel connecting = (SocketChannel) key.channel();
                    connecting.finishConnect();
                    key.interestOps(SelectionKey.OP_READ);
                    return;
                }
                read((SocketChannel) key.channel());
            } catch (IOException e) {
                failed(String.valueOf(e.getMessage()));
            }
        }

        private void read(SocketChannel from) throws IOException {
            buffer.clear();
            int read = from.read(buffer);
            if (read < 0) {
                failed("closed by the server");
                return;
            }
            heard = System.nanoTime();
            buffer.flip();
            while (buffer.hasRemaining() && channel == from) {
                if (step == Step.MESSAGE) {
                    message();
                } else {
                    line();
                }
            }
        }

        private void line() throws IOException {
            switch (framer.next(buffer)) {
                case NEED_MORE -> {}
                case LINE -> reply(ReplyCodec.decode(framer.line()));
                case TOO_LONG, TLS_HANDSHAKE -> failed("no line of POP2");
            }
        }

        private void reply(Reply reply) throws IOException {
            switch (step) {
                case GREETING -> {
                    if (reply instanceof Reply.Success) {
                        step = Step.COUNT;
                        send(helo);
                    } else {
                        failed(reply.toString());
                    }
                }
                case COUNT -> {
                    if (reply instanceof Reply.Count number) {
                        counted(number.messages());
                    } else {
                        failed(reply.toString());
                    }
                }
                case LENGTH -> {
                    if (reply instanceof Reply.Length length) {
                        announced(length.octets());
                    } else {
                        failed(reply.toString());
                    }
                }
                case FAREWELL -> {
                    if (reply instanceof Reply.Success) {
                        quitted();
                    } else {
                        failed(reply.toString());
                    }
                }
                case IDLE, MESSAGE -> failed("unasked: " + reply);
            }
        }

        private void counted(int number) throws IOException {
            if (expected >= 0 && number != expected && plan.scenario() != Scenario.DELETE) {
                failed(number + " messages, and there were " + expected);
                return;
            }
            expected = number;
            messages = number;
            switch (plan.scenario()) {
                case CHURN -> quit();
                case OPEN -> {
                    done(began);
                    again();
                }
                case IDLE -> {
                    done(began);
                    step = Step.IDLE;
                    if (sessions.size() < plan.concurrency() && !ending) {
                        next();
                    }
                }
                case FETCH, DELETE, BIG -> {
                    if (hashes.length < number + 1) {
                        hashes = new long[number + 1];
                    }
                    boolean one = plan.scenario() == Scenario.BIG;
                    if (number < (one ? plan.message() : 1)) {
                        failed("there are " + number + " messages");
                        return;
                    }
                    current = one ? plan.message() : 1;
                    sent = 0;
                    step = Step.LENGTH;
                    send(CommandCodec.encode(new Command.Read(current)));
                }
            }
        }

        private void announced(long length) throws IOException {
            if (length == 0 || (plan.scenario() != Scenario.BIG && current > messages)) {
                if (plan.scenario() != Scenario.BIG && current != messages + 1) {
                    failed("message " + current + " of " + messages + " has no octets");
                    return;
                }
                quit();
                return;
            }
            left = length;
            crc.reset();
            asked = System.nanoTime();
            step = Step.MESSAGE;
            if (plan.pipeline() == 1 || plan.scenario() == Scenario.BIG) {
                send(RETR);
            } else {
                sendAhead();
            }
        }

        /** Sends RETR and acknowledgement of several messages in one write. */
        private void sendAhead() throws IOException {
            int last = messages;
            int upTo = (int) Math.min(last, (long) current + plan.pipeline() - 1);
            if (sent >= upTo) {
                return;
            }
            int first = Math.max(sent + 1, current);
            if (upTo - first + 1 < plan.pipeline() / 2 && upTo < last && first > current) {
                return;
            }
            ByteBuffer all = ByteBuffer.allocate((upTo - first + 1) * (RETR.length + acknowledgement.length));
            for (int i = first; i <= upTo; i++) {
                all.put(RETR).put(acknowledgement);
            }
            sent = upTo;
            send(all.flip());
        }

        private void message() throws IOException {
            int length = (int) Math.min(left, buffer.remaining());
            int behind = buffer.limit();
            crc.update(buffer.limit(buffer.position() + length));
            buffer.limit(behind);
            left -= length;
            if (counting) {
                octets += length;
            }
            if (left > 0) {
                return;
            }
            long hash = crc.getValue() | 1L << 32;
            if (hashes[current] != 0 && hashes[current] != hash && plan.scenario() != Scenario.DELETE) {
                failed("message " + current + " is another one than before");
                return;
            }
            hashes[current] = hash;
            if (plan.scenario() != Scenario.DELETE) {
                done(asked);
            } else if (counting) {
                count++;
            }
            step = Step.LENGTH;
            if (plan.scenario() != Scenario.BIG) {
                current++;
            }
            if (plan.pipeline() == 1 || plan.scenario() == Scenario.BIG) {
                send(acknowledgement);
            }
        }

        /** Counts an operation. */
        private void done(long since) {
            if (counting) {
                count++;
                latencies.add(System.nanoTime() - since);
            }
        }

        private void quit() throws IOException {
            if (channel == null) {
                return;
            }
            step = Step.FAREWELL;
            send(QUIT);
        }

        private void quitted() throws IOException {
            switch (plan.scenario()) {
                case CHURN -> done(began);
                case DELETE -> latencies.add(System.nanoTime() - began);
                default -> {}
            }
            again();
        }

        private void again() throws IOException {
            close();
            if (plan.scenario() != Scenario.DELETE && plan.scenario() != Scenario.IDLE && !ending) {
                connect();
            }
        }

        private void failed(String why) {
            errors++;
            if (firstError.isEmpty()) {
                firstError = why;
            }
            try {
                // so that a server that refuses everything is not hammered, one error ends a session for good
                close();
            } catch (IOException e) {
                firstError = firstError + "; " + e.getMessage();
            }
        }

        private void send(byte[] line) throws IOException {
            send(ByteBuffer.wrap(line));
        }

        /** Sends commands. They always fit into the system's buffer, as answers are read before more are sent. */
        private void send(ByteBuffer lines) throws IOException {
            SocketChannel to = channel;
            long limit = System.nanoTime() + SILENCE_NANOS;
            while (to != null && lines.hasRemaining()) {
                if (to.write(lines) == 0 && System.nanoTime() > limit) {
                    throw new IOException("the server reads nothing");
                }
            }
        }

        void close() throws IOException {
            SocketChannel was = channel;
            if (was != null) {
                channel = null;
                open--;
                was.close();
            }
        }
    }
}
