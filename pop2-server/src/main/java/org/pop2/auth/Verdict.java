package org.pop2.auth;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.UserName;

/** The outcome of a login. A refusal does not say why: unknown user and wrong password look alike. */
public final class Verdict {
    /** The kinds of verdict. */
    public enum Outcome {
        /** The password is the user's. */
        ACCEPTED,
        /** Unknown or disabled user, or wrong password. */
        REFUSED,
        /** Too many logins are waiting; the password was not tried. The same login may succeed later. */
        BUSY
    }

    /** {@link Outcome#REFUSED}. */
    public static final Verdict REFUSED = new Verdict(Outcome.REFUSED, null);
    /** {@link Outcome#BUSY}. */
    public static final Verdict BUSY = new Verdict(Outcome.BUSY, null);

    private final Outcome outcome;
    private final @Nullable UserName user;

    private Verdict(Outcome outcome, @Nullable UserName user) {
        this.outcome = outcome;
        this.user = user;
    }

    /** {@link Outcome#ACCEPTED}, as this user, whose mail is served. */
    public static Verdict accepted(UserName user) {
        return new Verdict(Outcome.ACCEPTED, Objects.requireNonNull(user));
    }

    public Outcome outcome() {
        return outcome;
    }

    /** The user who logged in; empty unless accepted. */
    public Optional<UserName> user() {
        return Optional.ofNullable(user);
    }

    @Override
    public String toString() {
        return user == null ? outcome.toString() : outcome + " " + user;
    }
}
