package org.pop2.net;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * The TLS of a listener, with certificate and key from files. Changed files apply to new connections. If they cannot be
 * used, the previous ones stay in force and the log says so.
 */
public final class TlsContext {
    private static final Logger LOG = LoggerFactory.getLogger(TlsContext.class);

    /** Larger than any chain of certificates. */
    private static final int MAX_FILE = 1 << 20;

    private static final Duration EXPIRY_WARNING = Duration.ofDays(14);

    /** A context, and a digest of the files it was read from. */
    private record Loaded(SslContext context, String digest) {}

    private final TlsSettings settings;
    private volatile Loaded loaded;

    private TlsContext(TlsSettings settings, Loaded loaded) {
        this.settings = settings;
        this.loaded = loaded;
    }

    /** Reads the files. Blocks. */
    public static TlsContext load(TlsSettings settings) throws TlsException {
        return new TlsContext(settings, load(settings, Sources.of(settings)));
    }

    /** The server's side of one connection. */
    public SslHandler newHandler(ByteBufAllocator allocator, Duration handshakeLimit) {
        SslHandler handler = loaded.context().newHandler(allocator);
        handler.setHandshakeTimeout(handshakeLimit.toMillis(), TimeUnit.MILLISECONDS);
        return handler;
    }

    /** Checks the files periodically, on a thread that may block, until disposed of. */
    public Disposable watch() {
        return Flux.interval(settings.reloadInterval(), Schedulers.boundedElastic())
                .onBackpressureDrop()
                .subscribe(
                        tick -> reload(), error -> LOG.atError().setCause(error).log("certificates-unwatched"));
    }

    /** Reads the files, and applies them if they have changed. Blocks. */
    public void reload() {
        try {
            Sources files = Sources.of(settings);
            if (!files.digest().equals(loaded.digest())) {
                loaded = load(settings, files);
                LOG.atInfo().addKeyValue("file", settings.certificate()).log("certificate-renewed");
            }
        } catch (TlsException e) {
            LOG.atError()
                    .addKeyValue("file", settings.certificate())
                    .addKeyValue("error", e.getMessage())
                    .log("certificate-unusable");
        }
    }

    private static Loaded load(TlsSettings settings, Sources files) throws TlsException {
        List<X509Certificate> chain = Pem.certificates(settings.certificate(), files.certificate);
        var privateKey = Pem.privateKey(settings.key(), files.key);
        Pem.requirePair(settings, chain.get(0), privateKey);
        warnOfExpiry(settings.certificate(), chain.get(0));
        try {
            SslContextBuilder builder = SslContextBuilder.forServer(privateKey, chain)
                    .sslProvider(SslProvider.JDK)
                    .protocols("TLSv1.3", "TLSv1.2")
                    .clientAuth(clientAuth(settings));
            if (settings.clientAuthorities().isPresent()) {
                builder.trustManager(
                        Pem.certificates(settings.clientAuthorities().get(), files.authorities));
            }
            return new Loaded(builder.build(), files.digest());
        } catch (SSLException | IllegalArgumentException e) {
            throw new TlsException(settings.certificate() + " and " + settings.key() + ": " + e.getMessage(), e);
        }
    }

    private static ClientAuth clientAuth(TlsSettings settings) {
        return switch (settings.clientCertificate()) {
            case NONE -> ClientAuth.NONE;
            case OPTIONAL -> ClientAuth.OPTIONAL;
            case REQUIRED -> ClientAuth.REQUIRE;
        };
    }

    private static void warnOfExpiry(Path file, X509Certificate certificate) {
        Instant end = certificate.getNotAfter().toInstant();
        Instant now = Instant.now();
        if (end.isBefore(now)) {
            LOG.atWarn().addKeyValue("file", file).addKeyValue("date", end).log("certificate-expired");
        } else if (end.isBefore(now.plus(EXPIRY_WARNING))) {
            LOG.atWarn().addKeyValue("file", file).addKeyValue("date", end).log("certificate-expires");
        }
    }

    /** The contents of the files, read once. */
    private static final class Sources {
        private final byte[] certificate;
        private final byte[] key;
        private final byte[] authorities;

        private Sources(byte[] certificate, byte[] key, byte[] authorities) {
            this.certificate = certificate;
            this.key = key;
            this.authorities = authorities;
        }

        static Sources of(TlsSettings settings) throws TlsException {
            return new Sources(
                    octets(settings.certificate()),
                    octets(settings.key()),
                    settings.clientAuthorities().isEmpty()
                            ? new byte[0]
                            : octets(settings.clientAuthorities().get()));
        }

        String digest() {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                for (byte[] file : List.of(certificate, key, authorities)) {
                    // each on its own, so that octets that move from one file to the other are a change
                    digest.update(MessageDigest.getInstance("SHA-256").digest(file));
                }
                return HexFormat.of().formatHex(digest.digest());
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        }

        private static byte[] octets(Path file) throws TlsException {
            try (var in = Files.newInputStream(file)) {
                byte[] octets = in.readNBytes(MAX_FILE + 1);
                if (octets.length > MAX_FILE) {
                    throw new TlsException(file + " is too long for a certificate or a key");
                }
                return octets;
            } catch (IOException e) {
                throw new TlsException(file + " cannot be read: " + e, e);
            }
        }
    }
}
