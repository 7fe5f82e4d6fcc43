package org.pop2.fetch.source;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.pop2.client.ClientSettings;
import org.pop2.client.ClientTls;
import org.pop2.client.Pop2Client;
import org.pop2.client.Pop2ClientException;
import org.pop2.client.Pop2Session;
import org.pop2.protocol.Secret;

/** A session with a POP2 server for a source address, and its failures in the words of sources. */
public final class Pop2Access {
    /** POP2 has one way to refuse a login; words tell whether the mailbox is in use, and the password may be right. */
    private static final Pattern FOR_NOW = Pattern.compile("(?i)in use|locked|busy|try again|later|temporar");

    private final SourceSettings settings;

    public Pop2Access(SourceSettings settings) {
        this.settings = settings;
    }

    /**
     * Connects and logs in. Blocks.
     *
     * @throws SourceException if that fails, or if the password would go to another machine in clear
     */
    public Pop2Session connect() throws IOException {
        SourceAddress address = settings.address();
        boolean tls = address.scheme().isTlsAtOnce();
        if (!tls && !settings.clearText() && !address.isLoopback()) {
            throw new SourceException(
                    SourceException.Reason.TLS,
                    address.server() + ": without TLS the password would go over the network in clear; clear-text"
                            + " allows that",
                    null);
        }
        if (settings.login().isToken()) {
            throw new SourceException(SourceException.Reason.REFUSED, "POP2 knows passwords, and no tokens", null);
        }
        ClientSettings client = ClientSettings.of(address.host(), address.port())
                .withConnectTimeout(settings.timeout())
                .withReplyTimeout(settings.timeout())
                .withStallTimeout(settings.timeout());
        Optional<Path> authorities = settings.authorities();
        ClientTls trust = authorities.isPresent() ? ClientTls.trusting(authorities.get()) : ClientTls.ofSystem();
        Secret secret = settings.login().secret();
        try {
            return Pop2Client.of(tls ? client.withTls(trust) : client)
                    .connect(address.user(), secret)
                    .blockOptional()
                    .orElseThrow();
        } catch (Pop2ClientException e) {
            throw failed(e);
        } catch (IllegalArgumentException e) {
            throw new SourceException(SourceException.Reason.REFUSED, address.server() + ": " + e.getMessage(), e);
        } finally {
            secret.wipe();
        }
    }

    /** A failure of the session, as one of sources. */
    public SourceException failed(Pop2ClientException e) {
        String hint = e.reason() == Pop2ClientException.Reason.COUNTS_CRLF
                ? "; pop2d fetch can read it, with --count-lf"
                : "";
        String words = String.valueOf(e.getMessage());
        String where = settings.address().server();
        boolean forNow = e.reason() == Pop2ClientException.Reason.LOGIN_REFUSED
                && FOR_NOW.matcher(words).find();
        return new SourceException(
                forNow ? SourceException.Reason.REFUSED : reason(e.reason()),
                (words.startsWith(where) ? "" : where + ": ") + words + hint,
                e);
    }

    private static SourceException.Reason reason(Pop2ClientException.Reason reason) {
        return switch (reason) {
            case UNREACHABLE, TIMED_OUT, DISCONNECTED, UNCONFIRMED, CLOSED -> SourceException.Reason.CONNECTION;
            case TLS -> SourceException.Reason.TLS;
            case LOGIN_REFUSED -> SourceException.Reason.LOGIN_REFUSED;
            case REFUSED -> SourceException.Reason.REFUSED;
            case NOT_POP2, PROTOCOL_ERROR, COUNTS_CRLF -> SourceException.Reason.PROTOCOL;
        };
    }
}
