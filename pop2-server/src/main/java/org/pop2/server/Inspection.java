package org.pop2.server;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pop2.net.LineConnection;
import org.pop2.net.RemoteClient;
import org.pop2.protocol.ServerConnection;
import org.pop2.protocol.State;
import org.pop2.storage.Mailbox;
import org.pop2.trace.Transcript;
import org.pop2.trace.Watch;
import org.pop2.trace.Watches;
import reactor.core.publisher.Mono;

/** A session as operators see it. They ask on any thread, and are answered from the session's. */
final class Inspection implements Watches.Watched {
    private final RemoteClient client;
    private final String listener;
    private final SessionRecord record;
    private final ServerConnection pop2;
    private final LineConnection connection;
    private final LoginStep login;
    private final MailboxHold hold;
    private final SessionShare share;
    private final Watching watching;

    Inspection(
            RemoteClient client,
            String listener,
            SessionRecord record,
            ServerConnection pop2,
            LineConnection connection,
            LoginStep login,
            MailboxHold hold,
            SessionShare share,
            Watching watching) {
        this.client = client;
        this.listener = listener;
        this.record = record;
        this.pop2 = pop2;
        this.connection = connection;
        this.login = login;
        this.hold = hold;
        this.share = share;
        this.watching = watching;
    }

    @Override
    public long id() {
        return record.id();
    }

    /** The session's current state; empty if the server has stopped. */
    Mono<SessionView> view() {
        return onLoop(this::snapshot);
    }

    private SessionView snapshot() {
        Mailbox open = hold.mailbox();
        return new SessionView(
                record.id(),
                listener,
                record.address(),
                client.encrypted(),
                Optional.ofNullable(login.user()),
                pop2.state(),
                open == null ? Optional.empty() : hold.folder(),
                open == null ? 0 : pop2.current(),
                open == null ? 0 : open.count(),
                share.octetsWritten(),
                Duration.ofNanos(System.nanoTime() - client.sinceNanos()),
                Duration.ofNanos(share.silentNanos()));
    }

    @Override
    public Mono<Watch> watch() {
        return onLoop(() -> connection.isOpen() ? beginWatch() : null);
    }

    private Watch beginWatch() {
        Mailbox open = hold.mailbox();
        boolean loggedIn = login.user() != null && pop2.state() != State.AUTH;
        Watch begun =
                new Watch(id(), loggedIn, Transcript.in(connection.context()).map(Transcript::file));
        begun.note("watched from here on, in state " + pop2.state().name()
                + (open == null ? "" : ", message " + pop2.current() + " of " + open.count()));
        watching.by(begun);
        return begun;
    }

    @Override
    public void unwatch() {
        connection.later(() -> watching.by(null));
    }

    private <T> Mono<T> onLoop(Supplier<@Nullable T> question) {
        return Mono.create(sink -> {
            try {
                connection.loop().execute(() -> sink.success(question.get()));
            } catch (RejectedExecutionException stopped) {
                sink.success();
            }
        });
    }
}
