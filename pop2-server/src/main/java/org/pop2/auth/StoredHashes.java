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
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * Passwords tried against the hashes of accounts. Safe for many threads.
 *
 * <p>Hashing a password is slow on purpose, so it has its own threads, one for each processor, and a bounded queue.
 * When that is full, a login is {@linkplain Verdict.Outcome#BUSY busy} at once: an attacker can exhaust neither the
 * heap nor the event loops.
 *
 * <p>Unknown user, name that no user can have, disabled user, account with an unusable hash and wrong password are one
 * thing to the caller: same verdict, and as much work, since a hash that nobody has the password of is tried where
 * there is none to try ({@link Decoys}). Where accounts have hashes of several costs the clock still tells of a user
 * name that it may exist, not whether it does, until their passwords are {@linkplain Authenticator.Settings#rehash
 * hashed anew}.
 *
 * <p>A {@linkplain OneTimePasswords password that is good once} is accepted when the account says that it is spent, on
 * every node; of two logins with the same one, at most one is.
 */
final class StoredHashes implements Authenticator.Trial {
    private static final Logger LOG = LoggerFactory.getLogger(StoredHashes.class);

    /** Users whose unusable hash was logged. Beyond that many, the oldest may be logged again. */
    private static final int MAX_WARNED = 1000;

    /** Pause before hashes are renewed again after an account could not be written. */
    private static final long REHASH_PAUSE_NANOS = Duration.ofMinutes(10).toNanos();

    private static final UserName NOBODY = new UserName("nobody");

    private final Accounts accounts;
    private final Authenticator.Settings settings;
    private final Authenticator.HashParser parser;
    private final LongSupplier nanoTime;
    private final VerifiedLogins verified;
    private final Decoys decoys;
    private final ThreadPoolExecutor pool;
    private final Set<UserName> beingRehashed = ConcurrentHashMap.newKeySet();
    private volatile long rehashNotBefore;
    private volatile boolean rehashPaused;

    /** Looked up in the cache for unknown users: as much work as for known ones. */
    private final Account nobody = new Account(NOBODY, "{ARGON2ID}" + "x".repeat(95), false);

    private final Map<UserName, Integer> warned = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UserName, Integer> eldest) {
            return size() > MAX_WARNED;
        }
    };

    StoredHashes(
            Accounts accounts,
            Authenticator.Settings settings,
            Authenticator.HashParser parser,
            LongSupplier nanoTime) {
        this.accounts = accounts;
        this.settings = settings;
        this.parser = parser;
        this.nanoTime = nanoTime;
        this.verified = new VerifiedLogins(settings.remember(), settings.maxRemembered(), nanoTime);
        this.decoys = new Decoys(parser.standard());
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

    @Override
    public void forget() {
        verified.clear();
    }

    @Override
    public void dispose() {
        pool.shutdown();
        List<Runnable> waiting = new ArrayList<>();
        pool.getQueue().drainTo(waiting);
        waiting.forEach(task -> ((Task) task).giveUp());
    }

    @Override
    public boolean isDisposed() {
        return pool.isShutdown();
    }

    @Override
    public Mono<Verdict> of(Credentials credentials, @Nullable InetAddress client, LoginPenalties.Attempt login) {
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
        /** Called if it will not run. */
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

        /** The client no longer waits: removes it from the queue unless it is being computed. */
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

    /** Accepted if the account has not changed, and so nobody else has used the password up, since it was read. */
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

    /** The name as users are found: case does not matter. */
    private static String folded(String name) {
        return UserName.of(name).map(UserName::value).orElse(name);
    }

    // ---- better hashes

    /**
     * Stores the password with the default hash if it is weaker and there is time. Independent of the login, and
     * without effect on an account that has changed since the password was verified.
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
    /** Once for each bad hash, so that attempts to log in cannot fill the log. */
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
