package org.pop2.client;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** Whom a client trusts. The name in the certificate has to be the host's, whoever signed it. */
public final class ClientTls {
    private final Optional<Path> authorities;

    private ClientTls(Optional<Path> authorities) {
        this.authorities = authorities;
    }

    /** The authorities that this Java trusts. */
    public static ClientTls ofSystem() {
        return new ClientTls(Optional.empty());
    }

    /**
     * Only these.
     *
     * @param authorities certificates as PEM: of authorities, or a server's own that nobody signed
     */
    public static ClientTls trusting(Path authorities) {
        return new ClientTls(Optional.of(authorities));
    }

    /**
     * Reads the file. Blocks.
     *
     * @throws Pop2ClientException with {@link Pop2ClientException.Reason#TLS} if it cannot be used
     */
    SslContext context() {
        try {
            SslContextBuilder builder = SslContextBuilder.forClient()
                    .sslProvider(SslProvider.JDK)
                    .protocols("TLSv1.3", "TLSv1.2")
                    .endpointIdentificationAlgorithm("HTTPS");
            authorities.ifPresent(file -> builder.trustManager(file.toFile()));
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            String what = authorities.map(file -> "the certificates in " + file).orElse("TLS");
            throw new Pop2ClientException(
                    Pop2ClientException.Reason.TLS, what + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** Whether a failed connection failed for its certificate. */
    static boolean isDistrust(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }
}
