package org.pop2.fetch.source;

import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Store;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.Properties;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.Secret;

/** What IMAP and POP3 share: the settings of Angus Mail, TLS, the login, and messages for failures. */
final class MailAccess {
    /** Codes for refusals that say nothing of the password (RFC 2449, 3206 and 5530). */
    private static final Pattern FOR_NOW =
            Pattern.compile("\\[(IN-USE|LOGIN-DELAY|SYS/TEMP|SYS/PERM|UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\\b");

    private final SourceSettings settings;
    private final Guard guard;
    private final GuardedSocket.Plain sockets;
    private final Properties properties = new Properties();
    private final String protocol;

    MailAccess(SourceSettings settings) throws SourceException {
        this.settings = settings;
        SourceAddress address = settings.address();
        this.guard = new Guard(address.scheme().isImap());
        // TLS is below, so that for Angus Mail each is the plain one
        this.protocol = address.scheme().isImap() ? "imap" : "pop3";
        boolean clear = !address.scheme().isTlsAtOnce() && (settings.clearText() || address.isLoopback());
        GuardedSocket.Tls tls = new GuardedSocket.Tls(trust(settings), address.host(), address.port());
        this.sockets = new GuardedSocket.Plain(guard, address.scheme().isTlsAtOnce() ? tls : null);
        property("socketFactory", sockets);
        property("socketFactory.fallback", "false");
        String millis = String.valueOf(settings.timeout().toMillis());
        property("connectiontimeout", millis);
        property("timeout", millis);
        if (!address.scheme().isTlsAtOnce()) {
            property("ssl.socketFactory", new GuardedSocket.Starting(tls));
            property("starttls.enable", "true");
            property("starttls.required", String.valueOf(!clear));
        }
        if (settings.login().isToken()) {
            property("auth.mechanisms", "XOAUTH2");
            // for IMAP; Angus Mail has no SASL for POP3. Where the provider does not offer it, XOAUTH2 is next
            OAuthBearer.register();
            property("sasl.enable", "true");
            property("sasl.mechanisms", OAuthBearer.NAME);
        } else {
            property("auth.ntlm.disable", "true");
        }
    }

    /** Sets a property of this protocol. */
    void property(String name, Object value) {
        properties.put("mail." + protocol + "." + name, value);
    }

    Guard guard() {
        return guard;
    }

    private static SSLSocketFactory trust(SourceSettings settings) throws SourceException {
        try {
            if (settings.authorities().isEmpty()) {
                // one for all: it has more than a hundred certificates
                return SSLContext.getDefault().getSocketFactory();
            }
            SSLContext context = SSLContext.getInstance("TLS");
            TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            KeyStore own = KeyStore.getInstance(KeyStore.getDefaultType());
            own.load(null, null);
            Path file = settings.authorities().get();
            try (InputStream in = Files.newInputStream(file)) {
                int number = 0;
                for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                    own.setCertificateEntry("authority-" + number++, each);
                }
            }
            if (own.size() == 0) {
                throw new SourceException(SourceException.Reason.TLS, file + " has no certificate", null);
            }
            trusted.init(own);
            context.init(null, trusted.getTrustManagers(), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException | IOException e) {
            if (e instanceof SourceException known) {
                throw known;
            }
            throw new SourceException(
                    SourceException.Reason.TLS,
                    "the certificates in "
                            + settings.authorities().map(Object::toString).orElse("this Java") + " cannot be used: "
                            + e.getMessage(),
                    e);
        }
    }

    /** Connects and logs in. */
    Store connect() throws IOException {
        Secret secret = settings.login().secret();
        byte[] octets = secret.octets();
        try {
            Store store = Session.getInstance(properties).getStore(protocol);
            SourceAddress address = settings.address();
            // Angus Mail wants a text
            store.connect(address.host(), address.port(), address.user(), new String(octets, StandardCharsets.UTF_8));
            return store;
        } catch (MessagingException e) {
            close();
            throw failed("", e);
        } finally {
            Arrays.fill(octets, (byte) 0);
            secret.wipe();
        }
    }

