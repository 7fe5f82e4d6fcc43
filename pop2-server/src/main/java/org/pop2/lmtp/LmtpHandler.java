package org.pop2.lmtp;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pop2.lmtp.LmtpSession.Effect;
import org.pop2.lmtp.LmtpSession.End;
import org.pop2.lmtp.LmtpSession.Event;
import org.pop2.lmtp.LmtpSession.Wants;
import org.pop2.net.Connections;
import org.pop2.net.LineConnection;
import org.pop2.net.StorageCalls;
import org.pop2.storage.FolderName;
import org.pop2.storage.Message;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One LMTP session: what happens on its {@link LineConnection} goes to the pure {@link LmtpSession}, and the effects
 * that it wants are done, strictly one after the other. Everything here happens on the connection's event loop. No
 * octet is taken while the spool writes or the storage works.
 *
 * <p>A delivery that has begun hangs on nothing of the connection. One that has not is left out when the connection is
 * gone: the MTA was told nothing of it and comes again.
 */
final class LmtpHandler implements LineConnection.Protocol, Connections.Connection {
    private static final Logger LOG = LoggerFactory.getLogger(LmtpHandler.class);

    /** RFC 5321 (p. 63) asks for 512 octets and some for parameters; a client that sends more gets 500. */
    private static final int MAX_LINE = 2048;

    /** Mailboxes that one message is delivered to at a time. */
    private static final int CONCURRENT_DELIVERIES = 4;

    private static final int CHUNK = 16 * 1024;

    private final LmtpSessions sessions;
    private final LmtpSettings settings;
    private final LmtpSession session;
    private final LineConnection connection;
    private @Nullable LmtpRecord record;

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

    private volatile boolean gone;
    private @Nullable End end;

    LmtpHandler(LmtpSessions sessions) {
        this.sessions = sessions;
        this.settings = sessions.settings();
        this.session = new LmtpSession(settings.hostName(), settings.limits());
        this.connection = new LineConnection(this, settings.limits().commandTimeout());
    }

    /** For the channel's pipeline. */
    LineConnection connection() {
        return connection;
    }

    // ---- what the connection tells

