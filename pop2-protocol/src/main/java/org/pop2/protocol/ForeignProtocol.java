package org.pop2.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Protocols whose clients come to the wrong port, recognised by their first line. */
public enum ForeignProtocol {
    POP3("POP3 (its port is 110)", "USER |APOP |CAPA|AUTH|STLS|PASS "),
    SMTP("SMTP (its port is 25)", "EHLO |MAIL FROM:|RCPT TO:"),
    LMTP("LMTP", "LHLO "),
    HTTP("HTTP (its port is 80)", "GET /|HEAD /|POST /|PUT /|OPTIONS |CONNECT |PRI * HTTP/"),
    SSH("SSH (its port is 22)", "SSH-"),
    TLS("TLS, and this port is plain text", "");

    /** First octet of a TLS record that holds a handshake (RFC 8446 section 5.1). */
    static final byte TLS_HANDSHAKE = 0x16;

    private final String description;
    /** Separated by bars. */
    private final String starts;

    ForeignProtocol(String description, String starts) {
        this.description = description;
        this.starts = starts;
    }

    /** The protocol and where it belongs, for a reply. */
    public String description() {
        return description;
    }

    /** The protocol whose first line begins with these octets, or nothing. */
    static @Nullable ForeignProtocol of(byte[] octets, int from, int to) {
        if (from < to && octets[from] == TLS_HANDSHAKE) {
            return TLS;
        }
        // 12 octets: the longest of the starts
        String start =
                new String(octets, from, Math.min(to - from, 12), StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
        for (ForeignProtocol protocol : values()) {
            for (String known : protocol.starts.split("\\|", -1)) {
                if (!known.isEmpty() && start.startsWith(known)) {
                    return protocol;
                }
            }
        }
        return null;
    }
}
