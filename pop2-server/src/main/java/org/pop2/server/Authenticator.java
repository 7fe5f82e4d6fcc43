package org.pop2.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.UserName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * Decides who may log in. Safe for many threads.
 *
 * <p>Hashing a password is slow on purpose, so it runs on threads of its own, as many as there are processors, with a
 * queue that is bounded: when it is full a login is {@linkplain Verdict.Outcome#BUSY busy} at once, and an attacker
 * gains neither heap nor the event loops.
 *
 * <p>Unknown user, name that no user can have, disabled user, account with an unusable hash and wrong password are one
 * thing to the caller: same verdict, and as much work, since a hash that nobody has the password of is tried where
 * there is none to try. That hash is of the default scheme and cost; accounts that came over from elsewhere with
 * another scheme or cost can be told from unknown ones by a patient clock until their passwords are hashed anew
 * ({@link Passwords#needsRehash}). Passwords stored in clear are no such exception.
 */
public final class Authenticator implements Disposable {

    /**
     * How much the authenticator may use.
     *
     * @param threads hashes computed at a time; each takes a processor, and 19 MiB with the default scheme
     * @param queue logins that may wait for a thread
     * @param remember how long a verified login is remembered, so that the next is cheap; zero for not at all
     * @param maxRemembered how many verified logins are remembered
     */
    public record Settings(int threads, int queue, Duration remember, int maxRemembered) {
        /** @throws IllegalArgumentException if there is no thread, no queue, or a negative number */
        public Settings {
            if (threads < 1 || queue < 1 || remember.isNegative() || maxRemembered < 0) {
                throw new IllegalArgumentException("not possible: " + threads + " threads, queue of " + queue
                        + ", remembering " + maxRemembered + " logins for " + remember);
            }
        }

        /** A thread for each processor, 64 logins waiting for each (some 3 s of work), 10,000 remembered for 60 s. */
        public static Settings defaults() {
            int processors = Runtime.getRuntime().availableProcessors();
            return new Settings(processors, 64 * processors, Duration.ofSeconds(60), 10_000);
        }
    }

    /** {@link Passwords#parse}, or a test's. */
    @FunctionalInterface
    interface HashParser {
        PasswordHash parse(String stored) throws UnusableHashException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Authenticator.class);

    /** Users whose unusable hash was warned about; beyond that many, the one longest ago may be named again. */
    private static final int MAX_WARNED = 1000;

    private static final UserName NOBODY = new UserName("nobody");

    private final Accounts accounts;
    private final HashParser parser;
    private final VerifiedLogins verified;
    private final ThreadPoolExecutor pool;
    private final Account dummy = new Account(NOBODY, "{ARGON2ID}" + Argon2Hash.dummy(), false);
    private final Map<UserName, Integer> warned = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UserName, Integer> eldest) {
            return size() > MAX_WARNED;
        }
    };

    /** An authenticator of these accounts, to be {@linkplain #dispose() disposed of}. */
    public Authenticator(Accounts accounts, Settings settings) {
        this(accounts, settings, Passwords::parse, System::nanoTime);
    }

    Authenticator(Accounts accounts, Settings settings, HashParser parser, LongSupplier nanoTime) {
        this.accounts = accounts;
        this.parser = parser;
        this.verified = new VerifiedLogins(settings.remember(), settings.maxRemembered(), nanoTime);
        AtomicInteger count = new AtomicInteger();
        this.pool = new ThreadPoolExecutor(
                settings.threads(),
                settings.threads(),
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(settings.queue()),
                task -> {
                    Thread thread = new Thread(task, "pop2-auth-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
    }

    /**
     * Judges a login. The account is looked up at subscription, each time.
     *
     * <p>The verdict comes on whatever thread it was reached, never on one that may be kept: publish on the event loop.
     * Cancelling gives up a place in the queue. An error is a {@link org.pop2.storage.StoreException} of the accounts:
     * nothing is known of the login then. The secrets stay the caller's, to wipe when this has ended; copies are wiped
     * here.
     *
     * @param primary name and password as the unquoted command line gives them
     * @param raw the same without unquoting, tried if {@code primary} is refused and this differs: some clients quote
     *     nothing (fetchmail)
     */
    public Mono<Verdict> authenticate(Credentials primary, @Nullable Credentials raw) {
        Mono<Verdict> first = attempt(primary);
        if (raw == null || raw.equals(primary)) {
            return first;
        }
        return first.flatMap(
                verdict -> verdict.outcome() == Verdict.Outcome.REFUSED ? attempt(raw) : Mono.just(verdict));
    }

    /** Stops: logins that wait or come later are busy; those being computed run to their end. */
    @Override
    public void dispose() {
        pool.shutdown();
        List<Runnable> waiting = new ArrayList<>();
        pool.getQueue().drainTo(waiting);
        waiting.forEach(task -> ((Verification) task).giveUp());
    }

    @Override
    public boolean isDisposed() {
        return pool.isShutdown();
    }

    private Mono<Verdict> attempt(Credentials credentials) {
        return Mono.defer(() -> {
            // before anything is looked up, so it tells nothing about any user
            if (!withOctets(credentials.password(), Passwords::isPossible)) {
                return Mono.just(Verdict.REFUSED);
            }
            return UserName.of(credentials.user())
                    .map(this::find)
                    .orElseGet(() -> Mono.just(Optional.empty()))
                    .flatMap(account -> judge(account, credentials.password()));
        });
    }

    private Mono<Optional<Account>> find(UserName user) {
        return Mono.from(accounts.find(user))
                .filter(Account::enabled)
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty());
    }

    private Mono<Verdict> judge(Optional<Account> account, Secret password) {
        if (withOctets(password, octets -> verified.contains(account.orElse(dummy), octets)) && account.isPresent()) {
            return Mono.just(Verdict.accepted(account.get().user()));
        }
        return Mono.create(sink -> {
            Verification verification = new Verification(account, password, sink);
            sink.onCancel(() -> pool.remove(verification));
            try {
                pool.execute(verification);
            } catch (RejectedExecutionException e) {
                verification.giveUp();
            }
        });
    }

    /** One login in the queue or on a thread of the pool. */
    private final class Verification implements Runnable {
        private final Optional<Account> account;
        private final Secret password;
        private final MonoSink<Verdict> sink;

        Verification(Optional<Account> account, Secret password, MonoSink<Verdict> sink) {
            this.account = account;
            this.password = password;
            this.sink = sink;
        }

        void giveUp() {
            sink.success(Verdict.BUSY);
        }

        @Override
        public void run() {
            try {
                boolean matches = withOctets(password, octets -> verify(account, octets));
                sink.success(matches ? Verdict.accepted(account.orElseThrow().user()) : Verdict.REFUSED);
            } catch (RuntimeException | Error e) {
                // an OutOfMemoryError among them: whatever it is, the client is not to wait for ever
                sink.error(e);
            }
        }
    }

    /** Blocks. Takes at least the time of the default hash, unless the password is right. */
    private boolean verify(Optional<Account> account, byte[] password) {
        if (account.isPresent()) {
            try {
                PasswordHash hash = parser.parse(account.get().passwordHash());
                if (hash.matches(password)) {
                    // the very octets that were verified: the caller may have wiped the secret meanwhile
                    verified.add(account.get(), password);
                    return true;
                }
                if (!hash.isCheap()) {
                    return false;
                }
            } catch (UnusableHashException e) {
                warn(account.get(), e);
            }
        }
        try {
            // for the time it takes: the answer is no
            parser.parse(dummy.passwordHash()).matches(password);
        } catch (UnusableHashException e) {
            throw new IllegalStateException("our own hash is of no use", e);
        }
        return false;
    }

    /** Once for each bad hash: who may try to log in must not be able to fill the log. */
    private void warn(Account account, UnusableHashException reason) {
        Integer fingerprint = account.passwordHash().hashCode();
        synchronized (warned) {
            if (fingerprint.equals(warned.put(account.user(), fingerprint))) {
                return;
            }
        }
        LOG.warn(
                "user {} cannot log in until a new password is set: the stored hash cannot be used, {}",
                account.user(),
                reason.getMessage());
    }

    @FunctionalInterface
    private interface OctetsPredicate {
        boolean test(byte[] octets);
    }

    private static boolean withOctets(Secret secret, OctetsPredicate predicate) {
        byte[] octets = secret.octets();
        try {
            return predicate.test(octets);
        } finally {
            Arrays.fill(octets, (byte) 0);
        }
    }
}
