package org.pop2.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.testing.LogCapture;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** A password that is good once is good once: at once, later, and on another node. */
@Timeout(60)
class SpentPasswordsTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Secret PHRASE = Secret.of("This is a test.".getBytes(StandardCharsets.US_ASCII));
    private static final OneTimePasswords.State LIST = new OneTimePasswords.State(OneTimeDigest.SHA1, 30, "ke1234");
    private static final String TOTP_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    private static final byte[] TOTP_OCTETS = "12345678901234567890".getBytes(StandardCharsets.US_ASCII);

    private final MemoryMailStore here = MemoryMailStore.create();
    private final MemoryMailStore there = MemoryMailStore.over(here.data(), HoldPolicy.DEFAULT);
    private final AtomicLong seconds = new AtomicLong(3_000_000);
    private final List<Authenticator> opened = new ArrayList<>();

    private Authenticator over(Accounts accounts, boolean rehash) {
        InstantSource clock = () -> Instant.ofEpochSecond(seconds.get());
        Authenticator made = new Authenticator(
                accounts,
                new Authenticator.Settings(4, 100, Duration.ofSeconds(60), 100, rehash, false),
                stored -> Passwords.parse(stored, clock),
                System::nanoTime,
                Schedulers.parallel());
        opened.add(made);
        return made;
    }

    @AfterEach
    void stop() {
        opened.forEach(Authenticator::dispose);
    }

    private static Mono<Verdict> login(Authenticator authenticator, String password) {
        return authenticator.authenticate(
                new Credentials("postel", Secret.of(password.getBytes(StandardCharsets.UTF_8))), null);
    }

    private static String verdict(Authenticator authenticator, String password) {
        return login(authenticator, password).blockOptional(LIMIT).orElseThrow().toString();
    }

    private String stored() {
        return Objects.requireNonNull(
                        Mono.from(here.accounts().find(new UserName("postel"))).block(LIMIT))
                .passwordHash();
    }

    private String digits(long step) {
        return String.format(Locale.ROOT, "%06d", TotpHash.code(TOTP_OCTETS, step));
    }

    @Test
    void passwordsOfAListAreGoodOnceAndInTheirOrder() {
        here.account("postel", OneTimePasswords.start(LIST, PHRASE));
        Authenticator first = over(here.accounts(), true);
        Authenticator second = over(there.accounts(), true);
        List<OneTimePasswords.Response> list = OneTimePasswords.next(LIST, PHRASE, 3);

        assertThat(verdict(first, list.get(1).words())).isEqualTo("REFUSED");
        assertThat(verdict(first, list.get(0).words())).isEqualTo("ACCEPTED postel");
        assertThat(verdict(first, list.get(0).words())).isEqualTo("REFUSED");
        assertThat(verdict(second, list.get(0).hex())).isEqualTo("REFUSED");
        assertThat(verdict(second, list.get(1).hex())).isEqualTo("ACCEPTED postel");
        assertThat(verdict(first, list.get(1).hex())).isEqualTo("REFUSED");
        assertThat(verdict(first, list.get(2).hex().replace(" ", "").toLowerCase(Locale.ROOT)))
                .isEqualTo("ACCEPTED postel");
        assertThat(OneTimePasswords.state(stored()))
                .contains(new OneTimePasswords.State(OneTimeDigest.SHA1, 27, "ke1234"));
    }

    @Test
    void ofTwentyLoginsWithOnePasswordAtOnceOnTwoNodesOneIsGood() {
        here.account("postel", OneTimePasswords.start(LIST, PHRASE));
        List<Authenticator> nodes = List.of(over(here.accounts(), true), over(there.accounts(), true));
        for (OneTimePasswords.Response response : OneTimePasswords.next(LIST, PHRASE, 10)) {
            assertThat(Flux.range(0, 20)
                            .flatMap(i -> login(nodes.get(i % 2), response.words()), 20)
                            .filter(verdict -> verdict.outcome() == Verdict.Outcome.ACCEPTED)
                            .count()
                            .block(LIMIT))
                    .isEqualTo(1);
        }
    }

    /** Both have read the account before either has written it. */
    @Test
    void loginThatComesSecondToTheStorageIsRefused() throws Exception {
        FakeAccounts accounts = new FakeAccounts();
        accounts.set("postel", OneTimePasswords.start(LIST, PHRASE), true);
        CountDownLatch both = new CountDownLatch(2);
        accounts.beforeReplacement = () -> {
            both.countDown();
            try {
                assertThat(both.await(10, java.util.concurrent.TimeUnit.SECONDS))
                        .isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted", e);
            }
        };
        Authenticator authenticator = over(accounts, true);
        String words = OneTimePasswords.next(LIST, PHRASE, 1).get(0).words();

        List<String> verdicts = Flux.merge(login(authenticator, words), login(authenticator, words))
                .map(Verdict::toString)
                .collectSortedList()
                .blockOptional(LIMIT)
                .orElseThrow();

        assertThat(verdicts).containsExactly("ACCEPTED postel", "REFUSED");
    }

    @Test
    void passwordThatCannotBeSpentLetsNobodyIn() {
        FakeAccounts accounts = new FakeAccounts();
        accounts.set("postel", OneTimePasswords.start(LIST, PHRASE), true);
        StoreException failure = new StoreException(StoreException.Reason.UNAVAILABLE, "read-only");
        accounts.replacementFailure = failure;
        String words = OneTimePasswords.next(LIST, PHRASE, 1).get(0).words();

        StepVerifier.create(login(over(accounts, true), words))
                .expectErrorSatisfies(e -> assertThat(e).isSameAs(failure))
                .verify(LIMIT);
    }

    @Test
    void accountDisabledBetweenReadingAndSpendingLetsNobodyIn() {
        FakeAccounts accounts = new FakeAccounts();
        String stored = OneTimePasswords.start(LIST, PHRASE);
        accounts.set("postel", stored, true);
        accounts.beforeReplacement = () -> accounts.set("postel", stored, false);

        assertThat(verdict(
                        over(accounts, true),
                        OneTimePasswords.next(LIST, PHRASE, 1).get(0).words()))
                .isEqualTo("REFUSED");
        assertThat(accounts.hash("postel")).isEqualTo(stored);
    }

    @Test
    void logTellsWhenFewAreLeftAndNotBefore() {
        here.account("postel", OneTimePasswords.start(LIST, PHRASE));
        Authenticator authenticator = over(here.accounts(), true);
        try (LogCapture log = LogCapture.of("org.pop2.auth")) {
            for (OneTimePasswords.Response response : OneTimePasswords.next(LIST, PHRASE, 30)) {
                assertThat(verdict(authenticator, response.words())).isEqualTo("ACCEPTED postel");
                int warnings = Math.max(0, OneTimePasswords.FEW - response.sequence());
                assertThat(log.lines()).hasSize(warnings);
            }
            assertThat(log.lines().get(0)).isEqualTo("one-time-passwords-few user=postel left=19");
            assertThat(log.lines().get(19)).isEqualTo("one-time-passwords-few user=postel left=0");
        }
    }

    @Test
    void digitsAfterAPasswordAreGoodOnceThoughLoginsAreRemembered() {
        here.account("postel", "{TOTP}" + TOTP_SECRET + ":0:{PLAIN}sesame");
        Authenticator first = over(here.accounts(), false);
        Authenticator second = over(there.accounts(), false);

        assertThat(verdict(first, "sesame")).isEqualTo("REFUSED");
        assertThat(verdict(first, "wrong" + digits(100_000))).isEqualTo("REFUSED");
        assertThat(verdict(first, "sesame" + digits(100_000))).isEqualTo("ACCEPTED postel");
        assertThat(verdict(first, "sesame" + digits(100_000))).isEqualTo("REFUSED");
        assertThat(verdict(second, "sesame" + digits(100_000))).isEqualTo("REFUSED");
        seconds.addAndGet(30);
        assertThat(verdict(second, "sesame" + digits(100_001))).isEqualTo("ACCEPTED postel");
        assertThat(verdict(first, "sesame" + digits(100_001))).isEqualTo("REFUSED");
    }

    @Test
    void ofTwentyLoginsWithTheSameDigitsAtOnceOneIsGood() {
        here.account("postel", "{TOTP}" + TOTP_SECRET + ":0:{PLAIN}sesame");
        List<Authenticator> nodes = List.of(over(here.accounts(), true), over(there.accounts(), true));
        for (int round = 0; round < 3; round++) {
            String password = "sesame" + digits(seconds.addAndGet(30) / 30);
            assertThat(Flux.range(0, 20)
                            .flatMap(i -> login(nodes.get(i % 2), password), 20)
                            .filter(verdict -> verdict.outcome() == Verdict.Outcome.ACCEPTED)
                            .count()
                            .block(LIMIT))
                    .isEqualTo(1);
        }
    }

    @Test
    void passwordBeforeTheDigitsIsHashedAnewAndTheDigitsStaySpent() {
        here.account("postel", "{TOTP}" + TOTP_SECRET + ":0:{PLAIN}sesame");
        Authenticator authenticator = over(here.accounts(), true);

        assertThat(verdict(authenticator, "sesame" + digits(100_000))).isEqualTo("ACCEPTED postel");
        org.awaitility.Awaitility.await().atMost(LIMIT).until(() -> stored().contains("{ARGON2ID}"));

        assertThat(stored()).startsWith("{TOTP}" + TOTP_SECRET + ":100000:{ARGON2ID}");
        assertThat(verdict(authenticator, "sesame" + digits(100_000))).isEqualTo("REFUSED");
        seconds.addAndGet(30);
        assertThat(verdict(authenticator, "sesame" + digits(100_001))).isEqualTo("ACCEPTED postel");
    }

    @Test
    void sixWordsGoOverTheWireAsTheyAreTyped() {
        here.account("postel", OneTimePasswords.start(LIST, PHRASE));
        List<OneTimePasswords.Response> list = OneTimePasswords.next(LIST, PHRASE, 2);
        try (TestServer server = TestServer.over(here)) {
            for (String line : List.of(
                    list.get(0).words().toLowerCase(Locale.ROOT),
                    list.get(1).hex().replace(" ", "\\ "))) {
                try (Wire wire = server.connect()) {
                    wire.expect("+ POP2 ");
                    wire.send("HELO postel " + line + "\r\n");
                    wire.expect("#0");
                }
                try (Wire wire = server.connect()) {
                    wire.expect("+ POP2 ");
                    wire.send("HELO postel " + line + "\r\n");
                    wire.expect("- login failed");
                }
            }
        }
        assertThat(new Account(new UserName("postel"), stored(), true).passwordHash())
                .startsWith("{OTP}sha1 28 ke1234 ");
    }
}