    @Override
    public void opened() {
        SocketAddress peer = connection.context().channel().remoteAddress();
        record = new LmtpRecord(sessions.nextId(), peer, sessions.observer());
        if (!isAllowed(peer)) {
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
    }

    private boolean isAllowed(@Nullable SocketAddress peer) {
        return !(peer instanceof InetSocketAddress inet)
                || (inet.getAddress() != null && inet.getAddress().isLoopbackAddress())
                || settings.allowFrom().contain(inet);
    }

    /** Takes no place among the connections and reads nothing, so that strangers keep nobody out. */
    private void turnAway() {
        end = End.NOT_ALLOWED;
        send(Reply.NOT_ALLOWED);
        connection.end(true);
    }

    @Override
    public LineConnection.Wants wants() {
        if (spooling) {
            return LineConnection.Wants.NOTHING;
        }
        return switch (session.wants()) {
            case COMMAND -> LineConnection.Wants.COMMAND;
            case CONTENT -> LineConnection.Wants.CONTENT;
            default -> LineConnection.Wants.NOTHING;
        };
    }

    @Override
    public void take(ByteBuf input) {
        if (session.wants() == Wants.COMMAND) {
            takeCommand(input);
        } else {
            takeContent(input);
        }
    }

    @Override
    public boolean isInsideLine() {
        return line.length() > 0;
    }

    @Override
    public void received(int octets) {
        if (session.wants() == Wants.CONTENT) {
            touch();
        }
    }

    @Override
    public void taken(int octets) {
        // who takes replies is not silent
        touch();
    }

    @Override
    public boolean isSending(boolean pending) {
        // while the storage works nobody has to read
        return pending && !isStorageAtWork();
    }

    @Override
    public void sending() {}

    @Override
    public boolean isPeersTurn() {
        return !isStorageAtWork();
    }

    private boolean isStorageAtWork() {
        return end == null && (session.wants() == Wants.OUTCOME || spooling);
    }

    @Override
    public void overdue() {
        tell(new Event.Aborted(End.TIMED_OUT, Reply.TIMED_OUT));
    }

    @Override
    public void stopping() {
        tell(new Event.Aborted(End.SHUTDOWN, Reply.STOPPING));
    }

    @Override
    public void inputEnded() {
        tell(new Event.Closed());
    }

    @Override
    public void closed() {
        gone = true;
        tell(new Event.Closed());
        dropMessage();
        if (counted) {
            sessions.connections().remove(this);
        }
        log().write(end == null ? End.DISCONNECTED : end);
    }

    @Override
    public void broken(Throwable cause) {
        log().broken(cause);
    }

    @Override
    public void tooLate() {
        log().tooLate();
    }

    // ---- what the server tells, on any thread

    @Override
    public void stop() {
        connection.stop();
    }

    @Override
    public void stopNow() {
        gone = true;
        connection.stopNow();
    }

    // ---- octets, lines and mail

    private void takeCommand(ByteBuf octets) {
        while (octets.isReadable()) {
            byte octet = octets.readByte();
            if (octet == '\n') {
                command();
                return;
            }
            if (line.length() < MAX_LINE) {
                line.append((char) (octet & 0xff));
            } else {
                lineTooLong = true;
            }
        }
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
        SpooledMessage kept = message;
        if (lost != null) {
            dropMessage();
        } else if (kept != null && (kept.full() || (unstuffer.ended() && kept.onDisk()))) {
            spooling = true;
            kept.drain(error -> connection.later(() -> drained(error)));
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
            connection.work();
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
        connection.execute(() -> {
            tell(event);
            touch();
            connection.work();
        });
    }

    // ---- effects

    private void perform(Effect effect) {
        if (effect instanceof Effect.Send send) {
            send(send.reply());
        } else if (effect instanceof Effect.Find find) {
            find(find.address(), find.size());
        } else if (effect instanceof Effect.Receive) {
            message = sessions.spool().begin();
            unstuffer = new DotUnstuffer();
            key = new DeliveryKey();
            lost = null;
            // from here on the limit of data counts, also if some came with the command and no more does
            touch();
        } else if (effect instanceof Effect.Deliver deliver) {
            deliver(deliver.sender(), deliver.deliveryId(), deliver.targets());
        } else if (effect instanceof Effect.Close close) {
            close(close.end());
        }
    }

    private void send(Reply reply) {
        byte[] octets = reply.encode();
        connection.outgoing().add(octets, octets.length);
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
                        connection.execute(() -> log().refused());
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

    private void deliver(String sender, String deliveryId, List<Target> targets) {
        SpooledMessage delivered = Objects.requireNonNull(message, "nothing was received");
        message = null;
        sessions.connections().begins();
        // named twice, delivered once, and told twice
        Map<Target, Mono<Reply>> once = new HashMap<>();
        for (Target target : targets) {
            once.computeIfAbsent(
                    target,
                    to -> delivery(
                                    to,
                                    new Message(delivered.content(), sender, key.of(to, deliveryId)),
                                    delivered.octets())
                            .cache());
        }
        Flux.fromIterable(targets)
                .flatMapSequential(once::get, CONCURRENT_DELIVERIES, 1)
                .doFinally(signal -> {
                    delivered.discard();
                    sessions.connections().ends();
                })
                .subscribe(
                        reply -> {
                            connection.execute(() -> {
                                if (reply.positive()) {
                                    log().delivered();
                                } else {
                                    log().failed();
                                }
                            });
                            outcome(new Event.Outcome(reply));
                        },
                        error -> connection.later(() -> connection.exceptionCaught(connection.context(), error)));
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

    private void close(End why) {
        end = why;
        dropMessage();
        connection.end(why == End.QUIT);
    }

    /** Something was heard or done: the time until the next command, or the next octets of a message, begins anew. */
    private void touch() {
        if (end == null) {
            LmtpSettings.Limits limits = settings.limits();
            connection.within(session.wants() == Wants.CONTENT ? limits.dataTimeout() : limits.commandTimeout());
        }
    }

    private void dropMessage() {
        if (message != null && !spooling) {
            message.discard();
            message = null;
        }
    }

    private LmtpRecord log() {
        return Objects.requireNonNull(record, "not opened yet");
    }
}
