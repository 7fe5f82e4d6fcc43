package org.pop2.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pop2.auth.Verdict;
import org.pop2.net.Client;
import org.pop2.net.LogText;
import org.pop2.net.StorageCalls;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.ProfiledMailbox;
import org.pop2.profile.Quirk;
import org.pop2.protocol.Command;
import org.pop2.protocol.CommandCodec;
import org.pop2.protocol.Credentials;
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
import org.pop2.trace.Transcript;
import org.pop2.trace.Watch;
import org.pop2.trace.Watches;
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
final class SessionHandler extends ChannelInboundHandlerAdapter
        implements Sessions.Connection, Watches.Watched, MessageTransfer.Outcome {
    private static final Logger LOG = LoggerFactory.getLogger(SessionHandler.class);

    /** After an error line: how long, and how much, a client may go on sending before the connection is cut. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** How often it is looked at whether a message that is being sent makes progress. */
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long HEARD_MILLIS = 2_000;

    /** Idle times after which a client is idle though the system would still have octets for it. */
    private static final int SENDING_LIMIT = 6;

    private static final int LINGER_OCTETS = 256 * 1024;

    private static final String LOGIN_FAILED = "login failed";
    private static final String MAILBOX_TAKEN = "mailbox taken over by another session";
    private static final String TEMPORARY = "temporary failure, try again later";

    private final Sessions sessions;
    private final Listener listener;
    private final Client client;
    private final Sessions.@Nullable Admission admission;
    private final ServerSettings settings;
    private final ServerObserver observer;
    private final SessionRecord record;
    private final LineFramer framer = new LineFramer();
    private final CommandCodec codec;
    private final Session session;

    private @Nullable ChannelHandlerContext context;
    private @Nullable Outgoing outgoing;
    private @Nullable UserName user;
    private ClientProfile profile;
    private @Nullable Mailbox mailbox;
    /** The same as this client sees it. */
    private @Nullable ProfiledMailbox shown;

    /** Set while an operator watches. */
    private @Nullable Watch watch;

    /** Set on any thread; no command is worked on with it from then on. */
    private volatile @Nullable Mailbox lostMailbox;

    /** What the observer knows. */
    private State observed = State.LSTN;

    /** The observer does not hear of it any more, though a release may have its outcome still to come. */
    private boolean unobserved;

    /** As the client named it. */
    private @Nullable String folder;

    private @Nullable MessageTransfer transfer;
    private final Disposable.Swap lossWatch = Disposables.swap();
    private final Disposable.Swap measuring = Disposables.swap();
    private final Disposable.Swap login = Disposables.swap();

    /**
     * Input that waits for the session to be ready; the next is read when it is used up. More than one buffer only when
     * the client has ended its side: Netty then reads, unasked, what the socket still has.
     */
    private final Deque<ByteBuf> input = new ArrayDeque<>();

    /** Among the connections of the client's address, and among the sessions of its user. */
    private Disposable placeOfClient = Disposables.disposed();

    private Disposable placeOfUser = Disposables.disposed();
    private long commands;
    private long received;

    private boolean readPending;
    private boolean inputEnded;
    private boolean cut;
    private boolean firstLine = true;
    private boolean working;
    private boolean stopping;

    /** Set when the session has ended; what comes in from then on is dropped. */
    private @Nullable End end;

    private int releases;
    private boolean recorded;
    private int lingered;

    private @Nullable ScheduledFuture<?> timer;
    private long timerAt;
    private long deadline;

    /** Octets that the socket took, and what that was when the timer rang last. */
    private long taken;

    private long takenAtLastRing = -1;
    private long movedAt;
    private long lastHeard = System.nanoTime();

    /** A session that nothing comes before: the connection is new. */
    SessionHandler(Sessions sessions, Listener listener, Client client) {
        this(sessions, listener, client, null);
    }

    /** A session of a connection that is counted in already. */
    SessionHandler(Sessions sessions, Listener listener, Client client, Sessions.@Nullable Admission admission) {
        this.sessions = sessions;
        this.listener = listener;
        this.client = client;
        this.admission = admission;
        this.settings = sessions.settings();
        this.observer = sessions.observer();
        this.record = new SessionRecord(sessions.nextId(), client, observer);
        this.profile = settings.profiles().of(listener.profile(), client.address());
        this.codec = new CommandCodec(
                listener.settings().strict() || profile.has(Quirk.STRICT), profile.has(Quirk.SECURITY_LEVEL));
        this.session = new Session(settings.hostName(), settings.onDisconnect());
    }

    // ---- what Netty tells

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        outgoing = new Outgoing(added, this::taken);
        sessions.transcripts()
                .filter(transcripts -> Transcript.isWanted(transcripts, client))
                .ifPresent(transcripts ->
                        added.pipeline().addBefore(added.name(), "transcript", new Transcript(transcripts, client)));
        deadline = client.sinceNanos() + settings.loginTimeout().toNanos();
        Sessions.Admission admitted = admission == null ? sessions.add(this, listener, client) : admission;
        placeOfClient = admitted.place().orElse(placeOfClient);
        if (admitted.reception() == Sessions.Reception.FLOODED) {
            end = End.OVERLOADED;
            record.refused(listener.settings().name(), ServerObserver.Refusal.FLOODED);
            added.close();
        } else if (admitted.reception() == Sessions.Reception.FULL) {
            record.refused(listener.settings().name(), ServerObserver.Refusal.FULL);
            tell(new Event.Aborted(End.OVERLOADED, "too many connections, try again later"));
        } else if (admitted.place().isEmpty()) {
            record.refused(listener.settings().name(), ServerObserver.Refusal.ADDRESS);
            tell(new Event.Aborted(End.OVERLOADED, "too many connections from your address, try again later"));
        } else if (!mayTalk()) {
            record.refused(listener.settings().name(), ServerObserver.Refusal.CLEARTEXT);
            tell(new Event.Aborted(
                    End.CLEARTEXT_REFUSED, "passwords are not taken in clear from your network; connect with TLS"));
        } else {
            record.accepted(listener.settings().name(), client.encrypted());
            tell(Event.OPENED);
        }
        work();
    }

    /** Whether a password may come this way. */
    private boolean mayTalk() {
        return client.encrypted()
                || client.isLocal()
                || listener.settings().cleartextFrom().contain(client.address());
    }

    @Override
    public void channelRead(ChannelHandlerContext ignored, Object message) {
        readPending = false;
        received += ((ByteBuf) message).readableBytes();
        observer.octetsReceived(((ByteBuf) message).readableBytes());
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
        input.add((ByteBuf) message);
        work();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ignored) {
        if (readPending) {
            // a read that brought nothing
            readPending = false;
            if (end != null || input.isEmpty()) {
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
            if (end == null) {
                work();
            } else if (!hasOutbound()) {
                // else the last line, or the rest of a message, has still to be read by the other side
                channel().close();
            }
        } else if (event instanceof SslCloseCompletionEvent closed && closed.isSuccess()) {
            // with TLS, a side ends by saying so
            userEventTriggered(ignored, ChannelInputShutdownEvent.INSTANCE);
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
            LOG.atDebug()
                    .addKeyValue("session", record.id())
                    .addKeyValue("address", address())
                    .addKeyValue("error", cause.toString())
                    .log("connection-broke");
        } else {
            LOG.atWarn()
                    .setCause(cause)
                    .addKeyValue("session", record.id())
                    .addKeyValue("address", address())
                    .log("session-failed");
        }
        channel().close();
    }

    // ---- what the server tells, on any thread

    /** Ends the session as soon as no transfer or release is under way. */
    @Override
    public void stop() {
        later(() -> {
            stopping = true;
            work();
        });
    }

    /** Ends the session now; a release goes on. */
    @Override
    public void stopNow() {
        later(() -> {
            tell(new Event.Aborted(End.SHUTDOWN, "the server is stopping"));
            channel().close();
        });
    }

    /** Ends the session as an operator wishes; a release goes on. */
    void kick() {
        later(() -> {
            tell(new Event.Aborted(End.KICKED, "closed by the operator"));
            work();
        });
    }

    /** What there is to see of it now; nothing if the server has stopped. */
    Mono<SessionView> view() {
        return Mono.create(sink -> {
            try {
                loop().execute(() -> sink.success(snapshot()));
            } catch (RejectedExecutionException stopped) {
                sink.success();
            }
        });
    }

    private SessionView snapshot() {
        long now = System.nanoTime();
        Mailbox open = mailbox;
        return new SessionView(
                record.id(),
                listener.settings().name(),
                record.address(),
                client.encrypted(),
                Optional.ofNullable(user),
                session.state(),
                open == null ? Optional.empty() : Optional.ofNullable(folder),
                open == null ? 0 : session.current(),
                open == null ? 0 : open.count(),
                taken,
                Duration.ofNanos(now - client.sinceNanos()),
                Duration.ofNanos(now - lastHeard));
    }

    @Override
    public long id() {
        return record.id();
    }

    @Override
    public Mono<Watch> watch() {
        return Mono.create(sink -> {
            try {
                loop().execute(() -> sink.success(beginWatch()));
            } catch (RejectedExecutionException stopped) {
                sink.success();
            }
        });
    }

    private @Nullable Watch beginWatch() {
        if (!channel().isOpen()) {
            return null;
        }
        Transcript written = Transcript.of(context());
        Watch begun = new Watch(
                id(),
                user != null && session.state() != State.AUTH,
                Optional.ofNullable(written).map(Transcript::file));
        begun.note("watched from here on, in state "
                + session.state().name()
                + (mailbox == null ? "" : ", message " + session.current() + " of " + mailbox.count()));
        watch = begun;
        return begun;
    }

    @Override
    public void unwatch() {
        later(() -> watch = null);
    }

    private void note(String what) {
        if (watch != null) {
            watch.note(what);
        }
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
            if (input.isEmpty()) {
                if (framer.pending() > 0 && channel().isActive()) {
                    // a client that writes a line in pieces is let send the next one when it knows that this is here
                    channel().config().setOption(EpollChannelOption.TCP_QUICKACK, true);
                }
                // one buffer ahead, so that a connection that goes is noticed
                read();
            }
            arm();
        }
    }

    /** Takes one command from the input; says whether there may be another. */
    private boolean takeCommand() {
        ByteBuf octets = input.peek();
        if (octets == null) {
            if (inputEnded) {
                tell(Event.CLOSED);
            }
            return false;
        }
        LineFramer.Result result = LineFramer.Result.NEED_MORE;
        while (result == LineFramer.Result.NEED_MORE && octets.isReadable()) {
            result = framer.next(octets.readByte());
        }
        if (!octets.isReadable()) {
            input.remove().release();
        }
        switch (result) {
            case NEED_MORE -> {}
            case LINE -> line();
            case TOO_LONG -> {
                note("the client sent a line of more than " + LineFramer.MAX_LINE + " octets");
                tell(new Event.Received(
                        new Command.Malformed("a line has at most " + LineFramer.MAX_LINE + " octets")));
            }
            case TLS_HANDSHAKE -> {
                note("the client began a TLS handshake");
                observer.wrongProtocol(ForeignProtocol.TLS, address());
                tell(new Event.Received(new Command.Foreign(ForeignProtocol.TLS)));
            }
        }
        return true;
    }

    private void line() {
        if (watch != null) {
            watch.received(framer.line());
        }
        Command command = codec.decode(framer.line(), firstLine);
        commands++;
        if (command == null) {
            // a blank line counts, and is no sign of life
            boolean unused = isBeyondLimits();
            return;
        }
        touch();
        firstLine = false;
        observer.command(command.input());
        if (command instanceof Command.Foreign foreign) {
            observer.wrongProtocol(foreign.protocol(), address());
        }
        if (command instanceof Command.Helo) {
            framer.wipe();
        }
        Mailbox held = mailbox;
        if (held != null) {
            held.active();
            if (held == lostMailbox) {
                // the storage found out just now, or shortly before and the news waits behind this command
                record.lost(folder);
                tell(new Event.Aborted(End.MAILBOX_LOST, MAILBOX_TAKEN));
                return;
            }
        }
        if (!isBeyondLimits()) {
            perform(session.received(command));
        }
    }

    /** Ends the session if it has had its share. */
    private boolean isBeyondLimits() {
        if (commands > settings.limits().commands()) {
            tell(new Event.Aborted(End.LIMIT_REACHED, "too many commands in one session"));
        } else if (received + taken > settings.limits().octets()) {
            tell(new Event.Aborted(End.LIMIT_REACHED, "too many octets in one session"));
        }
        return end != null;
    }

    /** Tells the session of an event and does what it wants. */
    private void tell(Event event) {
        perform(session.on(event));
    }

    /** Does what the session wants, in order. */
    private void perform(List<Effect> effects) {
        observe(session.state());
        // by index: this is done for every command, and an iterator would be the only thing to allocate
        for (int i = 0; i < effects.size(); i++) {
            Effect effect = effects.get(i);
            if (end == null || effect instanceof Effect.Release) {
                perform(effect);
            }
        }
    }

    private void observe(State now) {
        if (now != observed && !unobserved) {
            observer.moved(observed, now);
            observed = now;
        }
    }

    /** The outcome of something that was under way, on any thread. */
    private void outcome(Event event) {
        if (!loop().inEventLoop()) {
            later(() -> outcome(event));
            return;
        }
        try {
            tell(event);
            touch();
            work();
        } catch (RuntimeException | Error bug) {
            exceptionCaught(context(), bug);
        }
    }

    // ---- effects

    private void perform(Effect effect) {
        if (effect instanceof Effect.Send send) {
            if (watch != null) {
                watch.sent(ReplyCodec.encode(send.reply()));
            }
            outgoing().add(send.reply());
        } else if (effect instanceof Effect.Deliver deliver) {
            deliver(deliver);
        } else if (effect instanceof Effect.Measure measure) {
            measure(measure.number());
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

    private void logIn(Command.Helo helo) {
        Optional<Credentials> first = ofCertificate(helo.credentials());
        Optional<Credentials> second = Optional.ofNullable(helo.raw()).flatMap(this::ofCertificate);
        if (first.isEmpty() && second.isEmpty()) {
            // before a password is looked at: the answer tells nothing of it
            wipe(helo);
            certificateOfAnother();
            return;
        }
        login.update(sessions.authenticator()
                .authenticate(
                        first.orElseGet(second::orElseThrow), first.isEmpty() ? null : second.orElse(null), client.ip())
                .doFinally(signal -> wipe(helo))
                .subscribe(verdict -> later(() -> judged(verdict)), error -> later(() -> loginFailed(error))));
    }

    /** A certificate that the client has shown speaks for its own user alone. */
    private Optional<Credentials> ofCertificate(Credentials credentials) {
        boolean speaks = client.certificate().isEmpty()
                || UserName.of(client.certificate().get())
                        .filter(own -> UserName.of(credentials.user())
                                .filter(own::equals)
                                .isPresent())
                        .isPresent();
        return speaks ? Optional.of(credentials) : Optional.empty();
    }

    private void certificateOfAnother() {
        LOG.atInfo()
                .addKeyValue("session", record.id())
                .addKeyValue("certificate", LogText.escape(client.certificate().orElse("")))
                .log("certificate-of-another");
        record.login(ServerObserver.Login.REFUSED);
        outcome(new Event.Failed(End.LOGIN_REFUSED, LOGIN_FAILED));
    }

    private static void wipe(Command.Helo helo) {
        helo.credentials().password().wipe();
        if (helo.raw() != null) {
            helo.raw().password().wipe();
        }
    }

    private void judged(Verdict verdict) {
        if (!channel().isOpen()) {
            // the client has gone, and the pipeline is about to say so
            return;
        }
        switch (verdict.outcome()) {
            case ACCEPTED -> {
                UserName name = verdict.user().orElseThrow();
                // this may be a second login, after one that found no mail
                placeOfUser.dispose();
                user = null;
                Optional<Disposable> place = sessions.enters(name);
                if (place.isEmpty()) {
                    record.login(ServerObserver.Login.TOO_MANY_SESSIONS);
                    outcome(new Event.Failed(End.OVERLOADED, "too many sessions of this user, try again later"));
                } else {
                    placeOfUser = place.get();
                    user = name;
                    profile = settings.profiles().of(name).orElse(profile);
                    record.loggedIn(name);
                    record.login(ServerObserver.Login.ACCEPTED);
                    Transcript transcript = Transcript.of(context());
                    if (transcript != null) {
                        transcript.loggedIn(name);
                    }
                    if (watch != null) {
                        watch.loggedIn(name);
                    }
                    outcome(Event.LOGGED_IN);
                }
            }
            case REFUSED -> {
                record.login(ServerObserver.Login.REFUSED);
                outcome(new Event.Failed(End.LOGIN_REFUSED, LOGIN_FAILED));
            }
            case BUSY -> {
                record.login(ServerObserver.Login.BUSY);
                outcome(new Event.Failed(End.OVERLOADED, "busy, try again later"));
            }
        }
    }

    private void loginFailed(Throwable cause) {
        record.login(ServerObserver.Login.FAILED);
        LOG.atWarn()
                .addKeyValue("session", record.id())
                .addKeyValue("address", address())
                .addKeyValue("error", cause.toString())
                .setCause(cause instanceof StoreException ? null : cause)
                .log("accounts-unavailable");
        outcome(new Event.Failed(End.STORAGE_FAILED, TEMPORARY));
    }

    private void select(String name) {
        UserName owner = user;
        if (owner == null) {
            throw new IllegalStateException("a mailbox before a login");
        }
        folder = name;
        Optional<FolderName> resolved = FolderNames.resolve(owner, name);
        if (resolved.isEmpty()) {
            outcome(new Event.Selected(NoMailbox.INSTANCE));
            return;
        }
        // not cancelled if the client goes, but released: so that it is always known who has it
        sessions.begins();
        StorageCalls.of(() -> sessions.store().open(owner, resolved.get()))
                .switchIfEmpty(Mono.error(() -> new IllegalStateException("the storage opened nothing")))
                .doFinally(signal -> later(sessions::ends))
                .subscribe(
                        opened -> later(() -> selected(opened)), error -> failed("mailbox " + resolved.get(), error));
    }

    private void selected(Mailbox opened) {
        mailbox = opened;
        lossWatch.update(Mono.from(opened.lost()).subscribe(nothing -> {}, error -> lost(opened), () -> lost(opened)));
        shown = new ProfiledMailbox(opened, profile, Instant.now());
        record.opened(folder, opened.count());
        outcome(new Event.Selected(shown));
    }

    private void lost(Mailbox taken) {
        lostMailbox = taken;
        later(() -> {
            if (mailbox == taken) {
                record.lost(folder);
                tell(new Event.Aborted(End.MAILBOX_LOST, MAILBOX_TAKEN));
                work();
            }
        });
    }

    private void measure(int number) {
        ProfiledMailbox source = shown;
        if (source == null) {
            throw new IllegalStateException("a message without a mailbox");
        }
        measuring.update(source.measure(number)
                .subscribe(octets -> outcome(new Event.Measured(octets)), error -> failed("message " + number, error)));
    }

    private void deliver(Effect.Deliver what) {
        ProfiledMailbox source = shown;
        if (source == null) {
            throw new IllegalStateException("a message without a mailbox");
        }
        if (watch != null) {
            watch.note("message " + what.number() + " begins: " + what.octets() + " octets");
        }
        MessageTransfer begun = new MessageTransfer(outgoing(), loop(), what.number(), what.octets(), this);
        transfer = begun;
        source.content(what.number()).subscribe(begun);
    }

    @Override
    public void delivered(MessageTransfer done) {
        record.sentMessage(done.number(), done.octets());
        note("the message is sent");
        transfer = null;
        outcome(Event.DELIVERED);
    }

    @Override
    public void failed(MessageTransfer broken, Throwable cause) {
        transferBroken();
        failed("message " + broken.number(), cause);
    }

    private void transferBroken() {
        if (transfer != null) {
            record.sentOctets(transfer.taken());
            if (watch != null) {
                watch.note("the message is cut off after " + transfer.taken() + " octets");
            }
            transfer = null;
        }
    }

    /** Lets go of the mailbox. Subscribed to apart from the connection, so that it runs to its end. */
    private void release(BitSet deleted) {
        cutTransfer();
        measuring.update(Disposables.disposed());
        Mailbox released = mailbox;
        mailbox = null;
        shown = null;
        lossWatch.update(Disposables.disposed());
        if (released == null) {
            // a folder that cannot exist was never opened
            outcome(Event.RELEASED);
            return;
        }
        releases++;
        int count = deleted.cardinality();
        long since = System.nanoTime();
        sessions.begins();
        StorageCalls.of(() -> released.release(deleted))
                .subscribe(nothing -> {}, error -> released(count, since, error), () -> released(count, since, null));
    }

    private void released(int count, long since, @Nullable Throwable error) {
        Duration took = Duration.ofNanos(System.nanoTime() - since);
        later(() -> {
            releases--;
            observer.released(
                    error != null
                            ? ServerObserver.Release.FAILED
                            : count > 0 ? ServerObserver.Release.DELETED : ServerObserver.Release.KEPT,
                    error != null ? 0 : count,
                    took);
            try {
                if (error == null) {
                    record.released(folder, count, took);
                    if (watch != null && count > 0) {
                        watch.note(count + (count == 1 ? " message is deleted" : " messages are deleted"));
                    }
                    outcome(Event.RELEASED);
                } else {
                    boolean unknown = error instanceof StoreException store
                            && store.reason() == StoreException.Reason.UNKNOWN_OUTCOME;
                    if (!unknown) {
                        record.discarded(count);
                    }
                    note("the mailbox could not be let go of as it should: "
                            + (unknown ? "whether messages are deleted is not known" : "nothing is deleted"));
                    failed("release", error);
                }
            } finally {
                writeRecord();
                // the last: a stop that has waited for it takes the loops away
                sessions.ends();
            }
        });
    }

    /**
     * Sends what is left, tells the peer that no more comes, and waits shortly for it to go; but not for one that has
     * said QUIT and nothing after it.
     */
    private void close(End why) {
        end = why;
        // whether or not the queue has come to it
        login.dispose();
        cutTransfer();
        boolean saidAll = why == End.QUIT && input.isEmpty();
        dropInput();
        if (cut) {
            // what was gathered before is let go of with the channel
            outgoing().hand();
            channel().close();
            return;
        }
        if (saidAll) {
            // the last line and the end go in one segment
            channel().config().setOption(EpollChannelOption.TCP_CORK, true);
        }
        outgoing().finish().addListener(done -> {
            if (inputEnded || saidAll || !(channel() instanceof DuplexChannel duplex)) {
                channel().close();
            } else {
                linger(duplex);
            }
        });
        arm();
    }

    /** A close with unread input would reset the connection, and could take our last line with it. */
    private void linger(DuplexChannel duplex) {
        SslHandler tls = context().pipeline().get(SslHandler.class);
        if (tls == null) {
            duplex.shutdownOutput();
        } else {
            tls.closeOutbound().addListener(said -> duplex.shutdownOutput());
        }
        deadline = System.nanoTime() + LINGER_NANOS;
        arm();
        read();
    }

    /** Ends a message in its middle: no more octets, and no line that could be taken for some. */
    private void cutTransfer() {
        if (transfer != null) {
            transfer.cancel();
            transferBroken();
            cut = true;
        }
    }

    /** Sorts an error into what the client is told, on any thread; the log has the rest. */
    private void failed(String what, Throwable cause) {
        later(() -> {
            if (cause instanceof StoreException store && store.reason() == StoreException.Reason.BUSY) {
                LOG.atInfo()
                        .addKeyValue("session", record.id())
                        .addKeyValue("user", record.user())
                        .addKeyValue("what", what)
                        .addKeyValue("error", cause.getMessage())
                        .log("mailbox-in-use");
                outcome(new Event.Failed(End.MAILBOX_IN_USE, "mailbox in use, try again later"));
            } else if (cause instanceof StoreException store) {
                LOG.atWarn()
                        .addKeyValue("session", record.id())
                        .addKeyValue("user", record.user())
                        .addKeyValue("what", what)
                        .addKeyValue("reason", LogText.word(store.reason()))
                        .addKeyValue("error", cause.getMessage())
                        .addKeyValue("cause", cause.getCause())
                        .log("storage-failed");
                outcome(new Event.Failed(End.STORAGE_FAILED, told(store.reason())));
            } else {
                LOG.atError()
                        .setCause(cause)
                        .addKeyValue("session", record.id())
                        .addKeyValue("user", record.user())
                        .addKeyValue("what", what)
                        .log("storage-failed");
                outcome(new Event.Failed(End.STORAGE_FAILED, TEMPORARY));
            }
        });
    }

    /** Whether it is worth to call again. */
    private static String told(StoreException.Reason reason) {
        return switch (reason) {
            case CORRUPT -> "mailbox is not as it should be, ask the postmaster";
            case NO_SPACE, OVER_QUOTA -> "no space left on the server, try again later";
            case UNKNOWN_OUTCOME -> "temporary failure, your deletions may have been made: look again";
            case BUSY, UNAVAILABLE, NOT_FOUND -> TEMPORARY;
        };
    }

    // ---- reading, writing, time

    private void read() {
        if (!readPending && !inputEnded) {
            readPending = true;
            context().read();
        }
    }

    private void flush() {
        outgoing().flush();
    }

    /** Something was heard or done: the time until the next command begins anew (but not that of the login). */
    private void touch() {
        // at the end it is the linger time that counts
        if (end == null && session.state() != State.AUTH) {
            lastHeard = System.nanoTime();
            deadline = lastHeard + settings.idleTimeout().toNanos();
        }
    }

    /** The socket took something. */
    @Override
    public void taken(int octets) {
        taken += octets;
        observer.octetsSent(octets);
        touch();
    }

    /** Sees to it that the timer rings no later than the deadline. */
    private void arm() {
        long now = System.nanoTime();
        long at = deadline;
        if (hasOutbound()) {
            at = now + Math.min(PROGRESS_NANOS, settings.stallTimeout().toNanos());
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
            long moved = taken();
            if (moved != takenAtLastRing) {
                takenAtLastRing = moved;
                movedAt = now;
            } else if (now - movedAt >= settings.stallTimeout().toNanos()) {
                timedOut();
                return;
            }
            if (mailbox != null && (movedAt == now || isHeard())) {
                // who takes a long message is not silent
                mailbox.active();
            }
        } else {
            takenAtLastRing = -1;
            if (now - deadline >= 0) {
                if (end != null || (session.ready() && !isStillSending(now))) {
                    timedOut();
                    return;
                }
                // the storage is at work, its waits have limits of their own; or the system has octets left to send
                deadline = now + Math.min(PROGRESS_NANOS, settings.idleTimeout().toNanos());
            }
        }
        arm();
    }

    /**
     * Whether the system still sends what we have handed over: over a radio link that takes minutes, and the client
     * cannot answer what it does not have. A link that is dead ends it with an error in its own time.
     */
    private boolean isStillSending(long now) {
        return channel() instanceof EpollSocketChannel epoll
                && epoll.tcpInfo().unacked() > 0
                && now - lastHeard < SENDING_LIMIT * settings.idleTimeout().toNanos();
    }

    /** Whether the other side's system has acknowledged something lately: the link has not dropped. */
    private boolean isHeard() {
        return channel() instanceof EpollSocketChannel epoll && epoll.tcpInfo().lastAckRecv() <= HEARD_MILLIS;
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

    /** Octets that the socket took until now, those of a buffer it has begun with included. */
    private long taken() {
        ChannelOutboundBuffer outbound = channel().unsafe().outboundBuffer();
        return taken + (outbound == null ? 0 : outbound.currentProgress());
    }

    // ---- the end

    private void cleanUp() {
        if (timer != null) {
            timer.cancel(false);
        }
        dropInput();
        placeOfUser.dispose();
        placeOfClient.dispose();
        sessions.remove(this, listener);
        observe(State.LSTN);
        unobserved = true;
        writeRecord();
    }

    /** One line per session, when both the connection and the last release have come to their end. */
    private void writeRecord() {
        if (end != null && releases == 0 && !channel().isOpen() && !recorded) {
            recorded = true;
            record.discarded(session.discarded());
            record.write(end);
            if (watch != null) {
                watch.end(end);
            }
        }
    }

    private void dropInput() {
        for (ByteBuf octets = input.poll(); octets != null; octets = input.poll()) {
            octets.release();
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
            LOG.atDebug()
                    .addKeyValue("session", record.id())
                    .addKeyValue("address", address())
                    .log("too-late");
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
        return Objects.requireNonNull(context, "not added to a pipeline");
    }

    private Outgoing outgoing() {
        return Objects.requireNonNull(outgoing, "not added to a pipeline");
    }

    private Channel channel() {
        return context().channel();
    }

    private EventLoop loop() {
        return channel().eventLoop();
    }

    private String address() {
        return record.address();
    }
}
