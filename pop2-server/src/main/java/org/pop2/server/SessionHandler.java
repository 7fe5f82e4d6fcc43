package org.pop2.server;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.net.Connections;
import org.pop2.net.LineConnection;
import org.pop2.net.RemoteClient;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.Quirk;
import org.pop2.protocol.Command;
import org.pop2.protocol.CommandCodec;
import org.pop2.protocol.Effect;
import org.pop2.protocol.End;
import org.pop2.protocol.Event;
import org.pop2.protocol.ForeignProtocol;
import org.pop2.protocol.LineFramer;
import org.pop2.protocol.Reply;
import org.pop2.protocol.ReplyCodec;
import org.pop2.protocol.ServerConnection;
import org.pop2.protocol.State;
import org.pop2.storage.UserName;
import org.pop2.trace.Transcript;
import reactor.core.Disposable;

/**
 * One POP2 session. Passes what happens on its {@link LineConnection} to the pure {@link ServerConnection}, and carries
 * out the resulting effects, strictly in order: the login by a {@link LoginStep}, the mailbox by a {@link MailboxHold},
 * a message by a {@link MessageTransfer}. Operators see an {@link Inspection} of it. Everything happens on the
 * connection's event loop.
 */
final class SessionHandler implements LineConnection.Protocol, Connections.Connection, MailboxHold.Owner {
    /** Buffer for composing a line. */
    private static final FastThreadLocal<byte[]> LINE = new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
            return new byte[LineFramer.MAX_LINE];
        }
    };

    private final Sessions sessions;
    private final Listener listener;
    private final RemoteClient client;
    private final Sessions.@Nullable Admission admission;
    private final ServerSettings settings;
    private final ServerObserver observer;
    private final SessionRecord record;
    private final ServerConnection pop2;
    private final LineConnection connection;
    private final LoginStep login;
    private final MailboxHold hold;
    private final MessageSending sending;
    private final Watching watching = new Watching();
    private final SessionShare share;
    private final Inspection inspection;

    private ClientProfile profile;
    /** Its place among the connections of the client's address. */
    private Optional<Disposable> place = Optional.empty();

    /**
     * The state that the observer knows. After the connection is gone it hears no more, even if a release is still to
     * come.
     */
    private State observed = State.LSTN;

    private boolean gone;

    /** Set when the session has ended. */
    private @Nullable End end;

    private boolean recorded;

    /** The session of a new connection. */
    SessionHandler(Sessions sessions, Listener listener, RemoteClient client) {
        this(sessions, listener, client, null);
    }

    /** The session of a connection that has been counted already. */
    SessionHandler(Sessions sessions, Listener listener, RemoteClient client, Sessions.@Nullable Admission admission) {
        this.sessions = sessions;
        this.listener = listener;
        this.client = client;
        this.admission = admission;
        this.settings = sessions.settings();
        this.observer = sessions.observer();
        this.record = new SessionRecord(sessions.nextId(), client, observer);
        this.profile = settings.profiles().of(listener.profile(), client.address());
        this.pop2 = new ServerConnection(
                settings.hostName(),
                settings.onDisconnect(),
                new CommandCodec(
                        listener.settings().strict() || profile.has(Quirk.STRICT), profile.has(Quirk.SECURITY_LEVEL)));
        this.connection = new LineConnection(this, settings.stallTimeout());
        this.login = new LoginStep(sessions.authenticator(), sessions::enters, client, record, this::whileOpen);
        this.hold = new MailboxHold(
                sessions.store(), sessions.connections(), observer, record, settings.logDeletions(), this);
        this.sending = new MessageSending(connection, hold, this, record, watching, this::written);
        this.share = new SessionShare(settings.limits());
        this.inspection = new Inspection(
                client, listener.settings().name(), record, pop2, connection, login, hold, share, watching);
    }

    /** For the channel's pipeline. */
    LineConnection connection() {
        return connection;
    }

    // ---- what the connection tells

    @Override
    public void opened() {
        sessions.transcripts().ifPresent(transcripts -> Transcript.begin(transcripts, client, connection.context()));
        connection.until(client.sinceNanos() + settings.loginTimeout().toNanos());
        Sessions.Admission admitted = admission == null ? sessions.add(this, listener, client) : admission;
        place = admitted.place();
        if (admitted.reception() == Sessions.Reception.FLOODED) {
            end = End.OVERLOADED;
            record.refused(listener.settings().name(), ServerObserver.Refusal.FLOODED);
            connection.cut();
            return;
        }
        Optional<TurnedAway> why = TurnedAway.of(admitted, listener, client);
        if (why.isPresent()) {
            record.refused(listener.settings().name(), why.get().refusal());
            tell(why.get().event());
        } else {
            record.accepted(listener.settings().name(), client.encrypted());
            perform(pop2.open());
        }
    }

    @Override
    public LineConnection.Wants wants() {
        return pop2.ready() ? LineConnection.Wants.COMMAND : LineConnection.Wants.NOTHING;
    }

    @Override
    public void take(ByteBuf input) {
        long lines = pop2.lines();
        Command command = null;
        while (command == null && pop2.lines() == lines && input.isReadable()) {
            command = pop2.next(input.readByte());
        }
        if (pop2.lines() != lines) {
            line(command);
        } else if (command != null) {
            noLine(command);
        }
    }

    /**
     * @param command the command, or {@code null} for a blank line, which counts as a line but not as a sign of life
     */
    private void line(@Nullable Command command) {
        watching.received(pop2.line());
        if (command != null) {
            touch();
            observer.command(command.input());
            if (command instanceof Command.Foreign foreign) {
                observer.wrongProtocol(foreign.protocol(), record.address());
            }
            if (!hold.isKept()) {
                return;
            }
        }
        if (!isBeyondLimits() && command != null) {
            perform(pop2.on(command));
        }
    }

    /** Handles input that is not a line, which ends the session. */
    private void noLine(Command command) {
        if (command instanceof Command.Foreign) {
            note("the client began a TLS handshake");
            observer.wrongProtocol(ForeignProtocol.TLS, record.address());
        } else {
            note("the client sent a line of more than " + LineFramer.MAX_LINE + " octets");
        }
        perform(pop2.on(command));
    }

    /** Ends the session if it has exceeded its limits. */
    private boolean isBeyondLimits() {
        Optional<String> excess = share.excess(pop2.lines());
        if (excess.isPresent()) {
            abort(End.LIMIT_REACHED, excess.get());
        }
        return end != null;
    }

    @Override
    public boolean isInsideLine() {
        return pop2.isInsideLine();
    }

    @Override
    public void received(int octets) {
        share.received(octets);
        observer.octetsReceived(octets);
    }

    @Override
    public void written(int octets) {
        share.written(octets);
        observer.octetsSent(octets);
        touch();
    }

    @Override
    public boolean isSending(boolean pending) {
        return pending || sending.isUnderWay();
    }

    @Override
    public void sending() {
        hold.active();
    }

    @Override
    public boolean isPeersTurn() {
        return pop2.ready() && !(share.mayStillBeSending(settings.idleTimeout()) && connection.isSystemSending());
    }

    @Override
    public void overdue() {
        tell(Event.TIMED_OUT);
    }

    @Override
    public void stopping() {
        abort(End.SHUTDOWN, "the server is stopping");
    }

    @Override
    public void inputEnded() {
        tell(Event.CLOSED);
    }

    @Override
    public void closed() {
        tell(Event.CLOSED);
        login.leave();
        place.ifPresent(Disposable::dispose);
        sessions.remove(this, listener);
        observe(State.LSTN);
        gone = true;
        writeRecord();
    }

    @Override
    public void broken(Throwable cause) {
        record.broken(cause);
    }

    @Override
    public void tooLate() {
        record.tooLate();
    }

    // ---- what the session wants

    /** Passes an event to the session and carries out its effects. */
    private void tell(Event event) {
        perform(pop2.on(event));
    }

    private void abort(End why, String text) {
        tell(new Event.Aborted(why, text));
    }

    /** Carries out effects, in order. */
    private void perform(List<Effect> effects) {
        observe(pop2.state());
        // by index: this is done for every command, and an iterator would be the only thing to allocate
        for (int i = 0; i < effects.size(); i++) {
            Effect effect = effects.get(i);
            if (end == null || effect instanceof Effect.Release) {
                perform(effect);
            }
        }
    }

    private void perform(Effect effect) {
        if (effect instanceof Effect.Send send) {
            send(send.reply());
        } else if (effect instanceof Effect.Deliver deliver) {
            sending.begin(deliver);
        } else if (effect instanceof Effect.Measure measure) {
            hold.measure(measure.number());
        } else if (effect instanceof Effect.LogIn logIn) {
            login.logIn(logIn.helo(), this::loggedIn);
        } else if (effect instanceof Effect.Select select) {
            hold.select(user(), select.mailbox(), profile);
        } else if (effect instanceof Effect.Release release) {
            sending.cutOff();
            hold.release(release.deleted(), release.kept());
        } else if (effect instanceof Effect.Close close) {
            close(close.end());
        }
    }

    private void send(Reply reply) {
        watching.sent(reply);
        byte[] line = LINE.get();
        connection.outgoing().add(line, ReplyCodec.encode(reply, line));
    }

    private void loggedIn(Event outcome) {
        if (outcome == Event.LOGGED_IN) {
            UserName name = user();
            profile = settings.profiles().of(name).orElse(profile);
            Transcript.in(connection.context()).ifPresent(transcript -> transcript.loggedIn(name));
            watching.loggedIn(name);
        }
        outcome(outcome);
    }

    private UserName user() {
        UserName user = login.user();
        if (user == null) {
            throw new IllegalStateException("a mailbox before a login");
        }
        return user;
    }

    private void close(End why) {
        end = why;
        // whether or not the queue has come to it
        login.giveUp();
        sending.cutOff();
        if (sending.isCut()) {
            connection.cut();
        } else {
            connection.end(why == End.QUIT);
        }
    }

    // ---- what becomes of it

    @Override
    public void later(Runnable task) {
        connection.later(task);
    }

    /** Runs a task unless the connection is closed, which the pipeline may not have said yet. */
    private void whileOpen(Runnable task) {
        later(() -> {
            if (connection.isOpen()) {
                task.run();
            }
        });
    }

    @Override
    public void outcome(Event event) {
        tell(event);
        touch();
        connection.work();
    }

    @Override
    public void lost() {
        abort(End.MAILBOX_LOST, "mailbox taken over by another session");
        connection.work();
    }

    @Override
    public void letGo() {
        writeRecord();
    }

    /** There was activity: restarts the time limit for the next command (but not that for the login). */
    private void touch() {
        // at the end it is the linger time that counts
        if (end == null && pop2.state() != State.AUTH) {
            share.touch();
            connection.within(settings.idleTimeout());
        }
    }

    private void observe(State now) {
        if (now != observed && !gone) {
            observer.moved(observed, now);
            observed = now;
        }
    }

    /** Logs the session's one line, once both the connection and the last release have ended. */
    private void writeRecord() {
        if (end != null && !hold.isReleasing() && !connection.isOpen() && !recorded) {
            recorded = true;
            record.discarded(pop2.discarded());
            record.write(end);
            watching.end(end);
        }
    }

    // ---- what the server and operators ask, on any thread

    @Override
    public void stop() {
        connection.stop();
    }

    @Override
    public void stopNow() {
        connection.stopNow();
    }

    /** Ends the session for an operator; a release goes on. */
    void kick() {
        later(() -> {
            abort(End.KICKED, "closed by the operator");
            connection.work();
        });
    }

    /** For operators. */
    Inspection inspection() {
        return inspection;
    }

    @Override
    public void note(String what) {
        watching.note(what);
    }
}
