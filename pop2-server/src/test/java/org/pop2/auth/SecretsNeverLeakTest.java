package org.pop2.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pop2.protocol.Command;
import org.pop2.protocol.CommandCodec;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Effect;
import org.pop2.protocol.Event;
import org.pop2.protocol.Secret;
import org.pop2.server.ScriptedStore;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.Account;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.testing.Leaks;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Whatever goes wrong: passwords, and what is as good as one, are in no log, message, reply, text or thread's name. */
@Timeout(120)
class SecretsNeverLeakTest {
    private static final String MARKER = "Xyzzy-plugh!42";
    private static final String PHRASE = "Open-sesame phrase";
    private static final String TOTP_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final OneTimePasswords.State LIST = new OneTimePasswords.State(OneTimeDigest.SHA1, 5, "ke1234");
    private static final List<OneTimePasswords.Response> RESPONSES = OneTimePasswords.next(LIST, secret(PHRASE), 5);

    private static Leaks leaks() {
        OneTimePasswords.Response first = RESPONSES.get(0);
        return new Leaks(
                MARKER,
                PHRASE,
                TOTP_SECRET,
                first.words(),
                first.hex(),
                first.hex().replace(" ", ""));
    }

    private static Secret secret(String text) {
        return Secret.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Account account(String name, String hash) {
        return new Account(new UserName(name), hash, true);
    }

    @Test
    void theSearchFindsWhatItLooksFor() {
        for (String leak : List.of(
                "log in with " + MARKER + "?",
                "xYZZY-PLUGH!42",
                "[88, 121, 122, 122, 121, 45, 112, 108, 117, 103, 104, 33, 52, 50]",
                "58797a7a792d706c7567682134320a",
                java.util.Base64.getEncoder().encodeToString((MARKER + "\n").getBytes(StandardCharsets.US_ASCII)),
                java.util.Base64.getEncoder().encodeToString((" " + MARKER).getBytes(StandardCharsets.US_ASCII)),
                java.util.Base64.getEncoder().encodeToString(("a " + MARKER).getBytes(StandardCharsets.US_ASCII)))) {
            try (Leaks leaks = leaks()) {
                LoggerFactory.getLogger("org.pop2.any").trace("{}", leak);
                assertThatThrownBy(leaks::assertNone).as(leak).isInstanceOf(AssertionError.class);
            }
            try (Leaks leaks = leaks()) {
                LoggerFactory.getLogger("org.pop2.any")
                        .debug(
                                "failed",
                                new IllegalStateException(
                                        "outer", new StoreException(StoreException.Reason.UNAVAILABLE, leak)));
                assertThatThrownBy(leaks::assertNone).as(leak).isInstanceOf(AssertionError.class);
            }
        }
    }

    @Test
    void nothingIsLeakedByTheServerHoweverALoginFails() {
        ScriptedStore store = new ScriptedStore();
        try (Leaks leaks = leaks();
                TestServer server = TestServer.over(
                        store,
                        settings -> settings,
                        Authenticator.Settings.defaults().withPenalty(false))) {
            // what the storage says, or does
            for (Mono<Account> found : List.<Mono<Account>>of(
                    Mono.empty(),
                    Mono.just(account("postel", "{PLAIN}" + MARKER)),
                    Mono.just(account("postel", "{PLAIN}other")),
                    Mono.just(account("postel", MARKER)),
                    Mono.just(account("postel", "{" + MARKER + "}")),
                    Mono.just(account("postel", "{ARGON2ID}" + MARKER)),
                    Mono.just(account("postel", "{PLAIN.b64}" + MARKER)),
                    Mono.just(account("postel", "{PLAIN.hex}" + MARKER)),
                    Mono.just(account("postel", "{PLAIN." + MARKER + "}x")),
                    Mono.just(account("postel", "{SSHA}" + MARKER)),
                    Mono.just(account("postel", "{PBKDF2}" + MARKER)),
                    Mono.just(account("postel", "{CRYPT}" + MARKER)),
                    Mono.just(account("postel", "{OTP}" + MARKER)),
                    Mono.just(account("postel", OneTimePasswords.start(LIST, secret(PHRASE)))),
                    Mono.just(account("postel", "{TOTP}" + TOTP_SECRET + ":" + MARKER)),
                    Mono.just(account("postel", "{TOTP}" + TOTP_SECRET + ":0:{PLAIN}" + MARKER)),
                    Mono.just(account("postel", "{TOTP}" + TOTP_SECRET + ":0:{PLAIN.hex}" + MARKER)),
                    Mono.error(new StoreException(StoreException.Reason.UNAVAILABLE, "away")),
                    Mono.error(new StoreException(StoreException.Reason.CORRUPT, "garbled", new Exception("cause"))),
                    Mono.error(new IllegalStateException("a bug")),
                    Mono.error(new OutOfMemoryError("made by the test")))) {
                store.accounts = name -> found;
                for (String line : List.of(
                        "HELO postel " + MARKER,
                        "HELO postel " + RESPONSES.get(0).words(),
                        "HELO postel " + RESPONSES.get(0).hex())) {
                    talk(server, leaks, line + "\r\n");
                }
            }
            store.accounts = name -> {
                throw new IllegalStateException("a bug");
            };
            talk(server, leaks, "HELO postel " + MARKER + "\r\n");

            // what the client says
            store.accounts = name -> Mono.just(account("postel", "{PLAIN}" + MARKER));
            store.open = mailbox -> Mono.error(new StoreException(StoreException.Reason.CORRUPT, "garbled"));
            for (String said : List.of(
                    "HELO postel " + MARKER + "\\\r\n",
                    "HELO " + MARKER + "\r\n",
                    "HELO  " + MARKER + "\r\n",
                    "helo postel " + MARKER + "\n",
                    "PASS " + MARKER + "\r\n",
                    MARKER + "\r\n",
                    "HELO postel " + MARKER + "x".repeat(600) + "\r\n",
                    "HELO postel " + MARKER + "\0\r\n",
                    "HELO postel " + MARKER + "\u00e9\u00ff\r\n",
                    "HELO postel " + MARKER,
                    "HELO postel " + MARKER + "\r\nHELO postel " + MARKER + "\r\n",
                    "HELO postel " + MARKER + "\r\nFOLD " + MARKER + "\r\nREAD " + MARKER + "\r\n",
                    "\u0016\u0003\u0001" + MARKER,
                    "GET /?password=" + MARKER + " HTTP/1.1\r\n",
                    "LOGIN postel " + MARKER + "\r\n",
                    "USER postel\r\nPASS " + MARKER + "\r\n")) {
                talk(server, leaks, said);
            }
            Thread.getAllStackTraces().forEach((thread, stack) -> leaks.say(thread + " " + List.of(stack)));
            Awaitility.await().atMost(LIMIT).until(() -> server.server().connections() == 0);

            assertThat(leaks.lines()).anyMatch(line -> line.contains(" accounts-unavailable "));
            assertThat(leaks.lines()).anyMatch(line -> line.contains(" password-hash-unusable "));
            assertThat(leaks.lines()).anyMatch(line -> line.contains(" session-ended session="));
            leaks.assertNone();
        }
    }

    /** Says it, ends its side, and keeps what is answered. */
    private static void talk(TestServer server, Leaks leaks, String said) {
        try (Wire wire = server.connect()) {
            leaks.say(wire.line());
            wire.send(said);
            wire.endOutput();
            leaks.say(wire.rest());
        }
    }

    @Test
    void nothingIsLeakedByHashingThatFailsNorByWhatFollowsALogin() throws Exception {
        FakeAccounts accounts = new FakeAccounts();
        try (Leaks leaks = leaks()) {
            for (Authenticator.HashParser parser : List.<Authenticator.HashParser>of(
                    stored -> {
                        throw new OutOfMemoryError("made by the test");
                    },
                    stored -> {
                        throw new IllegalStateException("a bug");
                    },
                    Passwords::parse)) {
                Authenticator authenticator = new Authenticator(
                        accounts,
                        Authenticator.Settings.defaults()
                                .withRemember(Duration.ZERO)
                                .withPenalty(false),
                        parser,
                        System::nanoTime,
                        Schedulers.parallel());
                for (StoreException failure :
                        new StoreException[] {null, new StoreException(StoreException.Reason.UNAVAILABLE, "read-only")
                        }) {
                    accounts.set("plain", "{PLAIN}" + MARKER, true);
                    accounts.set("otp", OneTimePasswords.start(LIST, secret(PHRASE)), true);
                    accounts.set("totp", "{TOTP}" + TOTP_SECRET + ":0:{PLAIN}" + MARKER, true);
                    accounts.replacementFailure = failure;
                    for (String user : List.of("plain", "otp", "totp", "nobody")) {
                        long step = System.currentTimeMillis() / 1000 / TotpHash.STEP_SECONDS;
                        String code = String.format(
                                "%06d",
                                TotpHash.code("12345678901234567890".getBytes(StandardCharsets.US_ASCII), step));
                        for (String password :
                                List.of(MARKER, MARKER + code, RESPONSES.get(0).words())) {
                            leaks.say(authenticator
                                    .authenticate(new Credentials(user, secret(password)), null)
                                    .map(Verdict::toString)
                                    .onErrorResume(e -> Mono.just(e + " " + List.of(e.getStackTrace())))
                                    .block(LIMIT));
                        }
                    }
                }
                // one login more: what the ones before it left in the queue is done, or was begun
                leaks.say(authenticator
                        .authenticate(new Credentials("nobody", secret(MARKER)), null)
                        .onErrorResume(e -> Mono.empty())
                        .block(LIMIT));
                leaks.say(authenticator);
                authenticator.dispose();
            }
            Thread.getAllStackTraces().forEach((thread, stack) -> leaks.say(thread + " " + List.of(stack)));

            Awaitility.await()
                    .atMost(LIMIT)
                    .until(() -> leaks.lines().stream().anyMatch(line -> line.contains(" password-not-rehashed ")));
            assertThat(leaks.lines()).anyMatch(line -> line.contains(" one-time-passwords-few "));
            leaks.assertNone();
        }
    }

    @Test
    void nothingThatHoldsASecretShowsIt() throws Exception {
        try (Leaks leaks = leaks()) {
            Credentials credentials = new Credentials("postel", secret(MARKER));
            Command helo = Objects.requireNonNull(new CommandCodec(false)
                    .decode(
                            java.nio.ByteBuffer.wrap(("HELO postel " + MARKER).getBytes(StandardCharsets.US_ASCII)),
                            true));
            assertThat(helo).isInstanceOf(Command.Helo.class);
            leaks.say(credentials);
            leaks.say(credentials.password());
            leaks.say(helo);
            leaks.say(new Event.Received(helo));
            leaks.say(new Effect.LogIn((Command.Helo) helo));
            for (String stored : List.of(
                    "{PLAIN}" + MARKER,
                    "{TOTP}" + TOTP_SECRET + ":0:{PLAIN}" + MARKER,
                    OneTimePasswords.start(LIST, secret(PHRASE)))) {
                leaks.say(account("postel", stored));
                PasswordHash hash = Passwords.parse(stored);
                leaks.say(hash);
                leaks.say(hash.decoy());
                leaks.say(hash.check(RESPONSES.get(0).words().getBytes(StandardCharsets.US_ASCII)));
                leaks.say(OneTimePasswords.state(stored));
            }
            leaks.say(RESPONSES);
            leaks.say(Passwords.parse(Passwords.hash(secret(MARKER))));
            leaks.say(TimeUnit.SECONDS);

            leaks.assertNone();
        }
    }
}
