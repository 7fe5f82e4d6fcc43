package org.pop2.server;

import io.netty.channel.ChannelHandler;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.net.Arrival;
import org.pop2.net.LogText;
import org.pop2.net.Networks;
import org.pop2.net.RemoteClient;
import org.pop2.net.TlsContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

/** Admits or refuses a connection that has a PROXY header or TLS before its session. */
final class Door implements Arrival.Door {
    private static final Logger LOG = LoggerFactory.getLogger(Door.class);

    private final Sessions sessions;
    private final Listener listener;
    private Sessions.Reception reception = Sessions.Reception.WELCOME;

    /** Its place among the connections of the address; empty if that has too many. */
    private Optional<Disposable> place = Optional.empty();

    private @Nullable SessionHandler session;

    Door(Sessions sessions, Listener listener) {
        this.sessions = sessions;
        this.listener = listener;
    }

    @Override
    public Optional<TlsContext> tls() {
        return listener.tls();
    }

    @Override
    public Networks proxies() {
        return listener.settings().proxiesFrom();
    }

    @Override
    public Duration limit() {
        return sessions.settings().loginTimeout();
    }

    @Override
    public boolean enters(Arrival arrival, RemoteClient client) {
        Sessions.Admission admitted = sessions.add(arrival, listener, client);
        reception = admitted.reception();
        place = admitted.place();
        if (reception == Sessions.Reception.FLOODED) {
            refuse(client, ServerObserver.Refusal.FLOODED, null);
            return false;
        }
        if (reception == Sessions.Reception.FULL && listener.tls().isPresent()) {
            // a handshake costs more than it is worth
            refuse(client, ServerObserver.Refusal.FULL, null);
            return false;
        }
        if (place.isEmpty()) {
            refuse(client, ServerObserver.Refusal.ADDRESS, null);
            return false;
        }
        sessions.arrivals().add(arrival, listener);
        return true;
    }

    @Override
    public boolean isNamed(RemoteClient client) {
        place.ifPresent(Disposable::dispose);
        place = sessions.enters(client);
        if (place.isEmpty() && listener.tls().isPresent()) {
            refuse(client, ServerObserver.Refusal.ADDRESS, null);
            return false;
        }
        return true;
    }

    @Override
    public ChannelHandler session(RemoteClient client) {
        SessionHandler begun = new SessionHandler(sessions, listener, client, new Sessions.Admission(reception, place));
        session = begun;
        return begun.connection();
    }

    @Override
    public void passed(Arrival arrival) {
        sessions.arrivals().remove(arrival);
        sessions.connections().replace(arrival, Objects.requireNonNull(session, "no session"));
    }

    @Override
    public void leaves(Arrival arrival) {
        sessions.arrivals().remove(arrival);
        place.ifPresent(Disposable::dispose);
        sessions.remove(arrival, listener);
    }

    @Override
    public void failed(RemoteClient client, String why) {
        refuse(client, ServerObserver.Refusal.HANDSHAKE, why);
    }

    private void refuse(RemoteClient client, ServerObserver.Refusal why, @Nullable String error) {
        sessions.observer().refused(why, client.text());
        LOG.atInfo()
                .addKeyValue("listener", listener.settings().name())
                .addKeyValue("address", client.text())
                .addKeyValue("reason", LogText.word(why))
                .addKeyValue("error", error)
                .log("connection-refused");
    }
}
