package org.pop2.server;

import java.util.Optional;
import org.pop2.net.RemoteClient;
import org.pop2.protocol.End;
import org.pop2.protocol.Event;

/** Why a connected client gets no session, and the line it gets instead. */
enum TurnedAway {
    FULL(ServerObserver.Refusal.FULL, End.OVERLOADED, "too many connections, try again later"),
    ADDRESS(ServerObserver.Refusal.ADDRESS, End.OVERLOADED, "too many connections from your address, try again later"),
    CLEARTEXT(
            ServerObserver.Refusal.CLEARTEXT,
            End.CLEARTEXT_REFUSED,
            "passwords are not taken in clear from your network; connect with TLS");

    private final ServerObserver.Refusal refusal;
    private final End end;
    private final String text;

    TurnedAway(ServerObserver.Refusal refusal, End end, String text) {
        this.refusal = refusal;
        this.end = end;
        this.text = text;
    }

    /** The first reason that applies. */
    static Optional<TurnedAway> of(Sessions.Admission admitted, Listener listener, RemoteClient client) {
        if (admitted.reception() == Sessions.Reception.FULL) {
            return Optional.of(FULL);
        }
        if (admitted.place().isEmpty()) {
            return Optional.of(ADDRESS);
        }
        return mayTalk(listener, client) ? Optional.empty() : Optional.of(CLEARTEXT);
    }

    /** Whether a password may come this way. */
    private static boolean mayTalk(Listener listener, RemoteClient client) {
        return client.encrypted()
                || client.isLocal()
                || listener.settings().cleartextFrom().contain(client.address());
    }

    ServerObserver.Refusal refusal() {
        return refusal;
    }

    Event event() {
        return new Event.Aborted(end, text);
    }
}
