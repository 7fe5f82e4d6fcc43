package org.pop2.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.Command;
import org.pop2.protocol.CommandCodec;
import org.pop2.protocol.Effect;
import org.pop2.protocol.End;
import org.pop2.protocol.Event;
import org.pop2.protocol.ForeignProtocol;
import org.pop2.protocol.LineFramer;
import org.pop2.protocol.ReplyCodec;
import org.pop2.protocol.Session;
import org.pop2.protocol.State;
import org.pop2.storage.FolderName;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * One connection: octets in, commands to the {@link Session}, its effects done, strictly one after the other.
 *
 * <p>Everything here happens on the connection's event loop and nothing waits there. Input is read on demand: one
 * buffer at a time, the next one when it is used up, so that commands sent ahead wait in the socket and not in our
 * memory; and no command is taken while the client does not read the answers.
 *
 * <p>A release hangs on nothing of the connection: once begun it runs to its end, whatever the client does.
 */
// what becomes of a write or a close is told by the pipeline: the channel goes inactive
@SuppressWarnings("FutureReturnValueIgnored")
final class SessionHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(SessionHandler.class);

    /** After an error line: how long, and how much, a client may go on sending before the connection is cut. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final int LINGER_OCTETS = 256 * 1024;

    private static final String TEMPORARY = "temporary failure, try again later";

    private final Sessions sessions;
    private final ServerSettings settings;
    private final LineFramer framer = new LineFramer();
    private final CommandCodec codec;
    private final Session session;

    private @Nullable ChannelHandlerContext context;
    private @Nullable SessionRecord record;
    private @Nullable UserName user;
    private @Nullable Mailbox mailbox;
    private @Nullable MessageTransfer transfer;
    private final Disposable.Swap lossWatch = Disposables.swap();

    /** Input that waits for the session to be ready; the next is read when it is used up. */
    private @Nullable ByteBuf input;

    private boolean readPending;
    private boolean inputEnded;
    private boolean cut;
    private boolean firstLine = true;
    private boolean working;
    private boolean stopping;

    /** Set when the session has ended; what comes in from then on is dropped. */
    private @Nullable End end;

    private boolean written;
    private int releases;
    private boolean recorded;
    private int lingered;

    private @Nullable ScheduledFuture<?> timer;
    private long timerAt;
    private long deadline;
    private long lineOctets;
    private long outboundMark = -1;

    SessionHandler(Sessions sessions) {
        this.sessions = sessions;
        this.settings = sessions.settings();
        this.codec = new CommandCodec(settings.strict());
        this.session = new Session(settings.hostName(), settings.onDisconnect());
    }

    // ---- what Netty tells

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        record = new SessionRecord(added.channel().remoteAddress());
        deadline = System.nanoTime() + settings.loginTimeout().toNanos();
        if (sessions.add(this)) {
            tell(Event.OPENED);
        } else {
            tell(new Event.Aborted(End.OVERLOADED, "too many connections, try again later"));
        }
        work();
    }

    @Override
    public void channelRead(ChannelHandlerContext ignored, Object message) {
        readPending = false;
        if (end != null) {
            lingered += ((ByteBuf) message).readableBytes();
            ReferenceCountUtil.release(message);
            if (lingered > LINGER_OCTETS) {
                channel().close();
            } else {
                read();
            }
            return;
        }
        // read only when the last was used up, so nothing is overwritten
        input = (ByteBuf) message;
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
    public void channelInactive(ChannelHandlerContext gone) throws Exception {
        tell(Event.CLOSED);
        cleanUp();
        super.channelInactive(gone);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ignored, Throwable cause) {
        if (cause instanceof java.io.IOException) {
            LOG.debug("connection {} broke: {}", address(), cause.toString());
        } else {
            LOG.warn("connection {} is closed for an unexpected error", address(), cause);
        }
        channel().close();
    }

    // ---- what the server tells, on any thread

    /** Ends the session as soon as no transfer or release is under way. */
    void stop() {
        later(() -> {
            stopping = true;
            work();
        });
    }

    /** Ends the session now; a release goes on. */
    void stopNow() {
        later(() -> {
            tell(new Event.Aborted(End.SHUTDOWN, "the server is stopping"));
            channel().close();
        });
    }

    // ---- the loop: from octets to commands

    /** Takes commands as long as there are some and the session is ready for them. */
    private void work() {
        if (working) {
            return;
        }
        working = true;
        try {
            while (session.ready() && end == null && channel().isWritable()) {
                if (stopping) {
                    tell(new Event.Aborted(End.SHUTDOWN, "the server is stopping"));
                } else if (!takeCommand()) {
                    break;
                }
            }
        } finally {
            working = false;
        }
        flush();
        if (end == null) {
            if (input == null) {
                // one buffer ahead, so that a connection that goes is noticed
                read();
            }
            arm();
        }
    }

    /** Takes one command from the input; says whether there may be another. */
    private boolean takeCommand() {
        ByteBuf octets = input;
        if (octets == null) {
            if (inputEnded) {
                tell(Event.CLOSED);
            }
            return false;
        }
        ByteBuffer view = octets.nioBuffer();
        LineFramer.Result result = framer.next(view);
        octets.skipBytes(octets.readableBytes() - view.remaining());
        if (!octets.isReadable()) {
            octets.release();
            input = null;
        }
        switch (result) {
            case NEED_MORE -> {}
            case LINE -> line();
            case TOO_LONG ->
                tell(new Event.Received(
                        new Command.Malformed("a line has at most " + LineFramer.MAX_LINE + " octets")));
            case TLS_HANDSHAKE -> tell(new Event.Received(new Command.Foreign(ForeignProtocol.TLS)));
        }
        return true;
    }

    private void line() {
        Command command = codec.decode(framer.line(), firstLine);
        touch();
        if (command == null) {
            return;
        }
        firstLine = false;
        if (command instanceof Command.Helo) {
            framer.wipe();
        }
        if (mailbox != null) {
            mailbox.active();
        }
        tell(new Event.Received(command));
    }

    /** Tells the session of an event and does what it wants, in order. */
    private void tell(Event event) {
        for (Effect effect : session.on(event)) {
            if (end != null && !(effect instanceof Effect.Release)) {
                continue;
            }
            perform(effect);
        }
    }

    /** The outcome of something that was under way, on any thread. */
    private void outcome(Event event) {
        later(() -> {
            tell(event);
            touch();
            work();
        });
    }

    // ---- effects

    private void perform(Effect effect) {
        if (effect instanceof Effect.Send send) {
            write(ReplyCodec.encode(send.reply()));
        } else if (effect instanceof Effect.Deliver deliver) {
            deliver(deliver);
        } else if (effect instanceof Effect.LogIn logIn) {
            logIn(logIn.helo());
        } else if (effect instanceof Effect.Select select) {
            select(select.mailbox());
        } else if (effect instanceof Effect.Release release) {
            release(release.deleted());
        } else if (effect instanceof Effect.Close close) {
            close(close.end());
        }
    }

    private void write(byte[] line) {
        context().write(Unpooled.wrappedBuffer(line), context().voidPromise());
        lineOctets += line.length;
        written = true;
    }

    private void logIn(Command.Helo helo) {
        sessions.authenticator()
                .authenticate(helo.credentials(), helo.raw())
                .subscribe(verdict -> later(() -> judged(verdict)), error -> later(() -> loginFailed(error)));
    }

    private void judged(Verdict verdict) {
        switch (verdict.outcome()) {
            case ACCEPTED -> {
                UserName name = verdict.user().orElseThrow();
                user = name;
                log().loggedIn(name);
                outcome(Event.LOGGED_IN);
            }
            case REFUSED -> outcome(new Event.Failed(End.LOGIN_REFUSED, "login failed"));
            case BUSY -> outcome(new Event.Failed(End.OVERLOADED, "busy, try again later"));
        }
    }

    private void loginFailed(Throwable cause) {
        LOG.warn("accounts cannot be read: {}", cause.getMessage(), cause);
        outcome(new Event.Failed(End.STORAGE_FAILED, TEMPORARY));
    }

    private void select(String name) {
        UserName owner = user;
        if (owner == null) {
            throw new IllegalStateException("a mailbox before a login");
        }
        Optional<FolderName> folder = FolderNames.resolve(owner, name);
        if (folder.isEmpty()) {
            outcome(new Event.Selected(MailboxListing.NONE));
            return;
        }
        Mono.defer(() -> Mono.from(sessions.store().open(owner, folder.get())))
                .subscribe(opened -> later(() -> selected(opened)), error -> failed("mailbox " + folder.get(), error));
    }

    private void selected(Mailbox opened) {
        mailbox = opened;
        lossWatch.update(Mono.from(opened.lost()).subscribe(nothing -> {}, error -> lost(opened), () -> lost(opened)));
        outcome(new Event.Selected(new MailboxListing(opened)));
    }

    private void lost(Mailbox taken) {
        later(() -> {
            if (mailbox == taken) {
                tell(new Event.Aborted(End.MAILBOX_LOST, "mailbox taken over by another session"));
                work();
            }
        });
    }

    private void deliver(Effect.Deliver what) {
        Mailbox source = mailbox;
        if (source == null) {
            throw new IllegalStateException("a message without a mailbox");
        }
        transfer = new MessageTransfer(context(), what.octets(), new MessageTransfer.Outcome() {
            @Override
            public void delivered(long octets) {
                transferOver();
                log().sentMessage();
                written = true;
                outcome(Event.DELIVERED);
            }

            @Override
            public void failed(Throwable cause) {
                transferOver();
                SessionHandler.this.failed("message " + what.number(), cause);
            }
        });
        source.content(what.number()).subscribe(transfer);
    }

    private void transferOver() {
        if (transfer != null) {
            log().sentOctets(transfer.written());
            transfer = null;
        }
    }

    /** Lets go of the mailbox. Subscribed to apart from the connection, so that it runs to its end. */
    private void release(BitSet deleted) {
        cutTransfer();
        Mailbox released = mailbox;
        mailbox = null;
        lossWatch.update(Disposables.disposed());
        if (released == null) {
            // a folder that cannot exist was never opened
            outcome(Event.RELEASED);
            return;
        }
        releases++;
        int count = deleted.cardinality();
        sessions.releaseBegins();
        Mono.defer(() -> Mono.from(released.release(deleted)))
                .subscribe(nothing -> {}, error -> released(0, error), () -> released(count, null));
    }

    private void released(int count, @Nullable Throwable error) {
        sessions.releaseEnds();
        later(() -> {
            releases--;
            log().deleted(count);
            if (error == null) {
                outcome(Event.RELEASED);
            } else {
                failed("release", error);
            }
            writeRecord();
        });
    }

    /** Sends what is left, tells the peer that no more comes, and waits shortly for it to go. */
    private void close(End why) {
        end = why;
        cutTransfer();
        boolean unread = input != null;
        dropInput();
        written = false;
        if (cut) {
            channel().close();
            return;
        }
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
        arm();
        read();
    }

    /** Ends a message in its middle: no more octets, and no line that could be taken for some. */
    private void cutTransfer() {
        if (transfer != null) {
            transfer.cancel();
            transferOver();
            cut = true;
        }
    }

    /** Sorts an error into what the client is told, on any thread; the log has the rest. */
    private void failed(String what, Throwable cause) {
        later(() -> {
            if (cause instanceof StoreException store && store.reason() == StoreException.Reason.BUSY) {
                LOG.info("{} of user {}: {}", what, log().user(), cause.getMessage());
                outcome(new Event.Failed(End.MAILBOX_IN_USE, "mailbox in use, try again later"));
            } else if (cause instanceof StoreException) {
                LOG.warn("{} of user {}: {}", what, log().user(), cause.getMessage(), cause.getCause());
                outcome(new Event.Failed(End.STORAGE_FAILED, TEMPORARY));
            } else {
                LOG.error("{} of user {} failed unexpectedly", what, log().user(), cause);
                outcome(new Event.Failed(End.STORAGE_FAILED, TEMPORARY));
            }
        });
    }

    // ---- reading, writing, time

    private void read() {
        if (!readPending && !inputEnded) {
            readPending = true;
            context().read();
        }
    }

    private void flush() {
        if (written) {
            written = false;
            context().flush();
        }
    }

    /** Something was heard or done: the time until the next command begins anew (but not that of the login). */
    private void touch() {
        if (session.state() != State.AUTH) {
            deadline = System.nanoTime() + settings.idleTimeout().toNanos();
        }
    }

    /** Sees to it that the timer rings no later than the deadline. */
    private void arm() {
        long now = System.nanoTime();
        long at = deadline;
        if (hasOutbound()) {
            at = now + settings.stallTimeout().toNanos();
        }
        if (timer != null && timerAt - at <= 0) {
            return;
        }
        if (timer != null) {
            timer.cancel(false);
        }
        timerAt = at;
        timer = loop().schedule(() -> guarded(this::ring), Math.max(0, at - now), TimeUnit.NANOSECONDS);
    }

    private void ring() {
        timer = null;
        if (!channel().isOpen()) {
            return;
        }
        long now = System.nanoTime();
        if (hasOutbound()) {
            // no timer runs while data is being sent (p. 11), but for one that asks whether any octet moved
            long mark = outboundMark();
            if (mark == outboundMark) {
                timedOut();
                return;
            }
            outboundMark = mark;
        } else {
            outboundMark = -1;
            if (now - deadline >= 0) {
                if (end != null || session.ready()) {
                    timedOut();
                    return;
                }
                // the storage is at work; its waits have limits of their own
                deadline = now + settings.idleTimeout().toNanos();
            }
        }
        arm();
    }

    private void timedOut() {
        if (end != null || hasOutbound()) {
            // what has not been taken by now will not be
            tell(Event.TIMED_OUT);
            channel().close();
        } else {
            tell(Event.TIMED_OUT);
            flush();
        }
    }

    private boolean hasOutbound() {
        ChannelOutboundBuffer outbound = channel().unsafe().outboundBuffer();
        return transfer != null || (outbound != null && outbound.totalPendingWriteBytes() > 0);
    }

    /** A number that stays the same as long as the socket takes nothing. */
    private long outboundMark() {
        ChannelOutboundBuffer outbound = channel().unsafe().outboundBuffer();
        long pending = outbound == null ? 0 : outbound.totalPendingWriteBytes() - outbound.currentProgress();
        long handedOver = lineOctets + log().octets() + (transfer == null ? 0 : transfer.written());
        return handedOver - pending;
    }

    // ---- the end

    private void cleanUp() {
        if (timer != null) {
            timer.cancel(false);
        }
        dropInput();
        sessions.remove(this);
        writeRecord();
    }

    /** One line per session, when both the connection and the last release have come to their end. */
    private void writeRecord() {
        if (end != null && releases == 0 && !channel().isOpen() && !recorded) {
            recorded = true;
            log().write(end, session.discarded());
        }
    }

    private void dropInput() {
        if (input != null) {
            input.release();
            input = null;
        }
    }

    private void later(Runnable task) {
        EventLoop loop = loop();
        if (loop.inEventLoop()) {
            guarded(task);
            return;
        }
        try {
            loop.execute(() -> guarded(task));
        } catch (RejectedExecutionException stopped) {
            LOG.debug("the server has stopped; nobody waits for {}", address());
        }
    }

    /** A bug of ours or of a storage costs the one connection, and never leaves it hanging. */
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException bug) {
            exceptionCaught(context(), bug);
        }
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not added to a pipeline");
    }

    private Channel channel() {
        return context().channel();
    }

    private EventLoop loop() {
        return channel().eventLoop();
    }

    private SessionRecord log() {
        return Objects.requireNonNull(record, "not added to a pipeline");
    }

    private String address() {
        return log().address();
    }
}
