package org.pop2.server;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pop2.auth.Authenticator;
import org.pop2.auth.Verdict;
import org.pop2.net.LogText;
import org.pop2.net.RemoteClient;
import org.pop2.protocol.Command;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.End;
import org.pop2.protocol.Event;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * Handles HELO: authenticates the user and checks the limit of sessions. For the session's thread; needs no network.
 * Wipes the passwords of the command in any case.
 */
final class LoginStep {
    private static final Logger LOG = LoggerFactory.getLogger(LoginStep.class);

    private static final String LOGIN_FAILED = "login failed";

    private final Authenticator authenticator;
    private final Function<UserName, Optional<Disposable>> places;
    private final RemoteClient client;
    private final SessionRecord record;
    private final Consumer<Runnable> later;

    private final Disposable.Swap verification = Disposables.swap();

    /** Its place among the sessions of the user. */
    private Disposable place = Disposables.disposed();

    private @Nullable UserName user;

    /**
     * A step of a session.
     *
     * @param places takes a place for a session of a user; empty if there are too many
     * @param later runs a task on the session's thread while the client is connected
     */
    LoginStep(
            Authenticator authenticator,
            Function<UserName, Optional<Disposable>> places,
            RemoteClient client,
            SessionRecord record,
            Consumer<Runnable> later) {
        this.authenticator = authenticator;
        this.places = places;
        this.client = client;
        this.record = record;
        this.later = later;
    }

    /** The user who has logged in. */
    @Nullable
    UserName user() {
        return user;
    }

    /** Judges a login and passes the outcome to the session, once, unless it is {@linkplain #giveUp given up}. */
    void logIn(Command.Helo helo, Consumer<Event> outcome) {
        Optional<Credentials> first = ofCertificate(helo.credentials());
        Optional<Credentials> second = Optional.ofNullable(helo.raw()).flatMap(this::ofCertificate);
        if (first.isEmpty() && second.isEmpty()) {
            // before a password is looked at: the answer tells nothing of it
            wipe(helo);
            outcome.accept(certificateOfAnother());
            return;
        }
        verification.update(authenticator
                .authenticate(
                        first.orElseGet(second::orElseThrow), first.isEmpty() ? null : second.orElse(null), client.ip())
                .doFinally(signal -> wipe(helo))
                .subscribe(
                        verdict -> later.accept(() -> outcome.accept(judged(verdict))),
                        error -> later.accept(() -> outcome.accept(failed(error)))));
    }

    /** The session has ended: no outcome is passed any more. */
    void giveUp() {
        verification.dispose();
    }

    /** The connection is gone: frees the place. */
    void leave() {
        place.dispose();
    }

    /** The credentials, if they are those of the user whom the client's certificate names. */
    private Optional<Credentials> ofCertificate(Credentials credentials) {
        boolean speaks = client.certificate().isEmpty()
                || UserName.of(client.certificate().get())
                        .filter(own -> UserName.of(credentials.user())
                                .filter(own::equals)
                                .isPresent())
                        .isPresent();
        return speaks ? Optional.of(credentials) : Optional.empty();
    }

    private Event certificateOfAnother() {
        LOG.atInfo()
                .addKeyValue("session", record.id())
                .addKeyValue("certificate", LogText.escape(client.certificate().orElse("")))
                .log("certificate-of-another");
        record.login(ServerObserver.Login.REFUSED);
        return new Event.Failed(End.LOGIN_REFUSED, LOGIN_FAILED);
    }

    private static void wipe(Command.Helo helo) {
        helo.credentials().password().wipe();
        if (helo.raw() != null) {
            helo.raw().password().wipe();
        }
    }

    private Event judged(Verdict verdict) {
        return switch (verdict.outcome()) {
            case ACCEPTED -> accepted(verdict.user().orElseThrow());
            case REFUSED -> {
                record.login(ServerObserver.Login.REFUSED);
                yield new Event.Failed(End.LOGIN_REFUSED, LOGIN_FAILED);
            }
            case BUSY -> {
                record.login(ServerObserver.Login.BUSY);
                yield new Event.Failed(End.OVERLOADED, "busy, try again later");
            }
        };
    }

    private Event accepted(UserName name) {
        // this may be a second login, after one that found no mail
        place.dispose();
        user = null;
        Optional<Disposable> free = places.apply(name);
        if (free.isEmpty()) {
            record.login(ServerObserver.Login.TOO_MANY_SESSIONS);
            return new Event.Failed(End.OVERLOADED, "too many sessions of this user, try again later");
        }
        place = free.get();
        user = name;
        record.loggedIn(name);
        record.login(ServerObserver.Login.ACCEPTED);
        return Event.LOGGED_IN;
    }

    private Event failed(Throwable cause) {
        record.login(ServerObserver.Login.FAILED);
        LOG.atWarn()
                .addKeyValue("session", record.id())
                .addKeyValue("address", record.address())
                .addKeyValue("error", cause.toString())
                .setCause(cause instanceof StoreException ? null : cause)
                .log("accounts-unavailable");
        return new Event.Failed(End.STORAGE_FAILED, StorageFailures.TEMPORARY);
    }
}
