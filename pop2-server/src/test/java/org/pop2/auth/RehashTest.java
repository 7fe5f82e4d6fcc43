package org.pop2.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;
import org.pop2.storage.StoreException;
import org.pop2.testing.LogCapture;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Schedulers;

/** A weak hash becomes a good one when its password is known. */
@Timeout(30)
class RehashTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String WEAK = "{SSHA}396MbBWXRxNekvZdjsTMJL2vMJtzYWx0";
    private static final String PASSWORD = "correct horse battery staple";

    private final FakeAccounts accounts = new FakeAccounts();
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
    private Authenticator authenticator = authenticator(true);

    private Authenticator authenticator(boolean rehash) {
        return new Authenticator(
                accounts,
                new Authenticator.Settings(1, 10, Duration.ofSeconds(60), 10, rehash, false),
                Passwords::parse,
                clock::get,
                Schedulers.parallel());
    }

    @AfterEach
    void stop() {
        authenticator.dispose();
    }

    private String logIn(String user, String password) {
        return authenticator
                .authenticate(new Credentials(user, Secret.of(password.getBytes(StandardCharsets.UTF_8))), null)
                .blockOptional(LIMIT)
                .orElseThrow()
                .toString();
    }

    /**
     * One thread: when the second login is judged, whatever the first one found in the queue, or behind it, is done.
     */
    private void awaitIdle() {
        assertThat(logIn("nobody", "wrong")).isEqualTo("REFUSED");
        assertThat(logIn("nobody", "wrong")).isEqualTo("REFUSED");
    }

    @Test
    void weakHashIsReplacedAfterTheLogin() throws Exception {
        accounts.set("postel", WEAK, true);

        assertThat(logIn("postel", PASSWORD)).isEqualTo("ACCEPTED postel");
        awaitIdle();

        assertThat(accounts.hash("postel")).startsWith("{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$");
        assertThat(Passwords.verify(accounts.hash("postel"), Secret.of(PASSWORD.getBytes(StandardCharsets.UTF_8))))
                .isTrue();
        assertThat(logIn("postel", PASSWORD)).isEqualTo("ACCEPTED postel");
        awaitIdle();
        assertThat(accounts.replacements).hasValue(1);
    }

    @Test
    void passwordsInClearAndWeakArgon2AreReplacedToo() {
        accounts.set("cerf", "{PLAIN}" + "xyzzy", true);
        accounts.set(
                "kahn",
                "{ARGON2ID}$argon2id$v=19$m=256,t=2,p=4$MDEyMzQ1Njc4OWFiY2RlZg$hsgM6DCPwsb3+diyKvw0spjcJlAqfwRODeeKu/VDUK8",
                true);

        assertThat(logIn("cerf", "xyzzy")).isEqualTo("ACCEPTED cerf");
        assertThat(logIn("kahn", PASSWORD)).isEqualTo("ACCEPTED kahn");
        awaitIdle();

        assertThat(accounts.hash("cerf")).contains("m=19456");
        assertThat(accounts.hash("kahn")).contains("m=19456");
    }

    @Test
    void wrongPasswordAndGoodHashChangeNothing() {
        String good = Passwords.hash(Secret.of(PASSWORD.getBytes(StandardCharsets.UTF_8)));
        accounts.set("postel", WEAK, true);
        accounts.set("cerf", good, true);

        assertThat(logIn("postel", "wrong")).isEqualTo("REFUSED");
        assertThat(logIn("cerf", PASSWORD)).isEqualTo("ACCEPTED cerf");
        awaitIdle();

        assertThat(accounts.hash("postel")).isEqualTo(WEAK);
        assertThat(accounts.hash("cerf")).isEqualTo(good);
        assertThat(accounts.replacements).hasValue(0);
    }

    @Test
    void nothingIsReplacedWhenThatIsNotWanted() {
        authenticator.dispose();
        authenticator = authenticator(false);
        accounts.set("postel", WEAK, true);

        assertThat(logIn("postel", PASSWORD)).isEqualTo("ACCEPTED postel");
        awaitIdle();

        assertThat(accounts.hash("postel")).isEqualTo(WEAK);
    }

    @Test
    void passwordThatIsChangedMeanwhileStays() {
        accounts.set("postel", WEAK, true);
        accounts.beforeReplacement = () -> accounts.set("postel", "{PLAIN}changed", false);

        assertThat(logIn("postel", PASSWORD)).isEqualTo("ACCEPTED postel");
        awaitIdle();

        assertThat(accounts.replacements).hasValue(1);
        assertThat(accounts.hash("postel")).isEqualTo("{PLAIN}changed");
    }

    @Test
    void verdictDoesNotWaitForTheNewHash() throws Exception {
        accounts.set("postel", WEAK, true);
        CountDownLatch gate = new CountDownLatch(1);
        accounts.beforeReplacement = () -> {
            try {
                assertThat(gate.await(10, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError("interrupted", e);
            }
        };

        assertThat(logIn("postel", PASSWORD)).isEqualTo("ACCEPTED postel");

        assertThat(accounts.hash("postel")).isEqualTo(WEAK);
        gate.countDown();
        await().atMost(LIMIT).until(() -> !accounts.hash("postel").equals(WEAK));
    }

    @Test
    void accountsThatCannotBeWrittenAreLeftInPeaceForAWhile() {
        Logger logger = (Logger) LoggerFactory.getLogger(Authenticator.class);
        logger.setLevel(Level.INFO);
        try (LogCapture log = LogCapture.of("org.pop2.auth")) {
            accounts.replacementFailure = new StoreException(StoreException.Reason.UNAVAILABLE, "read-only");
            for (String user : new String[] {"postel", "cerf", "kahn"}) {
                accounts.set(user, WEAK, true);
                assertThat(logIn(user, PASSWORD)).isEqualTo("ACCEPTED " + user);
                awaitIdle();
            }
            assertThat(accounts.replacements).hasValue(1);
            assertThat(log.lines()).singleElement().asString().contains("user=postel", "read-only");

            accounts.replacementFailure = null;
            clock.addAndGet(TimeUnit.MINUTES.toNanos(11));
            assertThat(logIn("cerf", PASSWORD)).isEqualTo("ACCEPTED cerf");
            awaitIdle();
            assertThat(accounts.hash("cerf")).startsWith("{ARGON2ID}");
        } finally {
            logger.setLevel(null);
        }
    }
}
