package org.pop2.lmtp;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pop2.lmtp.LmtpSession.Effect;
import org.pop2.lmtp.LmtpSession.End;
import org.pop2.lmtp.LmtpSession.Event;
import org.pop2.lmtp.LmtpSession.Wants;
import org.pop2.net.Connections;
import org.pop2.net.LineConnection;
import reactor.core.publisher.Mono;

/**
 * One LMTP session: what happens on its {@link LineConnection} goes to the pure {@link LmtpSession}, and the effects
 * that it wants are done, strictly one after the other. A recipient is found by {@link RecipientSearch}, a message
 * comes in by an {@link Intake} and goes to {@link Deliveries}. Everything here happens on the connection's event loop.
 * No octet is taken while the spool writes or the storage works.
 *
 * <p>A delivery that has begun hangs on nothing of the connection. One that has not is left out when the connection is
 * gone: the MTA was told nothing of it and comes again.
 */
final class LmtpHandler implements LineConnection.Protocol, Connections.Connection, Intake.Owner {
    /** RFC 5321 (p. 63) asks for 512 octets and some for parameters; a client that sends more gets 500. */
    private static final int MAX_LINE = 2048;

    private final LmtpSessions sessions;
    private final LmtpSettings settings;
    private final LmtpSession session;
    private final LineConnection connection;
    private final RecipientSearch recipients;
    private final Intake intake;
    private @Nullable LmtpRecord record;

    private final StringBuilder line = new StringBuilder();
    private boolean lineTooLong;

    /** Whether it is counted among the sessions. */
    private boolean counted;

    private volatile boolean gone;
    private @Nullable End end;

    LmtpHandler(LmtpSessions sessions) {
        this.sessions = sessions;
        this.settings = sessions.settings();
        this.session = new LmtpSession(settings.hostName(), settings.limits());
        this.connection = new LineConnection(this, settings.limits().commandTimeout());
        this.recipients = new RecipientSearch(sessions.store(), settings);
        this.intake = new Intake(settings.limits().messageOctets(), sessions.spool()::begin, this);
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
            tell(new Event.Aborted(End.OVERLOADED, LmtpReply.OVERLOADED));
        }
        touch();
    }

    private boolean isAllowed(@Nullable SocketAddress peer) {
        return !(peer instanceof InetSocketAddress inet)
                || (inet.getAddress() != null && inet.getAddress().isLoopbackAddress())
                || settings.allowFrom().contain(inet);
    }

    /** Counts as no connection and reads nothing, so that strangers keep nobody out. */
    private void turnAway() {
        end = End.NOT_ALLOWED;
        send(LmtpReply.NOT_ALLOWED);
        connection.end(true);
    }

    @Override
    public LineConnection.Wants wants() {
        if (intake.isSpooling()) {
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
            intake.take(input);
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
    public void written(int octets) {
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
        return end == null && (session.wants() == Wants.OUTCOME || intake.isSpooling());
    }

    @Override
    public void overdue() {
        tell(new Event.Aborted(End.TIMED_OUT, LmtpReply.TIMED_OUT));
    }

    @Override
    public void stopping() {
        tell(new Event.Aborted(End.SHUTDOWN, LmtpReply.STOPPING));
    }

    @Override
    public void inputEnded() {
        tell(new Event.Closed());
    }

    @Override
    public void closed() {
        gone = true;
        tell(new Event.Closed());
        intake.end();
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
        LmtpCommand command =
                lineTooLong ? new LmtpCommand.Refused(CommandParser.TOO_LONG) : CommandParser.parse(line.toString());
        line.setLength(0);
        lineTooLong = false;
        touch();
        tell(new Event.Received(command));
    }

    // ---- what the intake tells

    @Override
    public void later(Runnable task) {
        connection.later(task);
    }

    @Override
    public void ended(long octets, @Nullable LmtpReply lost) {
        touch();
        if (lost == null) {
            log().received(octets);
            tell(new Event.ContentEnded());
        } else {
            tell(new Event.ContentLost(lost));
        }
    }

    @Override
    public void spoolFailed(IOException error) {
        log().spoolFailed(error);
    }

    @Override
    public void spooled() {
        touch();
        connection.work();
    }

    // ---- effects

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

    private void perform(Effect effect) {
        if (effect instanceof Effect.Send send) {
            send(send.reply());
        } else if (effect instanceof Effect.Find find) {
            find(find.address(), find.size());
        } else if (effect instanceof Effect.Receive) {
            intake.begin();
            // from here on the limit of data counts, also if some came with the command and no more does
            touch();
        } else if (effect instanceof Effect.Deliver deliver) {
            deliver(deliver.sender(), deliver.deliveryId(), deliver.targets());
        } else if (effect instanceof Effect.Close close) {
            close(close.end());
        }
    }

    private void send(LmtpReply reply) {
        byte[] octets = reply.encode();
        connection.outgoing().add(octets, octets.length);
    }

    private void find(Address address, long size) {
        recipients
                .find(address, size)
                .onErrorResume(error -> {
                    log().notFound(error);
                    return Mono.just(new Event.NotTaken(LmtpReply.UNAVAILABLE));
                })
                .subscribe(event -> {
                    if (event instanceof Event.NotTaken) {
                        connection.execute(() -> log().refused());
                    }
                    outcome(event);
                });
    }

    private void deliver(String sender, String deliveryId, List<Target> targets) {
        SpooledMessage message = intake.handOver();
        DeliveryKey key = intake.key();
        sessions.connections().begins();
        new Deliveries(sessions.store(), settings, log(), () -> gone)
                .deliver(message, sender, target -> key.of(target, deliveryId), targets)
                .doFinally(signal -> {
                    message.discard();
                    sessions.connections().ends();
                })
                .subscribe(
                        this::delivered,
                        error -> connection.later(() -> connection.exceptionCaught(connection.context(), error)));
    }

    /** A recipient has its reply. On any thread. */
    private void delivered(LmtpReply reply) {
        connection.execute(() -> {
            if (reply.positive()) {
                log().delivered();
            } else {
                log().failed();
            }
        });
        outcome(new Event.Outcome(reply));
    }

    private void close(End why) {
        end = why;
        intake.end();
        connection.end(why == End.QUIT);
    }

    /** There was activity: restarts the time limit for the next command, or for the next octets of a message. */
    private void touch() {
        if (end == null) {
            LmtpSettings.Limits limits = settings.limits();
            connection.within(session.wants() == Wants.CONTENT ? limits.dataTimeout() : limits.commandTimeout());
        }
    }

    private LmtpRecord log() {
        return Objects.requireNonNull(record, "not opened yet");
    }
}
