package org.pop2.auth;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.pop2.net.StorageCalls;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Passwords tried by a {@link Login}, each to its end and in bounded time. */
final class ProgramsLogin implements Authenticator.Trial {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Login login;
    private final Scheduler timer;
    private volatile boolean disposed;

    ProgramsLogin(Login login, Scheduler timer) {
        this.login = login;
        this.timer = timer;
    }

    @Override
    public Mono<Verdict> of(Credentials credentials, @Nullable InetAddress client, LoginPenalties.Attempt attempt) {
        return Mono.create(sink -> {
            if (disposed) {
                sink.success(Verdict.BUSY);
                return;
            }
            if (!attempt.beginsHash()) {
                return;
            }
            Secret secret = copy(credentials.password());
            // subscribed to apart from the client, who may go
            StorageCalls.of(() -> login.login(credentials.user(), secret, client))
                    .timeout(LIMIT, timer)
                    .switchIfEmpty(Mono.error(() -> new IllegalStateException("a login without a verdict")))
                    .doFinally(signal -> secret.wipe())
                    .subscribe(
                            verdict -> {
                                attempt.endsHash(verdict.outcome() == Verdict.Outcome.REFUSED);
                                sink.success(verdict);
                            },
                            error -> {
                                attempt.endsHash(false);
                                sink.error(error);
                            });
        });
    }

    private static Secret copy(Secret secret) {
        byte[] octets = secret.octets();
        try {
            return Secret.of(octets);
        } finally {
            Arrays.fill(octets, (byte) 0);
        }
    }

    @Override
    public void dispose() {
        disposed = true;
    }

    @Override
    public boolean isDisposed() {
        return disposed;
    }
}
