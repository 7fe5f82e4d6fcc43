package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pop2.auth.Authenticator;
import org.pop2.auth.PlainHashes;
import org.pop2.net.RemoteClient;
import org.pop2.protocol.Command;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.End;
import org.pop2.protocol.Event;
import org.pop2.protocol.Secret;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A login without a network. The password is remembered, so that all of it happens on the test's thread. */
class LoginStepTest {
    private final ScriptedStore store = new ScriptedStore();
    private final Authenticator authenticator = PlainHashes.authenticator(store.accounts(), Schedulers.immediate());
    private final List<Event> told = new ArrayList<>();
    private final Disposable place = Disposables.single();
    private Optional<Disposable> free = Optional.of(place);
    private RemoteClient client = RemoteClient.plain(null, 0);

    private final SessionRecord record = new SessionRecord(1, client, ServerObserver.NONE);

    private LoginStep step() {
        remember();
        return new LoginStep(authenticator, user -> free, client, record, Runnable::run);
    }

    private void remember() {
        authenticator.authenticate(postel("secret"), null).block(TestServer.LIMIT);
    }

    @AfterEach
    void dispose() {
        authenticator.dispose();
    }

    private static Credentials postel(String password) {
        return new Credentials("postel", Secret.of(password.getBytes(StandardCharsets.US_ASCII)));
    }

    private static boolean isWiped(Credentials credentials) {
        for (byte octet : credentials.password().octets()) {
            if (octet != 0) {
                return false;
            }
        }
        return true;
    }

    @Test
    void theRightPasswordLogsInTakesAPlaceAndIsWiped() {
        Command.Helo helo = new Command.Helo(postel("secret"), null);
        LoginStep step = step();
        step.logIn(helo, told::add);
        assertThat(told).containsExactly(Event.LOGGED_IN);
        assertThat(step.user()).isEqualTo(new UserName("postel"));
        assertThat(place.isDisposed()).isFalse();
        assertThat(isWiped(helo.credentials())).isTrue();
        step.leave();
        assertThat(place.isDisposed()).isTrue();
    }

    @Test
    void whoHasTooManySessionsIsTurnedAway() {
        LoginStep step = step();
        free = Optional.empty();
        step.logIn(new Command.Helo(postel("secret"), null), told::add);
        assertThat(told).hasSize(1).allMatch(it -> it instanceof Event.Failed f && f.end() == End.OVERLOADED);
        assertThat(step.user()).isNull();
    }

    @Test
    void aSecondLoginGivesThePlaceOfTheFirstBack() {
        LoginStep step = step();
        step.logIn(new Command.Helo(postel("secret"), null), told::add);
        free = Optional.of(Disposables.single());
        step.logIn(new Command.Helo(postel("secret"), null), told::add);
        assertThat(told).containsExactly(Event.LOGGED_IN, Event.LOGGED_IN);
        assertThat(place.isDisposed()).isTrue();
    }

    @Test
    void aCertificateOfAnotherIsRefusedBeforeThePasswordIsLookedAtAndItIsWiped() {
        client = new RemoteClient(null, true, Optional.of("cooper"), 0);
        Command.Helo helo = new Command.Helo(postel("secret"), null);
        step().logIn(helo, told::add);
        assertThat(told).hasSize(1).allMatch(it -> it instanceof Event.Failed f && f.end() == End.LOGIN_REFUSED);
        assertThat(isWiped(helo.credentials())).isTrue();
    }

    @Test
    void accountsThatFailAreAFailureOfTheStorage() {
        LoginStep step = step();
        store.accounts = name -> Mono.error(new StoreException(StoreException.Reason.UNAVAILABLE, "down"));
        Command.Helo helo = new Command.Helo(postel("wrong"), null);
        step.logIn(helo, told::add);
        assertThat(told).hasSize(1).allMatch(it -> it instanceof Event.Failed f && f.end() == End.STORAGE_FAILED);
        assertThat(isWiped(helo.credentials())).isTrue();
    }

    @Test
    void whatWasGivenUpTellsNothingAndIsWiped() {
        LoginStep step = step();
        store.accounts = name -> Mono.never();
        Command.Helo helo = new Command.Helo(postel("wrong"), null);
        step.logIn(helo, told::add);
        step.giveUp();
        assertThat(told).isEmpty();
        assertThat(isWiped(helo.credentials())).isTrue();
    }
}
