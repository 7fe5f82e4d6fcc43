package org.pop2.auth;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.Secret;
import org.reactivestreams.Publisher;

/**
 * Decides who may log in, for programs that do not use the hashes of accounts: by asking a directory, say. Passed to
 * {@code Pop2Server.start}. Safe for many threads.
 *
 * <p>The server still delays guesses, limits connections per address and sessions per user, and wipes the secret.
 */
@FunctionalInterface
public interface Login {
    /**
     * Judges a login; work starts at subscription. It has 30 seconds, and is not cancelled before when the client goes:
     * hanging up must not make room for the next guess. What fails, or comes to its end without a verdict, is told to
     * the client as a failure for the moment and counts for nobody. The verdict may come on any thread, but none may be
     * blocked in the call itself, which is made on an event loop.
     *
     * @param user as the client names itself, which may be a name that no user can have
     * @param secret the password; a copy that is wiped when the publisher has ended
     * @param peer where the login comes from; nothing if that is not known, or no matter of the network
     * @return one verdict: {@link Verdict#accepted}, {@link Verdict#REFUSED} or {@link Verdict#BUSY}
     */
    Publisher<Verdict> login(String user, Secret secret, @Nullable InetAddress peer);
}
