package org.pop2.lmtp;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.pop2.storage.StoreException;

/**
 * A reply: a code and one or more lines of text, each with its enhanced status code (RFC 3463) if there is one.
 *
 * @param code of three digits (RFC 5321 p. 46)
 * @param lines printable ASCII; contains nothing that a client sent
 */
record LmtpReply(int code, List<String> lines) {

    // what the storage says of a recipient; the text is for the bounce that a sender reads
    static final LmtpReply DELIVERED = of(250, "2.0.0 delivered");
    static final LmtpReply UNKNOWN_USER = of(550, "5.1.1 no such user here");
    static final LmtpReply MAILBOX_BUSY = of(450, "4.2.0 mailbox busy, try again later");
    static final LmtpReply NO_SPACE = of(452, "4.3.1 no space left, try again later");
    static final LmtpReply MAILBOX_FULL = of(552, "5.2.2 mailbox full");
    static final LmtpReply MAILBOX_FULL_FOR_NOW = of(452, "4.2.2 mailbox full, try again later");
    static final LmtpReply UNAVAILABLE = of(451, "4.3.0 temporary failure, try again later");

    static final LmtpReply SPOOL_FAILED = of(452, "4.3.1 no space to receive the message");
    static final LmtpReply TOO_LARGE = of(552, "5.3.4 message too large");

    static final LmtpReply STOPPING = of(421, "4.3.2 the server is stopping");
    static final LmtpReply OVERLOADED = of(421, "4.3.2 too many connections, try again later");
    /** Temporary, so that the MTA keeps its mail until the configuration is corrected. */
    static final LmtpReply NOT_ALLOWED = of(421, "4.7.1 mail is not taken from this address");

    static final LmtpReply TIMED_OUT = of(421, "4.4.2 timed out");

    static LmtpReply of(int code, String... lines) {
        return new LmtpReply(code, List.of(lines));
    }

    LmtpReply {
        if (code < 200 || code > 599 || lines.isEmpty()) {
            throw new IllegalArgumentException("not a reply");
        }
    }

    /**
     * The reply for an error of the storage. Whatever may pass is a 4xx, so that the MTA keeps the message and tries
     * again. Final are an unknown user and, if the administrator wants so, a full mailbox: the sender then learns of it
     * today instead of when the MTA gives up.
     */
    static LmtpReply to(Throwable error, LmtpSettings.OverQuota overQuota) {
        if (!(error instanceof StoreException store)) {
            return UNAVAILABLE;
        }
        return switch (store.reason()) {
            case NOT_FOUND -> UNKNOWN_USER;
            case BUSY -> MAILBOX_BUSY;
            case NO_SPACE -> NO_SPACE;
            case OVER_QUOTA -> full(overQuota);
            case UNAVAILABLE, UNKNOWN_OUTCOME, CORRUPT, CHANGED -> UNAVAILABLE;
        };
    }

    static LmtpReply full(LmtpSettings.OverQuota overQuota) {
        return overQuota == LmtpSettings.OverQuota.REJECT ? MAILBOX_FULL : MAILBOX_FULL_FOR_NOW;
    }

    boolean positive() {
        return code < 400;
    }

    /** The reply in wire form: {@code 250-} on every line but the last. */
    byte[] encode() {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            out.append(code)
                    .append(i < lines.size() - 1 ? '-' : ' ')
                    .append(lines.get(i))
                    .append("\r\n");
        }
        return out.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
