package org.pop2.net;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The TLS of a listener, from the first octet on; versions 1.2 and 1.3. Immutable.
 *
 * @param certificate PEM file: the server's certificate, then those that lead to its authority
 * @param key PEM file: its private key, not encrypted
 * @param clientAuthorities PEM file: the authorities whose certificates clients may show
 * @param clientCertificate whether clients must show a certificate
 * @param reloadInterval how often the files are checked; changed ones apply to new connections
 */
public record TlsSettings(
        Path certificate,
        Path key,
        Optional<Path> clientAuthorities,
        ClientCertificate clientCertificate,
        Duration reloadInterval) {

    /** Whether clients show a certificate, whose common name must be the user's name. */
    public enum ClientCertificate {
        /** Not asked for. */
        NONE,
        /** Optional. */
        OPTIONAL,
        /** Required, as a second factor beside the password. */
        REQUIRED
    }

    private static final Duration RELOAD_INTERVAL = Duration.ofSeconds(10);

    /** @throws IllegalArgumentException if client certificates are wanted, and no authorities are named */
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
     * @throws TlsException if they cannot be used; the message says which and why
     */
    public void check() throws TlsException {
        TlsContext.load(this);
    }
}
