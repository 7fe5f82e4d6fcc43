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

    /** How a connection is received. */
    enum Reception {
        WELCOME,
        /** There are too many; this one may be told so. */
        FULL,
        /** There are so many that even telling is too much. */
        FLOODED
    }

    /**
     * A connection that has been let in, or not.
     *
     * @param place among the connections of its address; nothing: that one has too many
     */
    record Admission(Reception reception, Optional<Disposable> place) {}

    /** Beyond the limit, so many connections (and a tenth of the limit) are told that they are too many. */
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

    /** For sessions to come, and for what is counted over all of them. Listeners stay as they are. */
    void reconfigure(ServerSettings next) {
        settings = next;
        byNetwork.limit(next.limits().perAddress());
        byUser.limit(next.limits().perUser());
    }

    ServerObserver observer() {
        return observer;
    }

    /** A number that no other session has. */
    long nextId() {
        return ids.incrementAndGet();
    }

    /** Those that are beyond their TLS handshake, as they are when each is asked. */
    Flux<SessionView> views() {
        return Flux.fromStream(() -> connections.all(SessionHandler.class))
                .flatMap(session -> session.inspection().view(), VIEWS_AT_A_TIME);
    }

    /** Ends a session; says whether there is one of that number. A release goes on. */
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

    /** What was said in a session since the first question about it; nothing if there is none of that number. */
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

    /** All of them, arrivals included. */
    Connections connections() {
        return connections;
    }

    /** Counts a connection in, however it is received. */
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

    /** Those that wait for something before their session. */
    Arrivals arrivals() {
        return arrivals;
    }

    void remove(Connections.Connection connection, Listener listener) {
        listener.remove();
        connections.remove(connection);
    }

    /** Counts a client in by its address: its place, to be given back; nothing: it has too many already. */
    Optional<Disposable> enters(RemoteClient client) {
        return client.isLocal() ? Optional.of(Disposables.disposed()) : byNetwork.take(client.networkPrefix());
    }

    /** Counts a session of the user in: its place, to be given back; nothing: there are too many already. */
    Optional<Disposable> enters(UserName user) {
        return byUser.take(user);
    }
}
