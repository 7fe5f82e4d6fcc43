package org.pop2.management;

import java.util.Locale;
import org.pop2.protocol.ForeignProtocol;
import org.pop2.server.ServerObserver.Login;
import org.pop2.server.ServerObserver.Refusal;

/** Reasons for refusals, in words. */
final class Reasons {
    static String of(Refusal why) {
        return switch (why) {
            case FULL -> "too many connections";
            case FLOODED -> "far too many connections";
            case ADDRESS -> "too many connections from there";
            case CLEARTEXT -> "no password in clear from there";
            case HANDSHAKE -> "no TLS handshake, or no PROXY header";
        };
    }

    /** @param why not {@link Login#ACCEPTED} */
    static String of(Login why) {
        return switch (why) {
            case ACCEPTED -> throw new IllegalArgumentException("that is none");
            case REFUSED -> "wrong user or password";
            case BUSY -> "too many logins at a time";
            case TOO_MANY_SESSIONS -> "too many sessions of the user";
            case FAILED -> "accounts could not be read";
        };
    }

    static String of(ForeignProtocol spoken) {
        return "speaks " + spoken.name().toUpperCase(Locale.ROOT);
    }

    private Reasons() {}
}