    /** See {@link Waits#until}. */
    void whenReadable(long until, Runnable then) throws IOException {
        sockets.whenReadable(until, then);
    }

    void close() {
        sockets.close();
    }

    SourceException lost() {
        return new SourceException(
                SourceException.Reason.CONNECTION, settings.address().server() + ": the connection was lost", null);
    }

    /** Turns a failure into an exception with a message for people. */
    SourceException failed(String doing, Exception e) {
        String where = settings.address().server();
        String unwanted = guard.failure();
        if (unwanted != null) {
            return new SourceException(SourceException.Reason.PROTOCOL, where + ": " + doing + unwanted, e);
        }
        for (Throwable cause = e; cause != null; cause = next(cause)) {
            if (cause instanceof SourceException known) {
                return known;
            }
            if (cause instanceof CertificateException) {
                return new SourceException(
                        SourceException.Reason.TLS,
                        where + ": its certificate is not trusted: " + distrust(String.valueOf(cause.getMessage())),
                        e);
            }
        }
        for (Throwable cause = e; cause != null; cause = next(cause)) {
            if (cause instanceof SSLException) {
                return new SourceException(SourceException.Reason.TLS, where + ": no TLS: " + cause.getMessage(), e);
            }
        }
        return new SourceException(reason(e), where + ": " + doing + words(e), e);
    }

    private static String distrust(String message) {
        return message.contains("unable to find valid certification path")
                ? "it is of no authority that is trusted here"
                : message;
    }

    private SourceException.Reason reason(Exception e) {
        String message = words(e);
        if (message.contains("STARTTLS is required") || message.contains("STLS required")) {
            return SourceException.Reason.TLS;
        }
        if (FOR_NOW.matcher(message).find()) {
            return SourceException.Reason.REFUSED;
        }
        // Angus Mail takes the words that a token is refused with by POP3 for consent, and its next command fails
        boolean tokenRefused = settings.login().isToken() && message.startsWith("STAT command failed");
        if (tokenRefused || message.contains("[AUTH]")) {
            return SourceException.Reason.LOGIN_REFUSED;
        }
        for (Throwable cause = e; cause != null; cause = next(cause)) {
            if (cause instanceof AuthenticationFailedException) {
                // Angus Mail says so, too, when the line drops in the middle of a login
                boolean dropped = message.contains("EOF") || message.contains("dropped") || message.contains("BYE");
                return dropped ? SourceException.Reason.CONNECTION : SourceException.Reason.LOGIN_REFUSED;
            }
            if (cause instanceof org.eclipse.angus.mail.iap.CommandFailedException
                    || cause instanceof org.eclipse.angus.mail.iap.BadCommandException) {
                return SourceException.Reason.REFUSED;
            }
        }
        return SourceException.Reason.CONNECTION;
    }

    private String words(Exception e) {
        for (Throwable cause = e; cause != null; cause = next(cause)) {
            // IMAP has it as an answer of the provider, made up by Angus Mail
            if (cause instanceof InterruptedIOException
                    || String.valueOf(cause.getMessage()).contains("SocketTimeoutException")) {
                return "no answer within " + settings.timeout().toSeconds() + " s";
            }
            // Angus Mail finds the connection lost, closes the folder, and then complains that it is not open
            if (cause instanceof IllegalStateException) {
                return "the connection was lost";
            }
        }
        Throwable last = e;
        for (Throwable cause = e; cause != null; cause = next(cause)) {
            last = cause.getMessage() == null ? last : cause;
        }
        Throwable said = last instanceof IOException || e.getMessage() == null ? last : e;
        return String.valueOf(said.getMessage())
                .replaceAll("\\p{Cntrl}+", " ")
                .replaceFirst("^\\* BYE Jakarta Mail Exception: ", "")
                .strip();
    }

    private static @Nullable Throwable next(Throwable cause) {
        if (cause instanceof MessagingException messaging && messaging.getNextException() != null) {
            return messaging.getNextException();
        }
        return cause.getCause();
    }
}
