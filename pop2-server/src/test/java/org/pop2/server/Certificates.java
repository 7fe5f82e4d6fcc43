package org.pop2.server;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.pop2.net.TlsSettings;

/** An authority, a server it vouches for, and clients of that server. */
public final class Certificates {
    private static final char[] NO_PASSWORD = new char[0];

    final X509Bundle authority = bundle("CN=authority", null);

    private Certificates() {}

    public static Certificates create() {
        return new Certificates();
    }

    static X509Bundle bundle(String subject, @Nullable X509Bundle issuer) {
        return bundle(subject, issuer, CertificateBuilder.Algorithm.ecp256);
    }

    static X509Bundle bundle(String subject, @Nullable X509Bundle issuer, CertificateBuilder.Algorithm algorithm) {
        try {
            CertificateBuilder builder = new CertificateBuilder()
                    .algorithm(algorithm)
                    .subject(subject)
                    .notBefore(Instant.now().minus(Duration.ofDays(1)))
                    .notAfter(Instant.now().plus(Duration.ofDays(90)));
            return issuer == null
                    ? builder.setIsCertificateAuthority(true).buildSelfSigned()
                    : builder.addSanDnsName("localhost").buildIssuedBy(issuer);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    X509Bundle issue(String subject) {
        return bundle(subject, authority);
    }

    /** Writes certificate and key of a bundle over the files that the settings name. */
    static void write(X509Bundle bundle, TlsSettings settings) {
        try {
            Files.writeString(settings.certificate(), bundle.getCertificatePEM());
            Files.writeString(settings.key(), bundle.getPrivateKeyPEM());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A new server certificate in files of this directory. */
    public TlsSettings server(Path directory) {
        TlsSettings settings = TlsSettings.of(directory.resolve("cert.pem"), directory.resolve("key.pem"))
                .withReloadInterval(Duration.ofMillis(50));
        write(issue("CN=server"), settings);
        return settings;
    }

    /** The authority's certificate in a file. */
    public Path file(Path directory) {
        try {
            return Files.writeString(directory.resolve("ca.pem"), authority.getCertificatePEM());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A new certificate of that common name, in a file, and its key beside it. */
    public TlsSettings client(Path directory, String name) {
        TlsSettings files = TlsSettings.of(directory.resolve(name + ".pem"), directory.resolve(name + "-key.pem"));
        write(issue("CN=" + name), files);
        return files;
    }

    /** Connects, with a certificate or without, but does not shake hands yet. */
    SSLSocket connect(InetSocketAddress address, @Nullable X509Bundle own, String... versions) throws Exception {
        return over(new Socket(address.getAddress(), address.getPort()), own, versions);
    }

    SSLSocket over(Socket plain, @Nullable X509Bundle own, String... versions) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
        authorities.load(null, null);
        authorities.setCertificateEntry("authority", authority.getCertificate());
        trust.init(authorities);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own == null ? null : own.toKeyStore(NO_PASSWORD), own == null ? null : NO_PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), new SecureRandom());
        SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
        socket.setSoTimeout((int) TestServer.LIMIT.toMillis());
        if (versions.length > 0) {
            socket.setEnabledProtocols(versions);
        }
        return socket;
    }
}
