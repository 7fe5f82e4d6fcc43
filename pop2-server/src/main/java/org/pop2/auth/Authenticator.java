package org.pop2.auth;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pop2.net.StorageCalls;
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
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Decides who may log in. Safe for many threads.
 *
 * <p>Hashing a password is slow on purpose, so it runs on threads of its own, as many as there are processors, with a
 * queue that is bounded: when it is full a login is {@linkplain Verdict.Outcome#BUSY busy} at once, and an attacker
 * gains neither heap nor the event loops.
 *
 * <p>Unknown user, name that no user can have, disabled user, account with an unusable hash and wrong password are one
 * thing to the caller: same verdict, and as much work, since a hash that nobody has the password of is tried where
 * there is none to try ({@link Decoys}). Where accounts have hashes of several costs the clock still tells of a user
 * name that it may exist, not whether it does, until their passwords are {@linkplain Settings#rehash hashed anew}.
 *
 * <p>Who fails again and again is {@linkplain Settings#penalty told late} and may not try many passwords at a time.
 *
 * <p>A {@linkplain OneTimePasswords password that is good once} is accepted when the account says that it is spent, on
 * every node; of two logins with the same one, at most one is.
 */
public final class Authenticator implements Disposable {

    /**
     * How much the authenticator may use, and what it does besides.
     *
     * @param threads hashes computed at a time; each takes a processor, and 19 MiB with the default scheme
     * @param queue logins that may wait for a thread
     * @param remember how long a verified login is remembered, so that the next is cheap; zero for not at all
     * @param maxRemembered how many verified logins are remembered
     * @param rehash whether a password that is stored with a weak hash is hashed anew when it is known, at a login
     * @param penalty whether repeated failures are told late
     */
    public record Settings(
            int threads, int queue, Duration remember, int maxRemembered, boolean rehash, boolean penalty) {
        /** @throws IllegalArgumentException if there is no thread, no queue, or a negative number */
        public Settings {
            if (threads < 1 || queue < 1 || remember.isNegative() || maxRemembered < 0) {
                throw new IllegalArgumentException("not possible: " + threads + " threads, queue of " + queue
                        + ", remembering " + maxRemembered + " logins for " + remember);
            }
        }

        /**
         * A thread for each processor, 64 logins waiting for each (some 3 s of work), 10,000 remembered for 60 s, weak
         * hashes made anew, penalties.
         */
        public static Settings defaults() {
            int processors = Runtime.getRuntime().availableProcessors();
            return new Settings(processors, 64 * processors, Duration.ofSeconds(60), 10_000, true, true);
        }

        public Settings withRemember(Duration time) {
            return new Settings(threads, queue, time, maxRemembered, rehash, penalty);
        }

        public Settings withRehash(boolean wanted) {
            return new Settings(threads, queue, remember, maxRemembered, wanted, penalty);
        }

        public Settings withPenalty(boolean wanted) {
            return new Settings(threads, queue, remember, maxRemembered, rehash, wanted);
        }
    }

    /** {@link Passwords#parse}, or a test's. */
    @FunctionalInterface
    interface HashParser {
        PasswordHash parse(String stored) throws UnusableHashException;

        /** What is computed for nobody as long as no account has been seen. */
        default PasswordHash standard() {
            return Argon2Hash.standardDecoy().hash();
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Authenticator.class);

    /** Users whose unusable hash was warned about; beyond that many, the one longest ago may be named again. */
    private static final int MAX_WARNED = 1000;

    /** After accounts could not be written: so long no hash is made anew. */
    private static final long REHASH_PAUSE_NANOS = Duration.ofMinutes(10).toNanos();

    private static final UserName NOBODY = new UserName("nobody");

    private final Accounts accounts;
    private final Settings settings;
    private final HashParser parser;
    private final LongSupplier nanoTime;
    private final Scheduler scheduler;
    private final VerifiedLogins verified;
    private final LoginPenalties penalties;
    private final Decoys decoys;
    private final ThreadPoolExecutor pool;
    /** Ends the delays of refusals. */
    private final Sinks.Empty<Void> disposed = Sinks.empty();

    private final Set<UserName> beingRehashed = ConcurrentHashMap.newKeySet();
    private volatile long rehashNotBefore;
    private volatile boolean rehashPaused;

    /** For the cache to look up what it cannot have: as much work as for a user that is known. */
    private final Account nobody = new Account(NOBODY, "{ARGON2ID}" + "x".repeat(95), false);

    private final Map<UserName, Integer> warned = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UserName, Integer> eldest) {
            return size() > MAX_WARNED;
        }
    };

    /** An authenticator of these accounts, to be {@linkplain #dispose() disposed of}. */
    public Authenticator(Accounts accounts, Settings settings) {
        this(accounts, settings, Passwords::parse, System::nanoTime, Schedulers.parallel());
    }

    Authenticator(Accounts accounts, Settings settings, HashParser parser, LongSupplier nanoTime, Scheduler scheduler) {
        this.accounts = accounts;
        this.settings = settings;
        this.parser = parser;
        this.nanoTime = nanoTime;
        this.scheduler = scheduler;
        this.verified = new VerifiedLogins(settings.remember(), settings.maxRemembered(), nanoTime);
        this.decoys = new Decoys(parser.standard());
        this.penalties = new LoginPenalties(nanoTime);
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
     * @param client where the login comes from; nothing if that is not known, or no matter of the network
     */
    public Mono<Verdict> authenticate(Credentials primary, @Nullable Credentials raw, @Nullable InetAddress client) {
        return Mono.defer(() -> {
            Optional<LoginPenalties.Attempt> begun = settings.penalty()
                    ? penalties.begin(UserName.of(primary.user()), client)
                    : Optional.of(penalties.uncounted());
            if (begun.isEmpty()) {
                return Mono.just(Verdict.BUSY);
            }
            LoginPenalties.Attempt login = begun.get();
            return attempts(primary, raw, login)
                    .flatMap(verdict -> told(verdict, login))
                    .doFinally(signal -> login.abandoned());
        });
    }

    /** As {@link #authenticate(Credentials, Credentials, InetAddress)}, of a client nobody knows the address of. */
    public Mono<Verdict> authenticate(Credentials primary, @Nullable Credentials raw) {
        return authenticate(primary, raw, null);
    }

    /** Forgets which passwords were right lately: each is hashed again at its next login. */
    public void forgetVerified() {
        verified.clear();
    }

    /** Tells all refusals that are being held back, and later ones at once: the server is stopping. */
    public void tellRefusalsNow() {
        disposed.tryEmitEmpty();
    }

    /** The verdict, a refusal as late as it has to be. */
    private Mono<Verdict> told(Verdict verdict, LoginPenalties.Attempt attempt) {
        switch (verdict.outcome()) {
            case ACCEPTED -> attempt.accepted();
            case REFUSED -> {
                Duration delay = attempt.refused();
                if (!delay.isZero()) {
                    return Mono.delay(delay, scheduler)
                            .takeUntilOther(disposed.asMono())
                            .then(Mono.just(verdict));
                }
            }
            case BUSY -> attempt.abandoned();
        }
        return Mono.just(verdict);
    }

    private Mono<Verdict> attempts(Credentials primary, @Nullable Credentials raw, LoginPenalties.Attempt login) {
        Mono<Verdict> first = attempt(primary, login);
        if (raw == null || raw.equals(primary)) {
            return first;
        }
        return first.flatMap(
                verdict -> verdict.outcome() == Verdict.Outcome.REFUSED ? attempt(raw, login) : Mono.just(verdict));
    }

    /**
     * Stops: logins that wait or come later are busy, refusals are told at once; those being computed run to their end.
     */
    @Override
    public void dispose() {
        pool.shutdown();
        List<Runnable> waiting = new ArrayList<>();
        pool.getQueue().drainTo(waiting);
        waiting.forEach(task -> ((Task) task).giveUp());
        tellRefusalsNow();
    }

    @Override
    public boolean isDisposed() {
        return pool.isShutdown();
    }

    private Mono<Verdict> attempt(Credentials credentials, LoginPenalties.Attempt login) {
        return Mono.defer(() -> {
            // before anything is looked up, so it tells nothing about any user
            if (!withOctets(credentials.password(), Passwords::isPossible)) {
                return Mono.just(Verdict.REFUSED);
            }
            Optional<UserName> name = UserName.of(credentials.user());
            Optional<Account> recent = name.flatMap(accounts::recent).filter(Account::enabled);
            if (isVerified(recent.orElse(nobody), credentials) && recent.isPresent()) {
                return Mono.just(Verdict.accepted(recent.get().user()));
            }
            return name.map(this::find)
                    .orElseGet(() -> Mono.just(Optional.empty()))
                    .flatMap(account -> judge(account, credentials, login));
        });
    }

    private Mono<Optional<Account>> find(UserName user) {
        return StorageCalls.of(() -> accounts.find(user))
                .filter(Account::enabled)
                .map(Optional::of)
                .defaultIfEmpty(Optional.empty());
    }

    private boolean isVerified(Account account, Credentials credentials) {
        return withOctets(credentials.password(), octets -> verified.contains(account, octets));
    }

    private Mono<Verdict> judge(Optional<Account> account, Credentials credentials, LoginPenalties.Attempt login) {
        if (isVerified(account.orElse(nobody), credentials) && account.isPresent()) {
            return Mono.just(Verdict.accepted(account.get().user()));
        }
        return Mono.create(sink -> {
            Verification verification = new Verification(account, credentials, login, sink);
            sink.onCancel(verification::cancel);
            try {
                pool.execute(verification);
            } catch (RejectedExecutionException e) {
                verification.giveUp();
            }
        });
    }

    /** In the queue or on a thread of the pool. */
    private interface Task extends Runnable {
        /** It will not be run. */
        void giveUp();
    }

    /** One login. */
    private final class Verification implements Task {
        private final Optional<Account> account;
        private final Credentials credentials;
        private final LoginPenalties.Attempt login;
        private final MonoSink<Verdict> sink;
        private volatile boolean cancelled;

        Verification(
                Optional<Account> account,
                Credentials credentials,
                LoginPenalties.Attempt login,
                MonoSink<Verdict> sink) {
            this.account = account;
            this.credentials = credentials;
            this.login = login;
            this.sink = sink;
        }

        @Override
        public void giveUp() {
            sink.success(Verdict.BUSY);
        }

        /** Nobody waits for it any more: it leaves the queue, unless it is being computed. */
        void cancel() {
            cancelled = true;
            pool.remove(this);
        }

        @Override
        public void run() {
            if (!login.beginsHash()) {
                return;
            }
            byte[] octets = credentials.password().octets();
            boolean wrong = false;
            try {
                Optional<Verified> result;
                try {
                    result = verify(account, credentials.user(), octets);
                    wrong = result.isEmpty();
                } finally {
                    login.endsHash(wrong);
                }
                tell(result, octets);
            } catch (RuntimeException | Error e) {
                // an OutOfMemoryError among them: whatever it is, the client is not to wait for ever
                sink.error(e);
            } finally {
                Arrays.fill(octets, (byte) 0);
            }
        }

        private void tell(Optional<Verified> result, byte[] octets) {
            if (result.isEmpty()) {
                sink.success(Verdict.REFUSED);
                return;
            }
            Verified right = result.get();
            String next = right.match().next();
            if (next == null) {
                sink.success(Verdict.accepted(right.account().user()));
                renew(right.account(), right.hash(), octets);
            } else if (!cancelled) {
                // nobody who has gone spends a password
                byte[] copy = octets.clone();
                spend(right, right.account().withPasswordHash(next), copy)
                        .doFinally(signal -> Arrays.fill(copy, (byte) 0))
                        .subscribe(sink::success, sink::error);
            }
        }
    }

    /** A password that is right. */
    private record Verified(Account account, PasswordHash hash, PasswordHash.Match match) {}

    /** Accepted if nobody else has spent the password, and nothing has happened to the account, since it was read. */
    private Mono<Verdict> spend(Verified login, Account after, byte[] octets) {
        return StorageCalls.of(() -> accounts.replace(login.account(), after))
                .defaultIfEmpty(false)
                .map(spent -> {
                    if (!spent) {
                        return Verdict.REFUSED;
                    }
                    if (login.match().left() < OneTimePasswords.FEW) {
                        LOG.atWarn()
                                .addKeyValue("user", after.user())
                                .addKeyValue("left", login.match().left())
                                .log("one-time-passwords-few");
                    }
                    renew(after, login.hash(), octets);
                    return Verdict.accepted(after.user());
                });
    }

    /** Blocks. Takes at least the time of a slow hash, unless the password is right. */
    private Optional<Verified> verify(Optional<Account> account, String name, byte[] password) {
        if (account.isPresent()) {
            try {
                PasswordHash hash = parser.parse(account.get().passwordHash());
                decoys.seen(hash);
                PasswordHash.Match match = hash.check(password);
                if (match.right()) {
                    if (match.next() == null) {
                        // the very octets that were verified: the caller may have wiped the secret meanwhile
                        verified.add(account.get(), password);
                    }
                    return Optional.of(new Verified(account.get(), hash, match));
                }
                if (!hash.isCheap()) {
                    return Optional.empty();
                }
            } catch (UnusableHashException e) {
                warn(account.get(), e);
            }
        }
        // for the time it takes: the answer is no
        boolean unused = decoys.of(folded(name)).matches(password);
        return Optional.empty();
    }

    /** As users are found: a name is one, however it is written. */
    private static String folded(String name) {
        return UserName.of(name).map(UserName::value).orElse(name);
    }

    // ---- better hashes

    /**
     * Sees to it that the password is stored with the default hash, if it is not and there is time. Hangs on nothing of
     * the login, and changes nothing of an account that is not as it was when the password was verified.
     */
    private void renew(Account account, PasswordHash hash, byte[] password) {
        if (!settings.rehash()
                || !hash.isWeak()
                || (rehashPaused && nanoTime.getAsLong() - rehashNotBefore < 0)
                // half of the queue is for those who wait for an answer
                || pool.getQueue().size() > settings.queue() / 2
                || !beingRehashed.add(account.user())) {
            return;
        }
        Rehash rehash = new Rehash(account, password.clone());
        try {
            pool.execute(rehash);
        } catch (RejectedExecutionException e) {
            // at the next login, then
            rehash.giveUp();
        }
    }

    private final class Rehash implements Task {
        private final Account account;
        private final byte[] password;

        Rehash(Account account, byte[] password) {
            this.account = account;
            this.password = password;
        }

        @Override
        public void giveUp() {
            Arrays.fill(password, (byte) 0);
            beingRehashed.remove(account.user());
        }

        @Override
        public void run() {
            try {
                renew();
            } catch (Error e) {
                // of those, Reactor passes some on by throwing them
                giveUp();
                throw e;
            }
        }

        private void renew() {
            // whatever happens: the login it came from is over
            Mono.fromCallable(() -> parser.parse(account.passwordHash()).renewed(password))
                    .map(account::withPasswordHash)
                    .flatMap(renewed -> Mono.from(accounts.replace(account, renewed)))
                    .doFinally(signal -> giveUp())
                    .subscribe(this::replaced, this::failed);
        }

        private void replaced(boolean done) {
            rehashPaused = false;
            LOG.atDebug()
                    .addKeyValue("user", account.user())
                    .addKeyValue("done", done)
                    .log("password-rehashed");
        }

        private void failed(Throwable cause) {
            rehashNotBefore = nanoTime.getAsLong() + REHASH_PAUSE_NANOS;
            rehashPaused = true;
            LOG.atWarn()
                    .addKeyValue("user", account.user())
                    .addKeyValue("error", cause.toString())
                    .log("password-not-rehashed");
        }
    }
    /** Once for each bad hash: who may try to log in must not be able to fill the log. */
    private void warn(Account account, UnusableHashException reason) {
        Integer fingerprint = account.passwordHash().hashCode();
        synchronized (warned) {
            if (fingerprint.equals(warned.put(account.user(), fingerprint))) {
                return;
            }
        }
        LOG.atWarn()
                .addKeyValue("user", account.user())
                .addKeyValue("error", reason.getMessage())
                .log("password-hash-unusable");
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
