package org.pop2.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;
import org.pop2.storage.UserName;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

@Timeout(60)
class LoginPenaltiesTest {
    private static final Optional<UserName> POSTEL = Optional.of(new UserName("postel"));
    private static final InetAddress HOME = address("192.0.2.1");
    private static final InetAddress AWAY = address("198.51.100.7");

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
    private final LoginPenalties penalties = new LoginPenalties(clock::get);

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static Optional<UserName> user(int n) {
        return Optional.of(new UserName("user" + n));
    }

    private void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    private LoginPenalties.Attempt begin(Optional<UserName> user, @Nullable InetAddress from) {
        return penalties.begin(user, from).orElseThrow(() -> new AssertionError("turned away"));
    }

    private long refuse(Optional<UserName> user, @Nullable InetAddress from) {
        long seconds = begin(user, from).refused().toSeconds();
        pass(Duration.ofSeconds(seconds));
        return seconds;
    }

    @Test
    void threeFailuresAreFreeAndThenTheWaitDoublesUpToHalfAMinute() {
        List<Long> waits = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            waits.add(refuse(POSTEL, HOME));
        }

        assertThat(waits).containsExactly(0L, 0L, 0L, 1L, 2L, 4L, 8L, 16L, 30L, 30L, 30L, 30L);
    }

    @Test
    void failuresCountForTheNameFromWhereverTheyComeAndForTheAddressWhateverTheName() {
        for (int i = 0; i < 3; i++) {
            assertThat(refuse(POSTEL, address("192.0.2." + (10 + i)))).isZero();
        }
        assertThat(refuse(POSTEL, HOME)).isEqualTo(1);
        assertThat(refuse(user(1), HOME)).isZero();
        assertThat(refuse(user(2), HOME)).isZero();
        assertThat(refuse(user(3), HOME)).isEqualTo(1);
        assertThat(refuse(user(4), AWAY)).isZero();
    }

    @Test
    void addressesOfOneIpv6NetworkAreOne() {
        for (int i = 0; i < 3; i++) {
            refuse(user(i), address("2001:db8:1:2::" + i));
        }
        assertThat(refuse(user(7), address("2001:db8:1:2:ffff::1"))).isEqualTo(1);
        assertThat(refuse(user(8), address("2001:db8:1:3::1"))).isZero();
        // an IPv4 address in IPv6's clothes
        for (int i = 10; i < 13; i++) {
            refuse(user(i), address("::ffff:192.0.2.1"));
        }
        assertThat(refuse(user(13), HOME)).isEqualTo(1);
    }

    @Test
    void loopbackAndUnknownAddressesAreNotCountedTheirUsersAre() {
        for (InetAddress local : new InetAddress[] {address("127.0.0.1"), address("::1"), null}) {
            for (int i = 0; i < 10; i++) {
                assertThat(refuse(user(i + (local == null ? 100 : local.getAddress().length * 1000)), local))
                        .isZero();
            }
        }
        for (int i = 0; i < 3; i++) {
            refuse(POSTEL, address("127.0.0.1"));
        }
        assertThat(refuse(POSTEL, address("127.0.0.1"))).isEqualTo(1);
    }

    @Test
    void successClearsTheAddressAndNotTheName() {
        for (int i = 0; i < 4; i++) {
            refuse(POSTEL, HOME);
        }
        begin(user(1), HOME).accepted();

        assertThat(refuse(user(2), HOME)).isZero();
        assertThat(refuse(POSTEL, HOME)).isEqualTo(2);
    }

    @Test
    void failuresAreForgivenTenMinutesAfterTheLast() {
        for (int i = 0; i < 5; i++) {
            refuse(POSTEL, HOME);
        }
        pass(Duration.ofMinutes(9));
        assertThat(refuse(POSTEL, HOME)).isEqualTo(4);
        pass(Duration.ofMinutes(10));
        assertThat(refuse(POSTEL, HOME)).isZero();
    }

    @Test
    void onlyFourMayBeUnderWayOnceThereArePenalties() {
        List<LoginPenalties.Attempt> many = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            many.add(begin(POSTEL, HOME));
        }
        many.forEach(LoginPenalties.Attempt::abandoned);
        for (int i = 0; i < 3; i++) {
            refuse(POSTEL, HOME);
        }

        for (int i = 0; i < 4; i++) {
            many.set(i, begin(POSTEL, AWAY));
        }
        assertThat(penalties.begin(POSTEL, AWAY)).isEmpty();
        assertThat(penalties.begin(POSTEL, address("203.0.113.5"))).isEmpty();
        // hanging up makes room, an answer does, a refusal that is not told yet does not
        many.get(0).abandoned();
        many.set(0, begin(POSTEL, AWAY));
        assertThat(many.get(0).refused()).isEqualTo(Duration.ofSeconds(1));
        many.get(0).abandoned();
        assertThat(penalties.begin(POSTEL, AWAY)).isEmpty();
        pass(Duration.ofSeconds(1));
        begin(POSTEL, AWAY).accepted();
    }

    @Test
    void ownerIsNotLockedOutByWhoeverTriesHisName() {
        begin(POSTEL, HOME).accepted();
        for (int i = 0; i < 50; i++) {
            penalties.begin(POSTEL, AWAY).ifPresent(LoginPenalties.Attempt::refused);
        }
        assertThat(penalties.begin(POSTEL, AWAY)).isEmpty();

        List<LoginPenalties.Attempt> own = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            own.add(begin(POSTEL, HOME));
        }
        assertThat(penalties.begin(POSTEL, HOME))
                .as("nor may whoever shares his address try without end")
                .isEmpty();
        own.forEach(LoginPenalties.Attempt::accepted);
        pass(Duration.ofDays(6));
        begin(POSTEL, HOME).abandoned();
    }

    @Test
    void whoHasNotCalledForAWeekIsAStranger() {
        begin(POSTEL, HOME).accepted();
        pass(Duration.ofDays(8));
        for (int i = 0; i < 50; i++) {
            penalties.begin(POSTEL, AWAY).ifPresent(LoginPenalties.Attempt::refused);
        }
        assertThat(penalties.begin(POSTEL, HOME)).isEmpty();
    }

    @Test
    void whatItRemembersIsBounded() {
        for (int i = 0; i < 30_000; i++) {
            begin(user(i), address("10." + (i >> 16) + "." + (i >> 8 & 0xff) + "." + (i & 0xff)))
                    .refused();
        }
        assertThat(penalties.size()).isEqualTo(2 * LoginPenalties.MAX_ENTRIES);
        for (int i = 0; i < 30_000; i++) {
            begin(user(i), address("172." + (i >> 16) + "." + (i >> 8 & 0xff) + "." + (i & 0xff)))
                    .accepted();
        }
        assertThat(penalties.size()).isLessThanOrEqualTo(2 * LoginPenalties.MAX_ENTRIES);
        pass(LoginPenalties.FORGIVEN_AFTER);
        begin(user(29_999), HOME).accepted();
    }

    @Test
    void aLoginThatIsTurnedAwayLeavesNothingBehindAndPushesNobodyOut() {
        for (int i = 0; i < 9; i++) {
            refuse(POSTEL, address("192.0.2." + (10 + i)));
        }
        for (int i = 0; i < 7; i++) {
            penalties.begin(user(i), AWAY).ifPresent(LoginPenalties.Attempt::refused);
        }
        int known = penalties.size();
        for (int i = 0; i < LoginPenalties.MAX_ENTRIES + 1; i++) {
            assertThat(penalties.begin(user(100 + i), AWAY)).isEmpty();
        }
        assertThat(penalties.size()).isEqualTo(known);
        assertThat(refuse(POSTEL, HOME)).isEqualTo(30);
    }

    @Test
    void whoHasFailedMostIsNotForgottenForThoseWhoFailedLater() {
        for (int i = 0; i < 9; i++) {
            refuse(POSTEL, HOME);
        }
        for (int i = 0; i < 2 * LoginPenalties.MAX_ENTRIES; i++) {
            Optional<UserName> fresh = user(i);
            InetAddress from = address("10." + (i >> 16) + "." + (i >> 8 & 0xff) + "." + (i & 0xff));
            begin(fresh, from).refused();
            begin(fresh, from).refused();
        }
        assertThat(penalties.size()).isEqualTo(2 * LoginPenalties.MAX_ENTRIES);
        assertThat(refuse(POSTEL, AWAY)).as("the name").isEqualTo(30);
        assertThat(refuse(user(1_000_000), HOME)).as("the address").isEqualTo(30);
    }

    @Test
    void whoCallsFromEverywhereMakesNobodyElseAStranger() {
        begin(POSTEL, HOME).accepted();
        for (int i = 0; i < 2 * LoginPenalties.MAX_ENTRIES; i++) {
            begin(user(1), address("10." + (i >> 16) + "." + (i >> 8 & 0xff) + "." + (i & 0xff)))
                    .accepted();
        }
        for (int i = 0; i < 50; i++) {
            penalties.begin(POSTEL, AWAY).ifPresent(LoginPenalties.Attempt::refused);
        }
        begin(POSTEL, HOME).accepted();
    }

    @Test
    void goodLoginsLeaveNothingBehindButThatTheyAreKnown() {
        for (int i = 0; i < 100; i++) {
            begin(user(i), HOME).accepted();
        }
        assertThat(penalties.size()).isZero();
    }

    // ---- with the authenticator

    private static Credentials login(String password) {
        return new Credentials("postel", Secret.of(password.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void refusalIsToldLateAndARightPasswordAtOnce() throws Exception {
        FakeAccounts accounts = new FakeAccounts();
        accounts.set("postel", "{PLAIN}secret", true);
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        Authenticator authenticator = new Authenticator(
                accounts,
                new Authenticator.Settings(1, 20, Duration.ZERO, 0, false, true),
                Passwords::parse,
                () -> time.now(TimeUnit.NANOSECONDS),
                time);
        try {
            for (int i = 0; i < 3; i++) {
                assertThat(verdict(authenticator, "wrong", AWAY).get(10, TimeUnit.SECONDS))
                        .isSameAs(Verdict.REFUSED);
            }
            CompletableFuture<Verdict> late = verdict(authenticator, "wrong", AWAY);
            assertThat(verdict(authenticator, "secret", HOME).get(10, TimeUnit.SECONDS))
                    .hasToString("ACCEPTED postel");
            // one thread: the wrong one was judged before the right one
            assertThat(late).isNotDone();
            time.advanceTimeBy(Duration.ofMillis(999));
            assertThat(late).isNotDone();
            time.advanceTimeBy(Duration.ofMillis(1));
            assertThat(late.get(10, TimeUnit.SECONDS)).isSameAs(Verdict.REFUSED);

            List<CompletableFuture<Verdict>> crowd = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                crowd.add(verdict(authenticator, "wrong", AWAY));
            }
            assertThat(verdict(authenticator, "secret", AWAY).get(10, TimeUnit.SECONDS))
                    .isSameAs(Verdict.BUSY);
            assertThat(verdict(authenticator, "secret", HOME).get(10, TimeUnit.SECONDS))
                    .hasToString("ACCEPTED postel");
            assertThat(crowd).noneMatch(CompletableFuture::isDone);

            authenticator.tellRefusalsNow();
            for (CompletableFuture<Verdict> each : crowd) {
                assertThat(each.get(10, TimeUnit.SECONDS)).isSameAs(Verdict.REFUSED);
            }
        } finally {
            authenticator.dispose();
            time.dispose();
        }
    }

    private Authenticator authenticator(FakeAccounts accounts, Authenticator.HashParser hashes) {
        accounts.set("postel", "{PLAIN}secret", true);
        return new Authenticator(
                accounts,
                new Authenticator.Settings(1, 20, Duration.ZERO, 0, false, true),
                hashes,
                clock::get,
                Schedulers.parallel());
    }

    @Test
    void eachPasswordThatIsTriedCountsAlsoTwoOfOneLogin() throws Exception {
        Authenticator authenticator = authenticator(new FakeAccounts(), Passwords::parse);
        try {
            for (int i = 0; i < 2; i++) {
                assertThat(authenticator
                                .authenticate(login("wrong"), login("wrong\\"), AWAY)
                                .toFuture()
                                .get(10, TimeUnit.SECONDS))
                        .isSameAs(Verdict.REFUSED);
            }
            // four are told late, as with four logins
            Mono<Verdict> next = authenticator.authenticate(login("wrong"), null, AWAY);
            CompletableFuture<Verdict> late = next.toFuture();
            assertThat(verdict(authenticator, "secret", HOME).get(10, TimeUnit.SECONDS))
                    .hasToString("ACCEPTED postel");
            assertThat(late).isNotDone();
            authenticator.tellRefusalsNow();
            assertThat(late.get(10, TimeUnit.SECONDS)).isSameAs(Verdict.REFUSED);
        } finally {
            authenticator.dispose();
        }
    }

    @Test
    void theSecondReadingOfARightPasswordCostsNothing() throws Exception {
        Authenticator authenticator = authenticator(new FakeAccounts(), Passwords::parse);
        try {
            for (int i = 0; i < 10; i++) {
                assertThat(authenticator
                                .authenticate(login("sec"), login("secret"), AWAY)
                                .toFuture()
                                .get(10, TimeUnit.SECONDS))
                        .hasToString("ACCEPTED postel");
            }
            assertThat(verdict(authenticator, "wrong", AWAY).get(10, TimeUnit.SECONDS))
                    .isSameAs(Verdict.REFUSED);
        } finally {
            authenticator.dispose();
        }
    }

    @Test
    void whoHangsUpWhileHisPasswordIsHashedHasTriedItAllTheSame() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Semaphore hashing = new Semaphore(0);
        AtomicInteger hashed = new AtomicInteger();
        Authenticator authenticator = authenticator(new FakeAccounts(), stored -> password -> {
            hashed.incrementAndGet();
            hashing.release();
            try {
                assertThat(gate.await(10, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return false;
        });
        try {
            List<Disposable> gone = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                gone.add(authenticator.authenticate(login("wrong"), null, AWAY).subscribe());
            }
            assertThat(hashing.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
            gone.forEach(Disposable::dispose);
            gate.countDown();
            // behind the others, if they were still in the queue
            for (int i = 0; i < 2; i++) {
                assertThat(verdict(authenticator, "wrong", AWAY).get(10, TimeUnit.SECONDS))
                        .isSameAs(Verdict.REFUSED);
            }
            assertThat(hashed).as("one was under way, two are asked").hasValue(3);
            CompletableFuture<Verdict> fourth = verdict(authenticator, "wrong", AWAY);
            assertThat(hashing.tryAcquire(3, 10, TimeUnit.SECONDS)).isTrue();
            assertThat(verdict(authenticator, "wrong", HOME))
                    .as("the same thread: the fourth has been judged")
                    .isNotNull();
            await().until(() -> hashed.get() == 5);
            assertThat(fourth).as("told late, for the first counts").isNotDone();
        } finally {
            authenticator.dispose();
        }
    }

    private static CompletableFuture<Verdict> verdict(Authenticator authenticator, String password, InetAddress from) {
        return authenticator.authenticate(login(password), null, from).toFuture();
    }
}
