package org.pop2.client;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/** Whom a client trusts, and how it identifies itself. The server's certificate must always be for the host's name. */
public final class ClientTls {
    private final Optional<Path> authorities;
    private final Optional<Identity> identity;
    private final Optional<SslContext> given;

    private record Identity(Path certificate, Path key) {}

    private ClientTls(Optional<Path> authorities, Optional<Identity> identity, Optional<SslContext> given) {
        this.given = given;
        this.authorities = authorities;
        this.identity = identity;
    }

    /** The authorities that this Java trusts. */
    public static ClientTls ofSystem() {
        return new ClientTls(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /**
     * Trusts only these certificates.
     *
     * @param authorities certificates as PEM: of authorities, or a server's own that nobody signed
     */
    public static ClientTls trusting(Path authorities) {
        return new ClientTls(Optional.of(authorities), Optional.empty(), Optional.empty());
    }

    /** Uses the program's context: its keys, trust and provider. */
    public static ClientTls of(SSLContext context) {
        return of(new JdkSslContext(
                context,
                true,
                null,
                IdentityCipherSuiteFilter.INSTANCE,
                null,
                ClientAuth.NONE,
                new String[] {"TLSv1.3", "TLSv1.2"},
                false));
    }

    /**
     * Uses the program's context for Netty.
     *
     * @throws IllegalArgumentException if it is a server's
     */
    public static ClientTls of(SslContext context) {
        if (!context.isClient()) {
            throw new IllegalArgumentException("this is the context of a server");
        }
        return new ClientTls(Optional.empty(), Optional.empty(), Optional.of(context));
    }

    /**
     * Adds a certificate for servers that ask their clients for one.
     *
     * @param certificate PEM: the client's own first, then those of the authorities between it and the root
     * @param key its private key, unencrypted, as PKCS #8 in PEM
     * @throws IllegalStateException if made {@linkplain #of from a context}, which has its own
     */
    public ClientTls withCertificate(Path certificate, Path key) {
        if (given.isPresent()) {
            throw new IllegalStateException("the program's own context has the certificate");
        }
        return new ClientTls(authorities, Optional.of(new Identity(certificate, key)), Optional.empty());
    }

    /**
     * Reads the files. Blocks.
     *
     * @throws Pop2ClientException with {@link Pop2ClientException.Reason#TLS} if it cannot be used
     */
    SslContext context() {
        if (given.isPresent()) {
            return given.get();
        }
        String reading = "TLS";
        try {
            SslContextBuilder builder = SslContextBuilder.forClient()
                    .sslProvider(SslProvider.JDK)
                    .protocols("TLSv1.3", "TLSv1.2")
                    .endpointIdentificationAlgorithm("HTTPS");
            if (authorities.isPresent()) {
                reading = "the certificates in " + authorities.get();
                builder.trustManager(authorities.get().toFile());
            }
            if (identity.isPresent()) {
                reading = "the certificate in " + identity.get().certificate + " with the key in " + identity.get().key;
                builder.keyManager(
                        identity.get().certificate.toFile(), identity.get().key.toFile());
            }
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new Pop2ClientException(
                    Pop2ClientException.Reason.TLS, reading + " cannot be used: " + e.getMessage(), e);
        }
    }

    /** Makes any context verify that the certificate is for the host. */
    static void checkName(SslHandler handler) {
        SSLParameters parameters = handler.engine().getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        handler.engine().setSSLParameters(parameters);
    }

    /** Whether a connection failed because of the server's certificate. */
    static boolean isDistrust(Throwable failure) {
        return isCausedBy(failure, CertificateException.class);
    }

    /** Why the certificate is not trusted, in words. */
    static String distrust(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        return message.contains("unable to find valid certification path")
                ? "it is of no authority that is trusted here"
                : message;
    }

    /** Whether a connection failed in TLS, not below it. */
    static boolean isTls(Throwable failure) {
        return isCausedBy(failure, SSLException.class);
    }

    private static boolean isCausedBy(Throwable failure, Class<? extends Throwable> kind) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (kind.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
