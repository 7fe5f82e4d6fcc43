package org.pop2.lmtp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pop2.lmtp.LmtpSession.Effect;
import org.pop2.lmtp.LmtpSession.End;
import org.pop2.lmtp.LmtpSession.Event;
import org.pop2.lmtp.LmtpSession.Wants;
import org.pop2.net.StorageCalls;
import org.pop2.storage.FolderName;
import org.pop2.storage.Message;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One connection: octets in, commands to the {@link LmtpSession}, its effects done, strictly one after the other.
 *
 * <p>Everything here happens on the connection's event loop and nothing waits there. Input is read on demand, one
 * buffer at a time; none is taken while the spool writes, the storage works, or the client does not read its replies.
 *
 * <p>A delivery that has begun hangs on nothing of the connection. One that has not is left out when the connection is
 * gone: the MTA was told nothing of it and comes again.
 */
// what becomes of a write or a close is told by the pipeline: the channel goes inactive
@SuppressWarnings("FutureReturnValueIgnored")
final class LmtpHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(LmtpHandler.class);

    /** RFC 5321 (p. 63) asks for 512 octets and some for parameters; a client that sends more gets 500. */
    private static final int MAX_LINE = 2048;

    /** Mailboxes that one message is delivered to at a time. */
    private static final int CONCURRENT_DELIVERIES = 4;

    private static final int CHUNK = 16 * 1024;

    /** After a last line that the client does not expect: how long, and how much, it may go on sending. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final int LINGER_OCTETS = 256 * 1024;

    private final LmtpSessions sessions;
    private final LmtpSettings settings;
    private final LmtpSession session;

    private @Nullable ChannelHandlerContext context;
    private @Nullable LmtpRecord record;

    /** Input that waits to be taken; the next is read when it is used up. */
    private @Nullable ByteBuf input;

    private final StringBuilder line = new StringBuilder();
    private boolean lineTooLong;

    private @Nullable SpooledMessage message;
    private DotUnstuffer unstuffer = new DotUnstuffer();
    private DeliveryKey key = new DeliveryKey();
    private byte @Nullable [] chunk;

    /** Why the message that comes in is not kept. */
    private @Nullable Reply lost;

    private boolean spooling;

    /** Among the sessions. */
    private boolean counted;

    private boolean readPending;
    private boolean inputEnded;
    private boolean working;
    private boolean stopping;
    private volatile boolean gone;
    private @Nullable End end;
    private boolean written;
    private int lingered;

    private @Nullable ScheduledFuture<?> timer;
    private long deadline;

    LmtpHandler(LmtpSessions sessions) {
        this.sessions = sessions;
        this.settings = sessions.settings();
        this.session = new LmtpSession(settings.hostName(), settings.limits());
    }

    // ---- what Netty tells

    @Override
    public void channelActive(ChannelHandlerContext active) {
        context = active;
        record = new LmtpRecord(sessions.nextId(), active.channel().remoteAddress(), sessions.observer());
        if (!isAllowed(active.channel().remoteAddress())) {
            turnAway();
            return;
        }
        counted = true;
        if (sessions.add(this)) {
            tell(new Event.Opened());
        } else {
            tell(new Event.Aborted(End.OVERLOADED, Reply.OVERLOADED));
        }
        touch();
        work();
    }

    @Override
    public void channelRead(ChannelHandlerContext ignored, Object octets) {
        readPending = false;
        if (end != null) {
            lingered += ((ByteBuf) octets).readableBytes();
            ReferenceCountUtil.release(octets);
            if (lingered > LINGER_OCTETS) {
                channel().close();
            } else {
                read();
            }
            return;
        }
        // read only when the last was used up, so nothing is overwritten
        input = (ByteBuf) octets;
        if (session.wants() == Wants.CONTENT) {
            touch();
        }
        work();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ignored) {
        if (readPending) {
            // a read that brought nothing
            readPending = false;
            if (end != null || input == null) {
                read();
            }
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ignored) {
        if (channel().isWritable()) {
            work();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ignored, Object event) throws Exception {
        if (event instanceof ChannelInputShutdownEvent) {
            inputEnded = true;
            if (end != null) {
                channel().close();
            } else {
                work();
            }
        } else {
            super.userEventTriggered(ignored, event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) throws Exception {
        gone = true;
        tell(new Event.Closed());
        if (timer != null) {
            timer.cancel(false);
        }
        dropInput();
        dropMessage();
        if (counted) {
            sessions.remove(this);
        }
        log().write(end == null ? End.DISCONNECTED : end);
        super.channelInactive(inactive);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ignored, Throwable cause) {
        if (cause instanceof java.io.IOException) {
            LOG.atDebug()
                    .addKeyValue("session", log().id())
                    .addKeyValue("address", log().address())
                    .addKeyValue("error", cause.toString())
                    .log("lmtp-connection-broke");
        } else {
            LOG.atWarn()
                    .setCause(cause)
                    .addKeyValue("session", log().id())
                    .addKeyValue("address", log().address())
                    .log("lmtp-session-failed");
        }
        channel().close();
    }

    // ---- what the server tells, on any thread

    /** Ends the session as soon as no message is under way. */
    void stop() {
        later(() -> {
            stopping = true;
            work();
        });
    }

    /** Ends the session now. */
    void stopNow() {
        later(() -> {
            gone = true;
            tell(new Event.Aborted(End.SHUTDOWN, Reply.STOPPING));
            channel().close();
        });
    }

    // ---- the loop

    private void work() {
        if (working || context == null) {
            return;
        }
        working = true;
        try {
            while (end == null && channel().isWritable() && step()) {
                // on to the next
            }
        } finally {
            working = false;
        }
        if (written) {
            written = false;
            context().flush();
        }
        if (end == null) {
            if (input == null) {
                // one buffer ahead, so that a connection that goes is noticed
                read();
            }
            arm();
        }
    }

    /** Takes something from the input; says whether there may be more to do. */
    private boolean step() {
        Wants wants = session.wants();
        if (wants == Wants.COMMAND && stopping) {
            tell(new Event.Aborted(End.SHUTDOWN, Reply.STOPPING));
            return false;
        }
        if ((wants != Wants.COMMAND && wants != Wants.CONTENT) || spooling) {
            return false;
        }
        if (input == null) {
            if (inputEnded) {
                tell(new Event.Closed());
            }
            return false;
        }
        if (wants == Wants.COMMAND) {
            takeCommand(input);
        } else {
            takeContent(input);
        }
        return true;
    }

    private void takeCommand(ByteBuf octets) {
        while (octets.isReadable()) {
            byte octet = octets.readByte();
            if (octet == '\n') {
                usedUp(octets);
                command();
                return;
            }
            if (line.length() < MAX_LINE) {
                line.append((char) (octet & 0xff));
            } else {
                lineTooLong = true;
            }
        }
        usedUp(octets);
    }

    private void command() {
        Command command =
                lineTooLong ? new Command.Refused(CommandParser.TOO_LONG) : CommandParser.parse(line.toString());
        line.setLength(0);
        lineTooLong = false;
        touch();
        tell(new Event.Received(command));
    }

    private void takeContent(ByteBuf octets) {
        byte[] copy = chunk;
        if (copy == null) {
            copy = new byte[CHUNK];
            chunk = copy;
        }
        int length = Math.min(CHUNK, octets.readableBytes());
        octets.getBytes(octets.readerIndex(), copy, 0, length);
        octets.skipBytes(unstuffer.take(copy, 0, length, this::keep));
        usedUp(octets);
        SpooledMessage kept = message;
        if (lost != null) {
            dropMessage();
        } else if (kept != null && (kept.full() || (unstuffer.ended() && kept.onDisk()))) {
            spooling = true;
            kept.drain(error -> later(() -> drained(error)));
            return;
        }
        contentEnd();
    }

    private void keep(byte[] octets, int offset, int length) {
        SpooledMessage kept = message;
        if (lost != null || kept == null) {
            return;
        }
        if (kept.octets() + length > settings.limits().messageOctets()) {
            lost = Reply.TOO_LARGE;
            return;
        }
        key.update(octets, offset, length);
        kept.append(octets, offset, length);
    }

    private void drained(@Nullable Throwable error) {
        spooling = false;
        if (error != null) {
            LOG.atWarn()
                    .addKeyValue("session", log().id())
                    .addKeyValue("error", error.toString())
                    .log("lmtp-spool-failed");
            lost = Reply.SPOOL_FAILED;
        }
        if (end != null || lost != null) {
            dropMessage();
        }
        if (end == null) {
            touch();
            contentEnd();
            work();
        }
    }

    private void contentEnd() {
        if (!unstuffer.ended()) {
            return;
        }
        chunk = null;
        touch();
        Reply failure = lost;
        SpooledMessage kept = message;
        if (failure != null || kept == null) {
            tell(new Event.ContentLost(failure == null ? Reply.SPOOL_FAILED : failure));
        } else {
            log().received(kept.octets());
            tell(new Event.ContentEnded());
        }
    }

    private void tell(Event event) {
        for (Effect effect : session.on(event)) {
            if (end == null) {
                perform(effect);
            }
        }
    }

    /** The outcome of something that was under way, on any thread; outcomes keep their order. */
    private void outcome(Event event) {
        execute(() -> {
            tell(event);
            touch();
            work();
        });
    }

    // ---- effects

    private void perform(Effect effect) {
        if (effect instanceof Effect.Send send) {
            context()
                    .write(
                            Unpooled.wrappedBuffer(send.reply().encode()),
                            context().voidPromise());
            written = true;
        } else if (effect instanceof Effect.Find find) {
            find(find.address(), find.size());
        } else if (effect instanceof Effect.Receive) {
            message = sessions.spool().begin();
            unstuffer = new DotUnstuffer();
            key = new DeliveryKey();
            lost = null;
            // from here on the limit of data counts, also if some came with the command and no more does
            touch();
            rearm();
        } else if (effect instanceof Effect.Deliver deliver) {
            deliver(deliver.sender(), deliver.targets());
        } else if (effect instanceof Effect.Close close) {
            close(close.end());
        }
    }

    private void find(Address address, long size) {
        if (!Recipients.isLocal(address, settings.addressing())) {
            log().refused();
            outcome(new Event.NotTaken(Reply.of(550, "5.7.1 mail for that domain is not taken here")));
            return;
        }
        Flux.fromIterable(Recipients.candidates(address, settings.addressing()))
                .concatMap(
                        candidate -> StorageCalls.of(
                                        () -> sessions.store().accounts().find(candidate.user()))
                                .map(account -> candidate),
                        0)
                .next()
                .flatMap(this::existingFolder)
                .flatMap(target -> size == 0 ? Mono.just(new Event.Found(target)) : ifNotFull(target, size))
                .defaultIfEmpty(new Event.NotTaken(Reply.UNKNOWN_USER))
                .onErrorResume(error -> {
                    log().notFound(error);
                    return Mono.just(new Event.NotTaken(Reply.UNAVAILABLE));
                })
                .subscribe(event -> {
                    if (event instanceof Event.NotTaken) {
                        execute(() -> log().refused());
                    }
                    outcome(event);
                });
    }

    /**
     * Refuses what certainly does not fit: a message larger than the quota, or any if there is more than it allows. If
     * it merely does not fit beside what is there, it may be among that: a repeated delivery, whose sender must not be
     * told that it was refused. The storage decides about such a message when it has it.
     */
    private Mono<Event> ifNotFull(Target target, long size) {
        return StorageCalls.of(() -> sessions.store().usage(target.user()))
                .map(usage -> usage.quota().allows(Math.max(1, usage.messages()), Math.max(size, usage.octets()))
                        ? new Event.Found(target)
                        : new Event.NotTaken(Reply.full(settings.overQuota())));
    }

    private Mono<Target> existingFolder(Target target) {
        if (target.folder().isInbox() || settings.addressing().createFolders()) {
            return Mono.just(target);
        }
        return StorageCalls.of(
                        () -> Flux.from(sessions.store().folders(target.user())).any(target.folder()::equals))
                .map(exists -> exists ? target : new Target(target.user(), FolderName.INBOX));
    }

    private void deliver(String sender, List<Target> targets) {
        SpooledMessage delivered = Objects.requireNonNull(message, "nothing was received");
        message = null;
        sessions.deliveryBegins();
        // named twice, delivered once, and told twice
        Map<Target, Mono<Reply>> once = new HashMap<>();
        for (Target target : targets) {
            once.computeIfAbsent(
                    target,
                    to -> delivery(to, new Message(delivered.content(), sender, key.of(to)), delivered.octets())
                            .cache());
        }
        Flux.fromIterable(targets)
                .flatMapSequential(once::get, CONCURRENT_DELIVERIES, 1)
                .doFinally(signal -> {
                    delivered.discard();
                    sessions.deliveryEnds();
                })
                .subscribe(
                        reply -> {
                            execute(() -> {
                                if (reply.positive()) {
                                    log().delivered();
                                } else {
                                    log().failed();
                                }
                            });
                            outcome(new Event.Outcome(reply));
                        },
                        error -> later(() -> exceptionCaught(context(), error)));
    }

    private Mono<Reply> delivery(Target target, Message what, long octets) {
        return Mono.defer(() -> {
                    if (gone) {
                        return Mono.just(Reply.STOPPING);
                    }
                    return StorageCalls.of(() -> sessions.store().deliver(target.user(), target.folder(), what))
                            .then(Mono.fromSupplier(() -> {
                                log().stored(target, octets);
                                return Reply.DELIVERED;
                            }));
                })
                .onErrorResume(error -> {
                    log().notStored(target, error);
                    return Mono.just(Reply.to(error, settings.overQuota()));
                });
    }

    /** Sends what is left, tells the peer that no more comes, and waits shortly for it to go. */
    private void close(End why) {
        end = why;
        boolean unread = input != null;
        dropInput();
        dropMessage();
        written = false;
        boolean atOnce = inputEnded || (why == End.QUIT && !unread);
        context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> {
            if (atOnce || !(channel() instanceof DuplexChannel duplex)) {
                channel().close();
            } else {
                linger(duplex);
            }
        });
        arm();
    }

    /** A close with unread input would reset the connection, and could take our last line with it. */
    private void linger(DuplexChannel duplex) {
        duplex.shutdownOutput();
        deadline = System.nanoTime() + LINGER_NANOS;
        rearm();
        read();
    }

    // ---- reading and time

    private boolean isAllowed(@Nullable SocketAddress peer) {
        return !(peer instanceof InetSocketAddress inet)
                || (inet.getAddress() != null && inet.getAddress().isLoopbackAddress())
                || settings.allowFrom().contain(inet);
    }

    /** Takes no place among the connections and reads nothing, so that strangers keep nobody out. */
    private void turnAway() {
        end = End.NOT_ALLOWED;
        context()
                .writeAndFlush(Unpooled.wrappedBuffer(Reply.NOT_ALLOWED.encode()))
                .addListener(done -> channel().close());
    }

    private void read() {
        if (!readPending && !inputEnded) {
            readPending = true;
            context().read();
        }
    }

    private void touch() {
        LmtpSettings.Limits limits = settings.limits();
        deadline = System.nanoTime()
                + (session.wants() == Wants.CONTENT ? limits.dataTimeout() : limits.commandTimeout()).toNanos();
    }

    private void rearm() {
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
        arm();
    }

    /** Sees to it that a timer runs; it looks at the deadline when it rings. */
    private void arm() {
        if (timer == null && channel().isOpen()) {
            // the other time limit may be the shorter one
            LmtpSettings.Limits limits = settings.limits();
            long step = Math.min(
                    limits.dataTimeout().toNanos(), limits.commandTimeout().toNanos());
            long left = Math.max(0, Math.min(step, deadline - System.nanoTime()));
            timer = channel().eventLoop().schedule(() -> guarded(this::ring), left, TimeUnit.NANOSECONDS);
        }
    }

    private void ring() {
        timer = null;
        if (System.nanoTime() - deadline < 0) {
            arm();
            return;
        }
        Wants wants = session.wants();
        boolean storageWorks = end == null && (wants == Wants.OUTCOME || spooling);
        if (end != null || (hasOutbound() && !storageWorks)) {
            // what has not been taken by now will not be
            tell(new Event.Aborted(End.TIMED_OUT, Reply.TIMED_OUT));
            channel().close();
        } else if (storageWorks) {
            // its waits have limits of their own
            touch();
            arm();
        } else {
            tell(new Event.Aborted(End.TIMED_OUT, Reply.TIMED_OUT));
        }
    }

    private boolean hasOutbound() {
        ChannelOutboundBuffer outbound = channel().unsafe().outboundBuffer();
        return outbound != null && outbound.totalPendingWriteBytes() > 0;
    }

    // ---- small things

    private void usedUp(ByteBuf octets) {
        if (!octets.isReadable()) {
            dropInput();
        }
    }

    private void dropInput() {
        if (input != null) {
            input.release();
            input = null;
        }
    }

    private void dropMessage() {
        if (message != null && !spooling) {
            message.discard();
            message = null;
        }
    }

    private void later(Runnable task) {
        if (context().channel().eventLoop().inEventLoop()) {
            guarded(task);
        } else {
            execute(task);
        }
    }

    private void execute(Runnable task) {
        try {
            context().channel().eventLoop().execute(() -> guarded(task));
        } catch (RejectedExecutionException stopped) {
            LOG.atDebug()
                    .addKeyValue("session", log().id())
                    .addKeyValue("address", log().address())
                    .log("lmtp-too-late");
        }
    }

    /** A bug of ours or of a storage costs the one connection, and never leaves it hanging. */
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error bug) {
            exceptionCaught(context(), bug);
        }
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not active yet");
    }

    private Channel channel() {
        return context().channel();
    }

    private LmtpRecord log() {
        return Objects.requireNonNull(record, "not active yet");
    }
}
