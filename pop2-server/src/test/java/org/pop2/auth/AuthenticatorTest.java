package org.pop2.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;
import org.pop2.storage.StoreException;
import org.pop2.testing.LogCapture;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@Timeout(30)
class AuthenticatorTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String BCRYPT = "{BLF-CRYPT}$2y$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS";
    private static final String BCRYPT_PASSWORD = "correct horse battery staple";

    private final FakeAccounts accounts = new FakeAccounts();
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5); // nanoTime may overflow
    private final Hashes hashes = new Hashes();
    private final List<Authenticator> opened = new ArrayList<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger("org.pop2.auth");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    /** Hashes as they are, and a list of what was tried, on which thread; on demand they wait. */
    private static final class Hashes implements Authenticator.HashParser {
        final ConcurrentLinkedQueue<String> tried = new ConcurrentLinkedQueue<>();
        final ConcurrentLinkedQueue<String> threads = new ConcurrentLinkedQueue<>();
        volatile @Nullable CountDownLatch gate;
        final CountDownLatch firstTry = new CountDownLatch(1);
        volatile @Nullable Error failure;

        @Override
        public PasswordHash parse(String stored) throws UnusableHashException {
            return watched(stored.substring(0, stored.indexOf('}') + 1), Passwords.parse(stored));
        }

        @Override
        public PasswordHash standard() {
            return watched("decoy", Argon2Hash.standardDecoy().hash());
        }

        private PasswordHash watched(String name, PasswordHash hash) {
            return new PasswordHash() {
                @Override
                public boolean matches(byte[] password) {
                    return check(password).right();
                }

                @Override
                public Match check(byte[] password) {
                    tried.add(name);
                    threads.add(Thread.currentThread().getName());
                    firstTry.countDown();
                    CountDownLatch wait = gate;
                    if (wait != null) {
                        try {
                            assertThat(wait.await(10, TimeUnit.SECONDS)).isTrue();
                        } catch (InterruptedException e) {
                            throw new AssertionError("interrupted", e);
                        }
                    }
                    Error error = failure;
                    if (error != null) {
                        throw error;
                    }
                    return hash.check(password);
                }

                @Override
                public boolean isCheap() {
                    return hash.isCheap();
                }

                @Override
                public String shape() {
                    return hash.shape();
                }

                @Override
                public boolean isWeak() {
                    return hash.isWeak();
                }

                @Override
                public Optional<Decoy> decoy() {
                    return hash.decoy().map(of -> new Decoy(of.shape(), watched("decoy " + of.shape(), of.hash())));
                }
            };
        }
    }

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
        logger.setLevel(Level.TRACE);
        accounts.set("postel", BCRYPT, true);
    }

    @AfterEach
    void stop() {
        opened.forEach(Authenticator::dispose);
        logger.detachAppender(log);
        logger.setLevel(null);
    }

    private Authenticator authenticator(int threads, int queue, Duration remember) {
        Authenticator made = new Authenticator(
                accounts,
                new Authenticator.Settings(threads, queue, remember, 3, false, false),
                hashes,
                clock::get,
                Schedulers.parallel());
        opened.add(made);
        return made;
    }

    private Authenticator authenticator() {
        return authenticator(1, 10, Duration.ZERO);
    }

    private static Credentials login(String user, String password) {
        return new Credentials(user, Secret.of(password.getBytes(StandardCharsets.UTF_8)));
    }

    private static String verdict(Mono<Verdict> login) {
        return login.blockOptional(LIMIT).orElseThrow().toString();
    }

    @Test
    void theRightPasswordLogsInWhateverTheCaseOfTheName() {
        Verdict verdict = authenticator()
                .authenticate(login("POSTEL", BCRYPT_PASSWORD), null)
                .blockOptional(LIMIT)
                .orElseThrow();

        assertThat(verdict.outcome()).isEqualTo(Verdict.Outcome.ACCEPTED);
        assertThat(verdict.user().orElseThrow().value()).isEqualTo("postel");
        assertThat(hashes.tried).containsExactly("{BLF-CRYPT}");
    }

    @Test
    void wrongPasswordUnknownDisabledAndImpossibleUserAreRefusedAlikeAfterOneSlowHash() {
        accounts.set("disabled", BCRYPT, false);
        accounts.set("plain", "{PLAIN}xyzzy", true);
        accounts.set("broken", "{ARGON2ID}$argon2id$v=19$m=10485760,t=2,p=1$c29tZXNhbHQ$xyzzy", true);
        Authenticator authenticator = authenticator();

        assertThat(verdict(authenticator.authenticate(login("postel", "wrong"), null)))
                .isEqualTo("REFUSED");
        assertThat(hashes.tried).containsExactly("{BLF-CRYPT}");
        for (String user : List.of("unknown", "disabled", "../etc/passwd", "", "broken")) {
            hashes.tried.clear();
            assertThat(verdict(authenticator.authenticate(login(user, BCRYPT_PASSWORD), null)))
                    .as(user)
                    .isEqualTo("REFUSED");
            assertThat(hashes.tried).as(user).containsExactly("decoy bcrypt-5");
        }
        hashes.tried.clear();
        assertThat(verdict(authenticator.authenticate(login("plain", "wrong"), null)))
                .isEqualTo("REFUSED");
        assertThat(hashes.tried).containsExactly("{PLAIN}", "decoy bcrypt-5");
    }

    /** What the clock would tell of: the same number of hashes with the same parameters. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=4$MDEyMzQ1Njc4OWFiY2RlZg$hsgM6DCPwsb3+diyKvw0spjcJlAqfwRODeeKu/VDUK8",
                "{ARGON2I}$argon2i$v=16$m=256,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$/PwJl4mStb48fOgHJ3gB++bUt8bqRyJ+klYGs1xibdg",
                BCRYPT,
                "{SHA256-CRYPT}$5$rounds=10000$saltstringsaltst$XDpD03/.Tzy7KOBVvNkPEGdjx4tK1MZGlplhiIdR2s8",
                "{PBKDF2}$1$F8.DZ2lqU5hTmzQ1$5000$fc42a5d79257ea0dbdfba856e4a1dec92c21717a",
                "{TOTP}GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ:0:" + BCRYPT
            })
    void unknownUserIsAsMuchWorkAsAWrongPassword(String stored) throws Exception {
        accounts.set("cerf", stored, true);
        String shape = Passwords.parse(stored).decoy().orElseThrow().shape();
        Authenticator authenticator = authenticator();

        for (String password : List.of("wrong", "wrong287082", "x", BCRYPT_PASSWORD + "000000")) {
            hashes.tried.clear();
            assertThat(verdict(authenticator.authenticate(login("cerf", password), null)))
                    .isEqualTo("REFUSED");
            assertThat(hashes.tried).containsExactly(stored.substring(0, stored.indexOf('}') + 1));
            hashes.tried.clear();
            assertThat(verdict(authenticator.authenticate(login("unknown", password), null)))
                    .isEqualTo("REFUSED");
            assertThat(hashes.tried).containsExactly("decoy " + shape);
        }
        PasswordHash.Decoy decoy = Passwords.parse(stored).decoy().orElseThrow();
        assertThat(decoy.hash().decoy().orElseThrow().shape()).isEqualTo(shape);
        assertThat(decoy.hash().matches(new byte[] {'x'})).isFalse();
    }

    @Test
    void untilAnAccountWasSeenNobodyIsOfTheDefaultScheme() {
        assertThat(verdict(authenticator().authenticate(login("unknown", "wrong"), null)))
                .isEqualTo("REFUSED");

        assertThat(hashes.tried).containsExactly("decoy");
    }

    @Test
    void nobodysHashIsOfTheMixThatAccountsHaveAndAlwaysTheSameForAName() {
        accounts.set("cerf", Passwords.hash(Secret.of(new byte[] {1})), true);
        Authenticator authenticator = authenticator();
        for (int i = 0; i < 10; i++) {
            verdict(authenticator.authenticate(login("postel", "wrong"), null));
            verdict(authenticator.authenticate(login("cerf", "wrong"), null));
        }
        hashes.tried.clear();

        Map<String, Integer> shapes = new TreeMap<>();
        for (int i = 0; i < 40; i++) {
            hashes.tried.clear();
            verdict(authenticator.authenticate(login("nobody" + i, "wrong"), null));
            verdict(authenticator.authenticate(login("nobody" + i, "wrong too"), null));
            assertThat(hashes.tried).hasSize(2);
            assertThat(Set.copyOf(hashes.tried)).hasSize(1);
            shapes.merge(hashes.tried.element(), 1, Integer::sum);
        }
        // one in 2^40 would fail were it a fair coin for each name; the key is another in every run
        assertThat(shapes).containsOnlyKeys("decoy bcrypt-5", "decoy argon2-2-19-19456-2-1");
    }

    @Test
    void nobodysHashIsTheSameHoweverTheNameIsWritten() {
        accounts.set("cerf", Passwords.hash(Secret.of(new byte[] {1})), true);
        Authenticator authenticator = authenticator();
        for (int i = 0; i < 10; i++) {
            verdict(authenticator.authenticate(login("postel", "wrong"), null));
            verdict(authenticator.authenticate(login("cerf", "wrong"), null));
        }
        for (int i = 0; i < 40; i++) {
            hashes.tried.clear();
            verdict(authenticator.authenticate(login("nobody" + i, "wrong"), null));
            verdict(authenticator.authenticate(login("NoBody" + i, "wrong"), null));
            assertThat(Set.copyOf(hashes.tried)).as("nobody" + i).hasSize(1);
        }
    }

    @Test
    void anEmptyPasswordNeverLogsInAndLooksNothingUp() {
        Authenticator authenticator = authenticator();

        for (String password : List.of("", "\0", "xyzzy\0", "x".repeat(Passwords.MAX_OCTETS + 1))) {
            assertThat(verdict(authenticator.authenticate(login("postel", password), null)))
                    .isEqualTo("REFUSED");
            assertThat(verdict(authenticator.authenticate(login("unknown", password), null)))
                    .isEqualTo("REFUSED");
        }

        assertThat(accounts.finds).hasValue(0);
        assertThat(hashes.tried).isEmpty();
    }

    @Test
    void theRawReadingIsTriedWhenThePrimaryIsRefused() {
        accounts.set("cerf", "{PLAIN}back\\slash", true);
        Authenticator authenticator = authenticator();

        assertThat(verdict(authenticator.authenticate(login("cerf", "backslash"), login("cerf", "back\\slash"))))
                .isEqualTo("ACCEPTED cerf");
        assertThat(verdict(authenticator.authenticate(login("cerf", ""), login("cerf", "back\\slash"))))
                .isEqualTo("ACCEPTED cerf");
        assertThat(verdict(authenticator.authenticate(login("cerf", "back\\slash"), login("cerf", "other"))))
                .isEqualTo("ACCEPTED cerf");
        assertThat(verdict(authenticator.authenticate(login("cerf", "wrong"), login("cerf", "wrong, too"))))
                .isEqualTo("REFUSED");
    }

    @Test
    void aRawReadingThatIsTheSameIsNotTriedAgainAndOneThatDiffersCostsTheSameForUnknownUsers() {
        Authenticator authenticator = authenticator();

        assertThat(verdict(authenticator.authenticate(login("postel", "wrong"), login("postel", "wrong"))))
                .isEqualTo("REFUSED");
        assertThat(hashes.tried).containsExactly("{BLF-CRYPT}");
        hashes.tried.clear();
        assertThat(verdict(authenticator.authenticate(login("unknown", "wrong"), login("unknown", "wr\\ong"))))
                .isEqualTo("REFUSED");
        assertThat(hashes.tried).containsExactly("decoy bcrypt-5", "decoy bcrypt-5");
    }

    @Test
    void hashesAreComputedOnThreadsOfThePool() {
        Authenticator authenticator = authenticator();

        verdict(authenticator.authenticate(login("postel", BCRYPT_PASSWORD), null));
        verdict(authenticator.authenticate(login("unknown", "wrong"), null));

        assertThat(hashes.threads).hasSize(2).allMatch(name -> name.startsWith("pop2-auth-"));
    }

    @Test
    void nothingHappensBeforeSubscription() {
        Mono<Verdict> login = authenticator().authenticate(login("postel", BCRYPT_PASSWORD), null);
        assertThat(accounts.finds).hasValue(0);

        assertThat(verdict(login)).isEqualTo("ACCEPTED postel");
        assertThat(accounts.finds).hasValue(1);
    }

    @Test
    void aFullQueueIsBusyAtOnceAndTheSubscriberIsNotBlocked() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        hashes.gate = gate;
        Authenticator authenticator = authenticator(1, 2, Duration.ZERO);
        CompletableFuture<Verdict> running = authenticator
                .authenticate(login("postel", BCRYPT_PASSWORD), null)
                .toFuture();
        assertThat(hashes.firstTry.await(10, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Verdict> waiting =
                authenticator.authenticate(login("postel", "wrong"), null).toFuture();
        CompletableFuture<Verdict> waitingToo =
                authenticator.authenticate(login("unknown", "wrong"), null).toFuture();

        // the gate is shut: were subscribing to block, this test would end by its time limit
        CompletableFuture<Verdict> tooMany = authenticator
                .authenticate(login("postel", BCRYPT_PASSWORD), login("postel", "raw"))
                .toFuture();
        CompletableFuture<Verdict> unknownTooMany =
                authenticator.authenticate(login("unknown", "wrong"), null).toFuture();

        assertThat(tooMany).isCompletedWithValue(Verdict.BUSY);
        assertThat(unknownTooMany).isCompletedWithValue(Verdict.BUSY);
        assertThat(running).isNotDone();
        gate.countDown();
        assertThat(running.get(10, TimeUnit.SECONDS)).hasToString("ACCEPTED postel");
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isSameAs(Verdict.REFUSED);
        assertThat(waitingToo.get(10, TimeUnit.SECONDS)).isSameAs(Verdict.REFUSED);
    }

    @Test
    void cancellingGivesUpThePlaceInTheQueue() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        hashes.gate = gate;
        Authenticator authenticator = authenticator(1, 1, Duration.ZERO);
        CompletableFuture<Verdict> running =
                authenticator.authenticate(login("unknown", "wrong"), null).toFuture();
        assertThat(hashes.firstTry.await(10, TimeUnit.SECONDS)).isTrue();
        Disposable gone =
                authenticator.authenticate(login("unknown", "wrong"), null).subscribe();

        gone.dispose();
        CompletableFuture<Verdict> next = authenticator
                .authenticate(login("postel", BCRYPT_PASSWORD), null)
                .toFuture();

        gate.countDown();
        assertThat(running.get(10, TimeUnit.SECONDS)).isSameAs(Verdict.REFUSED);
        assertThat(next.get(10, TimeUnit.SECONDS)).hasToString("ACCEPTED postel");
        assertThat(hashes.tried).containsExactly("decoy", "{BLF-CRYPT}");
    }

    @Test
    void afterDisposalWaitingAndNewLoginsAreBusyAndTheRunningOneEnds() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        hashes.gate = gate;
        Authenticator authenticator = authenticator(1, 5, Duration.ZERO);
        CompletableFuture<Verdict> running = authenticator
                .authenticate(login("postel", BCRYPT_PASSWORD), null)
                .toFuture();
        assertThat(hashes.firstTry.await(10, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Verdict> waiting = authenticator
                .authenticate(login("postel", BCRYPT_PASSWORD), null)
                .toFuture();

        authenticator.dispose();

        assertThat(authenticator.isDisposed()).isTrue();
        assertThat(waiting).isCompletedWithValue(Verdict.BUSY);
        assertThat(verdict(authenticator.authenticate(login("postel", BCRYPT_PASSWORD), null)))
                .isEqualTo("BUSY");
        gate.countDown();
        assertThat(running.get(10, TimeUnit.SECONDS)).hasToString("ACCEPTED postel");
    }

    @Test
    void aStorageFailureIsPassedOnAsItIs() {
        StoreException failure = new StoreException(StoreException.Reason.UNAVAILABLE, "database away");
        accounts.failWith(failure);

        StepVerifier.create(authenticator().authenticate(login("postel", "wrong"), login("postel", "raw")))
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(failure))
                .verify(LIMIT);
    }

    @Test
    void evenAnErrorInTheHashEndsTheLogin() {
        hashes.failure = new OutOfMemoryError("made by the test");
        Authenticator authenticator = authenticator();

        StepVerifier.create(authenticator.authenticate(login("postel", BCRYPT_PASSWORD), null))
                .expectError(OutOfMemoryError.class)
                .verify(LIMIT);

        hashes.failure = null;
        assertThat(verdict(authenticator.authenticate(login("postel", BCRYPT_PASSWORD), null)))
                .isEqualTo("ACCEPTED postel");
    }

    @Test
    void aVerifiedLoginIsRememberedForItsTimeOnly() {
        Authenticator authenticator = authenticator(1, 10, Duration.ofSeconds(60));

        for (int i = 0; i < 5; i++) {
            assertThat(verdict(authenticator.authenticate(login("postel", BCRYPT_PASSWORD), null)))
                    .isEqualTo("ACCEPTED postel");
            clock.addAndGet(TimeUnit.SECONDS.toNanos(14));
        }
        assertThat(hashes.tried)
                .as("70 s, and a hit does not lengthen the time")
                .hasSize(1);
        assertThat(accounts.finds).hasValue(5);

        assertThat(verdict(authenticator.authenticate(login("postel", BCRYPT_PASSWORD), null)))
                .isEqualTo("ACCEPTED postel");
        assertThat(hashes.tried).hasSize(2);
    }

    @Test
    void whoIsKnownFromAMomentAgoIsLetInWithoutALookAndRefusedOnlyAfterOne() {
        Authenticator authenticator = authenticator(1, 10, Duration.ofSeconds(60));
        accounts.keepInMind("postel");
        Mono<Verdict> login = authenticator.authenticate(login("postel", BCRYPT_PASSWORD), null);
        assertThat(verdict(login)).isEqualTo("ACCEPTED postel");
        assertThat(accounts.finds).as("nothing was verified yet").hasValue(1);
        assertThat(verdict(login)).isEqualTo("ACCEPTED postel");
        assertThat(accounts.finds).hasValue(1);
        assertThat(hashes.tried).hasSize(1);

        assertThat(verdict(authenticator.authenticate(login("postel", "wrong"), null)))
                .isEqualTo("REFUSED");
        assertThat(accounts.finds).hasValue(2);
        accounts.set("postel", "{PLAIN}other", true);
        assertThat(verdict(authenticator.authenticate(login("postel", "other"), null)))
                .as("what is known is older than the new password")
                .isEqualTo("ACCEPTED postel");
        accounts.set("postel", BCRYPT, false);
        accounts.keepInMind("postel");
        assertThat(verdict(login)).as("disabled").isEqualTo("REFUSED");
    }

    @Test
    void aRememberedLoginNeedsNoPlaceInTheQueue() {
        Authenticator authenticator = authenticator(1, 1, Duration.ofSeconds(60));
        verdict(authenticator.authenticate(login("postel", BCRYPT_PASSWORD), null));
        authenticator.dispose(); // nothing can be queued any more

        assertThat(verdict(authenticator.authenticate(login("postel", BCRYPT_PASSWORD), null)))
                .isEqualTo("ACCEPTED postel");
        assertThat(verdict(authenticator.authenticate(login("postel", "wrong"), null)))
                .isEqualTo("BUSY");
    }

    @Test
    void aRememberedLoginEndsWithTheHashItWasVerifiedAgainstAndWithTheAccount() {
        Authenticator authenticator = authenticator(1, 10, Duration.ofSeconds(60));
        Mono<Verdict> login = authenticator.authenticate(login("postel", BCRYPT_PASSWORD), null);
        assertThat(verdict(login)).isEqualTo("ACCEPTED postel");

        accounts.set("postel", BCRYPT, false);
        assertThat(verdict(login)).as("disabled").isEqualTo("REFUSED");
        accounts.set("postel", "{PLAIN}other", true);
        assertThat(verdict(login)).as("new password").isEqualTo("REFUSED");
        accounts.set("cerf", BCRYPT, true);
        hashes.tried.clear();
        assertThat(verdict(authenticator.authenticate(login("cerf", BCRYPT_PASSWORD), null)))
                .isEqualTo("ACCEPTED cerf");
        assertThat(hashes.tried).as("same hash, other user").hasSize(1);
        StepVerifier.create(accounts.remove(new org.pop2.storage.UserName("postel")))
                .verifyComplete();
        assertThat(verdict(login)).as("removed").isEqualTo("REFUSED");
    }

    @Test
    void refusalsAreNotRememberedNorIsAnythingWhenOff() {
        Authenticator remembering = authenticator(1, 10, Duration.ofSeconds(60));
        verdict(remembering.authenticate(login("postel", "wrong"), null));
        verdict(remembering.authenticate(login("postel", "wrong"), null));
        assertThat(hashes.tried).hasSize(2);
        hashes.tried.clear();

        Authenticator off = authenticator();
        verdict(off.authenticate(login("postel", BCRYPT_PASSWORD), null));
        verdict(off.authenticate(login("postel", BCRYPT_PASSWORD), null));
        assertThat(hashes.tried).hasSize(2);
    }

    @Test
    void theLongestRememberedLoginMakesRoom() {
        Authenticator authenticator = authenticator(1, 10, Duration.ofSeconds(60));
        for (String user : List.of("a", "b", "c", "d")) {
            accounts.set(user, "{PLAIN}xyzzy", true);
            verdict(authenticator.authenticate(login(user, "xyzzy"), null));
        }
        hashes.tried.clear();

        for (String user : List.of("d", "c", "b")) {
            verdict(authenticator.authenticate(login(user, "xyzzy"), null));
        }
        assertThat(hashes.tried).isEmpty();
        verdict(authenticator.authenticate(login("a", "xyzzy"), null));
        assertThat(hashes.tried).hasSize(1);
    }

    @Test
    void theCallersSecretIsLeftAsItWas() {
        Credentials credentials = login("postel", BCRYPT_PASSWORD);

        verdict(authenticator().authenticate(credentials, null));

        assertThat(credentials.password().octets()).isEqualTo(BCRYPT_PASSWORD.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void anUnusableHashIsWarnedAboutOnceNamingTheUserOnly() {
        accounts.set("broken", "{ARGON2ID}$argon2id$v=19$m=10485760,t=2,p=1$c29tZXNhbHQ$sesame", true);
        Authenticator authenticator = authenticator();

        for (int i = 0; i < 3; i++) {
            assertThat(verdict(authenticator.authenticate(login("broken", "xyzzy"), null)))
                    .isEqualTo("REFUSED");
        }
        assertThat(warnings()).hasSize(1).allMatch(line -> line.contains("user=broken "));

        accounts.set("broken", "{NO-SUCH-SCHEME}sesame", true);
        verdict(authenticator.authenticate(login("broken", "xyzzy"), null));
        assertThat(warnings()).hasSize(2);
    }

    @Test
    void nothingSecretIsLoggedOrShown() throws Exception {
        accounts.set("broken", "{SESAME}sesame", true);
        accounts.set("plain", "{PLAIN}xyzzy", true);
        Authenticator authenticator = authenticator(1, 10, Duration.ofSeconds(60));
        List<String> shown = new ArrayList<>();
        for (String user : List.of("broken", "plain", "postel", "unknown", "..")) {
            for (String password : List.of("xyzzy", "plugh", BCRYPT_PASSWORD)) {
                Credentials credentials = login(user, password);
                shown.add(credentials.toString());
                shown.add(verdict(authenticator.authenticate(credentials, login(user, "raw-" + password))));
            }
        }
        shown.add(Passwords.parse(BCRYPT).toString());
        hashes.failure = new OutOfMemoryError("made by the test");
        StepVerifier.create(authenticator.authenticate(login("unknown", "xyzzy"), null))
                .expectErrorSatisfies(e -> shown.add(e.toString()))
                .verify(LIMIT);
        log.list.forEach(event -> shown.add(LogCapture.text(event)));

        assertThat(warnings()).isNotEmpty();
        assertThat(shown)
                .allSatisfy(text -> assertThat(text.toLowerCase(Locale.ROOT))
                        .doesNotContain("xyzzy", "plugh", "horse", "sesame", "$2y$", "argon2id$"));
    }

    @Test
    void settingsThatCannotWorkAreRefused() {
        assertThatThrownBy(() -> new Authenticator.Settings(0, 1, Duration.ZERO, 0, true, true))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Authenticator.Settings(1, 0, Duration.ZERO, 0, true, true))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Authenticator.Settings(1, 1, Duration.ofSeconds(-1), 0, true, true))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(Authenticator.Settings.defaults().remember()).isEqualTo(Duration.ofSeconds(60));
    }

    private List<String> warnings() {
        return log.list.stream()
                .filter(event -> event.getLevel() == Level.WARN)
                .map(LogCapture::text)
                .toList();
    }
}
