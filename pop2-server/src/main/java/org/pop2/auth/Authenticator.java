package org.pop2.auth;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.Credentials;
import org.pop2.storage.Accounts;
import org.pop2.storage.UserName;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Decides who may log in. Safe for many threads.
 *
 * <p>Passwords are tried by {@link StoredHashes}, against the hashes of accounts, or by a {@link Login} of the
 * embedding program. In both cases this class delays the answers to {@linkplain Settings#penalty repeated failures} and
 * limits how many passwords a client may try at a time.
 */
public final class Authenticator implements Disposable {

    /**
     * Limits and options of an authenticator.
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

        /** The hash to compute for unknown users until an account has been seen. */
        default PasswordHash standard() {
            return Argon2Hash.standardDecoy().hash();
        }
    }

    /** Tries passwords, one after the other, for a login that counts. */
    interface Trial extends Disposable {
        /** Tries one. Cancelling means that the client no longer waits. */
        Mono<Verdict> of(Credentials credentials, @Nullable InetAddress client, LoginPenalties.Attempt login);

        /** Forgets which passwords were right. */
        default void forget() {}
    }

    private final Trial trial;
    private final Settings settings;
    private final Scheduler scheduler;
    private final LoginPenalties penalties;
    /** Ends the delays of refusals. */
    private final Sinks.Empty<Void> disposed = Sinks.empty();

    /** An authenticator of these accounts, to be {@linkplain #dispose() disposed of}. */
    public Authenticator(Accounts accounts, Settings settings) {
        this(accounts, settings, Passwords::parse, System::nanoTime, Schedulers.parallel());
    }

    /** An authenticator that asks the given login. Of the settings, only the penalty applies. */
    public Authenticator(Login login, Settings settings) {
        this(new ProgramsLogin(login, Schedulers.parallel()), settings, System::nanoTime, Schedulers.parallel());
    }

    Authenticator(Accounts accounts, Settings settings, HashParser parser, LongSupplier nanoTime, Scheduler scheduler) {
        this(new StoredHashes(accounts, settings, parser, nanoTime), settings, nanoTime, scheduler);
    }

    Authenticator(Trial trial, Settings settings, LongSupplier nanoTime, Scheduler scheduler) {
        this.trial = trial;
        this.settings = settings;
        this.scheduler = scheduler;
        this.penalties = new LoginPenalties(nanoTime);
    }

    /**
     * Judges a login. Work starts at subscription, and the account is looked up each time.
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
            return attempts(primary, raw, client, login)
                    .flatMap(verdict -> told(verdict, login))
                    .doFinally(signal -> login.abandoned());
        });
    }

    /** As {@link #authenticate(Credentials, Credentials, InetAddress)}, for a client of unknown address. */
    public Mono<Verdict> authenticate(Credentials primary, @Nullable Credentials raw) {
        return authenticate(primary, raw, null);
    }

    /** Forgets which passwords were right recently, so that each is hashed again at the next login. */
    public void forgetVerified() {
        trial.forget();
    }

    /** Sends all delayed refusals now, and later ones at once: the server is stopping. */
    public void tellRefusalsNow() {
        disposed.tryEmitEmpty();
    }

    /** The verdict; a refusal after its delay. */
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

    private Mono<Verdict> attempts(
            Credentials primary,
            @Nullable Credentials raw,
            @Nullable InetAddress client,
            LoginPenalties.Attempt login) {
        Mono<Verdict> first = trial.of(primary, client, login);
        if (raw == null || raw.equals(primary)) {
            return first;
        }
        return first.flatMap(verdict ->
                verdict.outcome() == Verdict.Outcome.REFUSED ? trial.of(raw, client, login) : Mono.just(verdict));
    }

    /**
     * Stops: logins that wait or come later are busy, refusals are told at once; those being computed run to their end.
     */
    @Override
    public void dispose() {
        trial.dispose();
        tellRefusalsNow();
    }

    @Override
    public boolean isDisposed() {
        return trial.isDisposed();
    }
}
