package org.pop2.server;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.pop2.auth.Authenticator;
import org.pop2.net.Connections;
import org.pop2.net.Limiter;
import org.pop2.net.NetworkPrefix;
import org.pop2.net.RemoteClient;
import org.pop2.storage.MailStore;
import org.pop2.storage.UserName;
import org.pop2.trace.SessionTranscript;
import org.pop2.trace.Transcripts;
import org.pop2.trace.Watches;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The connections of a server, and what they share. Safe for many threads. */
final class Sessions {

    /** Whether a connection is accepted. */
    enum Reception {
        WELCOME,
        /** There are too many; the client is told so. */
        FULL,
        /** There are so many that the connection is closed without a line. */
        FLOODED
    }

    /**
     * The decision about a connection.
     *
     * @param place its place among the connections of its address; empty if that has too many
     */
    record Admission(Reception reception, Optional<Disposable> place) {}

    /** This many connections beyond the limit (and a tenth of it) are refused with a line. */
    private static final int TOLD = 100;

    private static final int VIEWS_AT_A_TIME = 256;

    private final ServerObserver observer;
    private final AtomicLong ids = new AtomicLong();
    private volatile ServerSettings settings;
    private final MailStore store;
    private final Authenticator authenticator;
    private final Optional<Transcripts> transcripts;
    private final Watches watches = new Watches(Schedulers.parallel());
    private final Arrivals arrivals = new Arrivals();
    private final Connections connections = new Connections();
    private final Limiter<NetworkPrefix> byNetwork;
    private final Limiter<UserName> byUser;

    Sessions(ServerSettings settings, MailStore store, Authenticator authenticator, Optional<Transcripts> transcripts) {
        this(settings, store, authenticator, transcripts, ServerObserver.NONE);
    }

    Sessions(
            ServerSettings settings,
            MailStore store,
            Authenticator authenticator,
            Optional<Transcripts> transcripts,
            ServerObserver observer) {
        this.observer = observer;
        this.transcripts = transcripts;
        this.settings = settings;
        this.store = store;
        this.authenticator = authenticator;
        this.byNetwork = new Limiter<>(settings.limits().perAddress());
        this.byUser = new Limiter<>(settings.limits().perUser());
    }

    ServerSettings settings() {
        return settings;
    }

    /** Applies settings to new sessions and to common limits; listeners stay as they are. */
    void reconfigure(ServerSettings next) {
        settings = next;
        byNetwork.limit(next.limits().perAddress());
        byUser.limit(next.limits().perUser());
    }

    ServerObserver observer() {
        return observer;
    }

    /** A unique session number. */
    long nextId() {
        return ids.incrementAndGet();
    }

    /** The sessions after their TLS handshake, each in its current state. */
    Flux<SessionView> views() {
        return Flux.fromStream(() -> connections.all(SessionHandler.class))
                .flatMap(session -> session.inspection().view(), VIEWS_AT_A_TIME);
    }

    /** Ends a session; whether it exists. A release goes on. */
    boolean kick(long id) {
        Optional<SessionHandler> session = find(id);
        session.ifPresent(SessionHandler::kick);
        return session.isPresent();
    }

    private Optional<SessionHandler> find(long id) {
        return connections
                .all(SessionHandler.class)
                .filter(session -> session.inspection().id() == id)
                .findFirst();
    }

    /** The dialogue of a session since the first call; empty if there is no such session. */
    Mono<SessionTranscript> transcript(long id) {
        return watches.known(id)
                .switchIfEmpty(Mono.defer(() -> find(id).map(session -> watches.begin(session.inspection()))
                        .orElse(Mono.empty())));
    }

    MailStore store() {
        return store;
    }

    Authenticator authenticator() {
        return authenticator;
    }

    Optional<Transcripts> transcripts() {
        return transcripts;
    }

    /** All connections, including arrivals. */
    Connections connections() {
        return connections;
    }

    /** Counts a connection, whether accepted or not. */
    Admission add(Connections.Connection connection, Listener listener, RemoteClient client) {
        Optional<Disposable> place = enters(client);
        boolean listenerHasRoom = listener.add();
        int now = connections.add(connection);
        int limit = settings.limits().connections();
        boolean welcome = (now <= limit && listenerHasRoom)
                || (place.isPresent() && arrivals.makeRoom(on -> listenerHasRoom || on == listener));
        if (welcome) {
            return new Admission(Reception.WELCOME, place);
        }
        return new Admission(now - limit <= limit / 10 + TOLD ? Reception.FULL : Reception.FLOODED, place);
    }

    /** Connections before their session. */
    Arrivals arrivals() {
        return arrivals;
    }

    void remove(Connections.Connection connection, Listener listener) {
        listener.remove();
        connections.remove(connection);
    }

    /** Takes a place for a client by its address; empty if that has too many. Dispose of it to free it. */
    Optional<Disposable> enters(RemoteClient client) {
        return client.isLocal() ? Optional.of(Disposables.disposed()) : byNetwork.take(client.networkPrefix());
    }

    /** Takes a place for a session of the user; empty if there are too many. Dispose of it to free it. */
    Optional<Disposable> enters(UserName user) {
        return byUser.take(user);
    }
}
