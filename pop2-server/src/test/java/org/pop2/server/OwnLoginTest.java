package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.pop2.auth.Authenticator;
import org.pop2.auth.Login;
import org.pop2.auth.Verdict;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** A program that decides by itself who may log in: no account of the storage has the password. */
@ExtendWith(NoLeaks.class)
class OwnLoginTest {
    private static final UserName POSTEL = new UserName("postel");

    private final MemoryMailStore store = MemoryMailStore.create()
            .account("postel", "{PLAIN}of-the-account")
            .message("postel", "INBOX", "Subject: one\r\n\r\nHello\r\n");

    /** What it was asked, and with which secrets. */
    private final List<String> asked = new CopyOnWriteArrayList<>();

    private final List<Secret> secrets = new CopyOnWriteArrayList<>();

    private Publisher<Verdict> directory(String user, Secret secret) {
        String password = new String(secret.octets(), StandardCharsets.ISO_8859_1);
        asked.add(user + " " + password);
        secrets.add(secret);
        return Mono.fromSupplier(
                () -> password.equals("of-the-directory") ? Verdict.accepted(POSTEL) : Verdict.REFUSED);
    }

    private static boolean isWiped(Secret secret) {
        for (byte octet : secret.octets()) {
            if (octet != 0) {
                return false;
            }
        }
        return true;
    }

    @Test
    void theProgramDecidesAndItsUsersMailIsServed() {
        try (TestServer server = TestServer.over(store, (user, secret, peer) -> directory(user, secret));
                Wire wire = server.connect()) {
            wire.expect("+ POP2 ");
            wire.ask("HELO jon of-the-directory", "#1");
            wire.ask("READ", "=");
            wire.ask("QUIT", "+ bye");
        }
        assertThat(asked).containsExactly("jon of-the-directory");
        assertThat(secrets).allMatch(OwnLoginTest::isWiped);
    }

    @Test
    void aPasswordOfTheAccountIsNoneOfTheProgram() {
        try (TestServer server = TestServer.over(store, (user, secret, peer) -> directory(user, secret));
                Wire wire = server.connect()) {
            wire.expect("+ POP2 ");
            wire.ask("HELO postel of-the-account", "- login failed");
        }
        assertThat(secrets).hasSize(1).allMatch(OwnLoginTest::isWiped);
    }

    @Test
    void whatThrowsOrFailsOrSaysNothingIsAFailureForTheMoment() {
        List<Login> broken = List.of(
                (user, secret, peer) -> {
                    throw new IllegalStateException("no directory");
                },
                (user, secret, peer) -> Mono.error(new IllegalStateException("no directory")),
                (user, secret, peer) -> Mono.empty());
        for (Login login : broken) {
            try (TestServer server = TestServer.over(store, login);
                    Wire wire = server.connect()) {
                wire.expect("+ POP2 ");
                wire.ask("HELO postel secret", "- temporary failure");
            }
        }
    }

    /** Who hangs up cannot try more, or unpunished, and the secret is the program's until it has judged. */
    @Test
    void aLoginRunsToItsEndWhenTheClientHasGoneAndIsWipedThen() {
        Sinks.One<Verdict> verdict = Sinks.one();
        Login slow = (user, secret, peer) -> {
            secrets.add(secret);
            return verdict.asMono();
        };
        Authenticator around = new Authenticator(slow, Authenticator.Settings.defaults());
        Secret ofTheSession = Secret.of(new byte[] {'x'});
        around.authenticate(new Credentials("postel", ofTheSession), null)
                .subscribe()
                .dispose();
        ofTheSession.wipe();
        assertThat(secrets).hasSize(1).noneMatch(OwnLoginTest::isWiped);
        verdict.tryEmitValue(Verdict.REFUSED);
        assertThat(secrets).allMatch(OwnLoginTest::isWiped);
    }

    @Test
    void whoGuessesOnIsToldLate() {
        StepVerifier.withVirtualTime(() -> {
                    Authenticator guarded = new Authenticator(
                            (user, secret, peer) -> Mono.just(Verdict.REFUSED), Authenticator.Settings.defaults());
                    return Flux.range(0, 20)
                            .concatMap(i -> guarded.authenticate(
                                    new Credentials("postel", Secret.of(new byte[] {(byte) ('a' + i)})), null))
                            .last();
                })
                .expectSubscription()
                .expectNoEvent(Duration.ofSeconds(5))
                .thenAwait(Duration.ofHours(1))
                .expectNextMatches(last -> last.outcome() != Verdict.Outcome.ACCEPTED)
                .verifyComplete();
    }
}
