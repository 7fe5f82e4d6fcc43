package org.pop2.auth;

import java.time.Duration;
import org.pop2.storage.Accounts;
import reactor.core.scheduler.Scheduler;

/** Hashes that cost nothing, even those of nobody. */
public final class PlainHashes implements Authenticator.HashParser {
    private PlainHashes() {}

    /** Logins with such hashes, without a penalty; who has logged in once does so again on the caller's thread. */
    public static Authenticator authenticator(Accounts accounts, Scheduler timer) {
        return new Authenticator(
                accounts,
                new Authenticator.Settings(1, 1000, Duration.ofDays(1), 10, false, false),
                new PlainHashes(),
                System::nanoTime,
                timer);
    }

    @Override
    public PasswordHash parse(String stored) throws UnusableHashException {
        return Passwords.parse(stored);
    }

    @Override
    public PasswordHash standard() {
        try {
            return Passwords.parse("{PLAIN}nobody");
        } catch (UnusableHashException e) {
            throw new IllegalStateException(e);
        }
    }
}
