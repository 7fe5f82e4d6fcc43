package org.pop2.fetch.source;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.pop2.protocol.Secret;

/**
 * How to access the mail of an account.
 *
 * @param address where it is
 * @param login asked for the password at each login
 * @param authorities certificates (PEM) of the authorities to trust; empty: those that Java trusts
 * @param clearText whether the password may be sent to another machine without TLS if the server offers none
 * @param timeout for a connection, and for each answer
 */
public record SourceSettings(
        SourceAddress address, Login login, Optional<Path> authorities, boolean clearText, Duration timeout) {
    /** Long enough for a provider to open an old folder; shorter than firewalls keep silent connections. */
    public static final Duration TIMEOUT = Duration.ofMinutes(1);

    /** The credentials of the account. */
    public interface Login {
        /** Reads the password or token; the caller wipes it. Blocks. */
        Secret secret() throws IOException;

        /** A password that is known; the caller wipes it after the last login. */
        static Login of(Secret password) {
            return new Login() {
                @Override
                public Secret secret() {
                    // whoever logs in wipes it
                    return Secret.of(password.octets());
                }

                @Override
                public boolean isToken() {
                    return false;
                }
            };
        }

        /** Whether it is an OAuth 2 access token (OAUTHBEARER, XOAUTH2) instead of a password. */
        boolean isToken();
    }
}
