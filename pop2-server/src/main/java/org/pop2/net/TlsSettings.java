package org.pop2.net;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How a listener speaks TLS, from the first octet on; versions 1.2 and 1.3. Immutable.
 *
 * @param certificate PEM file: the server's certificate, then those that lead to its authority
 * @param key PEM file: its private key, not encrypted
 * @param clientAuthorities PEM file: the authorities whose certificates clients may show
 * @param clientCertificate whether they have to
 * @param reloadInterval how often the files are looked at; changed ones are used for connections from then on
 */
public record TlsSettings(
        Path certificate,
        Path key,
        Optional<Path> clientAuthorities,
        ClientCertificate clientCertificate,
        Duration reloadInterval) {

    /** Whether a client shows a certificate. One that is shown has to be the user's: its common name is the login's. */
    public enum ClientCertificate {
        /** Is not asked for. */
        NONE,
        /** May be shown. */
        OPTIONAL,
        /** No certificate, no session: a second factor beside the password. */
        REQUIRED
    }

    private static final Duration RELOAD_INTERVAL = Duration.ofSeconds(10);

    /** @throws IllegalArgumentException if client certificates are wanted, and nobody is named to vouch for them */
    public TlsSettings {
        if (clientCertificate != ClientCertificate.NONE && clientAuthorities.isEmpty()) {
            throw new IllegalArgumentException("client certificates need the authorities that issue them");
        }
        if (reloadInterval.isNegative() || reloadInterval.isZero()) {
            throw new IllegalArgumentException("the reload interval has to be positive");
        }
    }

    /** TLS without client certificates. */
    public static TlsSettings of(Path certificate, Path key) {
        return new TlsSettings(certificate, key, Optional.empty(), ClientCertificate.NONE, RELOAD_INTERVAL);
    }

    public TlsSettings withClientCertificate(ClientCertificate whether, Path authorities) {
        return new TlsSettings(certificate, key, Optional.of(authorities), whether, reloadInterval);
    }

    public TlsSettings withReloadInterval(Duration interval) {
        return new TlsSettings(certificate, key, clientAuthorities, clientCertificate, interval);
    }

    /**
     * Reads the files as a server would. Blocks.
     *
     * @throws TlsException if they cannot be used; it says which and why
     */
    public void check() throws TlsException {
        TlsContext.load(this);
    }
}
