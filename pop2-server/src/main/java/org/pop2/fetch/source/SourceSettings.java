package org.pop2.fetch.source;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.pop2.protocol.Secret;

/**
 * How to get at the mail of an account.
 *
 * @param address where it is
 * @param login asked at each login
 * @param authorities certificates (PEM) of those who vouch for the server; nothing: those that Java trusts
 * @param clearText whether the password may go to another machine without TLS, where the server offers none
 * @param timeout for a connection, and for each answer
 */
public record SourceSettings(
        SourceAddress address, Login login, Optional<Path> authorities, boolean clearText, Duration timeout) {
    /** Providers may think long about an old folder, and firewalls forget a connection after some minutes. */
    public static final Duration TIMEOUT = Duration.ofMinutes(1);

    /** What proves that the account is ours. */
    public interface Login {
        /** Gets it. The caller wipes it. Blocks. */
        Secret secret() throws IOException;

        /** Whether it is an OAuth 2 access token, for XOAUTH2, and no password. */
        boolean isToken();
    }
}
