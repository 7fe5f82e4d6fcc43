package org.pop2.app.serve;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.pop2.app.cli.Addresses;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Version;
import org.pop2.app.collect.Collecting;
import org.pop2.app.config.Configuration;
import org.pop2.auth.Authenticator;
import org.pop2.auth.Passwords;
import org.pop2.auth.SaslauthdLogin;
import org.pop2.lmtp.LmtpObserver;
import org.pop2.lmtp.LmtpServer;
import org.pop2.lmtp.LmtpSettings;
import org.pop2.management.AccessToken;
import org.pop2.management.ManagementServer;
import org.pop2.management.ManagementSettings;
import org.pop2.management.Metrics;
import org.pop2.management.PageTable;
import org.pop2.net.Networks;
import org.pop2.net.TlsException;
import org.pop2.server.ListenException;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerObserver;
import org.pop2.server.ServerSettings;
import org.pop2.storage.MailStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** A server and the storage below it: started together, stopped in the right order. */
public final class Serving {
    private static final Logger LOG = LoggerFactory.getLogger(Serving.class);

    /** What a stop takes at most after {@code server.stop-timeout}: releases end, event loops and the storage close. */
    private static final Duration AFTER_STOP = Duration.ofSeconds(50);

    private final MailStore store;
    private final Pop2Server server;
    private final Optional<LmtpServer> lmtp;
    private final Optional<ManagementServer> management;
    private final Optional<Collecting> collecting;
    private final List<String> addresses;
    private final Duration stopTimeout;

    private Serving(
            MailStore store,
            Pop2Server server,
            Optional<LmtpServer> lmtp,
            Optional<ManagementServer> management,
            Optional<Collecting> collecting,
            List<String> addresses,
            Duration stopTimeout) {
        this.store = store;
        this.server = server;
        this.lmtp = lmtp;
        this.management = management;
        this.collecting = collecting;
        this.addresses = addresses;
        this.stopTimeout = stopTimeout;
    }

    /** Work on the storage before the server is there. */
    @FunctionalInterface
    interface Preparation {
        Mono<Void> of(MailStore store);
    }

    /**
     * Opens the storage, prepares it and starts to serve. Blocks.
     *
     * @param source where a reload gets its configuration
     * @throws org.pop2.storage.StoreException if the storage cannot be used
     * @throws CommandFailedException if the address cannot be listened on
     */
    static Serving start(Configuration configuration, Preparation preparation, Reloading.Source source)
            throws CommandFailedException {
        MailStore store = Objects.requireNonNull(
                Mono.from(configuration.storage().openToServe()).block());
        boolean started = false;
        try {
            preparation.of(store).block();
            warnOfPlainPasswords(store);
            Optional<Metrics> metrics = configuration.management().map(on -> new Metrics(store));
            // who does not collect loads nothing of it
            Optional<Collecting> collecting = configuration.collectors().isEmpty()
                    ? Optional.empty()
                    : Optional.of(Collecting.of(configuration.collectors(), store));
            collecting.ifPresent(it -> {
                it.recall();
                metrics.ifPresent(seen -> seen.add("collect", it.measures()));
            });
            Pop2Server server = bind(configuration, store, metrics);
            Optional<LmtpServer> lmtp = lmtp(configuration, server, store, metrics);
            Reloading reloading = new Reloading(configuration, server, source);
            Optional<ManagementServer> management = management(
                    configuration,
                    server,
                    lmtp,
                    store,
                    metrics,
                    reloading,
                    collecting.map(Collecting::table).stream().toList());
            Hangup.run(reloading::now);
            collecting.ifPresent(Collecting::start);
            started = true;
            LOG.atInfo()
                    .addKeyValue("version", Version.current())
                    .addKeyValue("storage", configuration.storage().provider().name())
                    .addKeyValue("listening", String.join(", ", addresses(configuration, server)))
                    .log("server-started");
            return new Serving(
                    store,
                    server,
                    lmtp,
                    management,
                    collecting,
                    addresses(configuration, server),
                    configuration.stopTimeout());
        } finally {
            if (!started) {
                Mono.from(store.close()).block();
            }
        }
    }

    /** Mail comes in only when it can be fetched; if it cannot come in, nothing is served. Blocks. */
    private static Optional<LmtpServer> lmtp(
            Configuration configuration, Pop2Server server, MailStore store, Optional<Metrics> metrics)
            throws CommandFailedException {
        if (configuration.lmtp().isEmpty()) {
            return Optional.empty();
        }
        LmtpSettings settings = configuration.lmtp().get().withHostName(nameOf(configuration));
        boolean started = false;
        try {
            makeSpool(settings.spooling().directory());
            warnOfOpenness(settings.address(), settings.allowFrom());
            LmtpServer lmtp = Objects.requireNonNull(LmtpServer.start(
                            settings, store, metrics.<LmtpObserver>map(it -> it).orElse(LmtpObserver.NONE))
                    .block());
            started = true;
            return Optional.of(lmtp);
        } catch (IOException | RuntimeException e) {
            Throwable cause = Exceptions.unwrap(e);
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE, "mail cannot be taken in by LMTP: " + cause.getMessage(), cause);
        } finally {
            if (!started) {
                server.stop().block();
            }
        }
    }

    /** The last to come: what it shows is there. If it cannot come, nothing is served. Blocks. */
    private static Optional<ManagementServer> management(
            Configuration configuration,
            Pop2Server server,
            Optional<LmtpServer> lmtp,
            MailStore store,
            Optional<Metrics> metrics,
            Reloading reloading,
            List<PageTable> tables)
            throws CommandFailedException {
        if (configuration.management().isEmpty() || metrics.isEmpty()) {
            return Optional.empty();
        }
        Configuration.Management settings = configuration.management().get();
        boolean started = false;
        try {
            Optional<AccessToken> token = settings.tokenFile().isEmpty()
                    ? Optional.empty()
                    : Optional.of(AccessToken.in(settings.tokenFile().get()));
            if (!settings.address().getAddress().isLoopbackAddress()) {
                LOG.atWarn()
                        .addKeyValue("address", Addresses.shown(settings.address()))
                        .addKeyValue("text", "no loopback address: the token goes over the network in clear")
                        .log("management-exposed");
            }
            ManagementServer management = Objects.requireNonNull(ManagementServer.start(
                            new ManagementSettings(settings.address(), token, Version.current()),
                            server,
                            lmtp,
                            store,
                            metrics.get(),
                            reloading,
                            tables)
                    .block());
            LOG.atInfo()
                    .addKeyValue("address", Addresses.shown(management.address()))
                    .log("management-listening");
            started = true;
            return Optional.of(management);
        } catch (IOException | RuntimeException e) {
            Throwable cause = Exceptions.unwrap(e);
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE, "operators cannot see the server: " + cause.getMessage(), cause);
        } finally {
            if (!started) {
                lmtp.ifPresent(it -> it.stop().block());
                server.stop().block();
            }
        }
    }

    private static void makeSpool(Path directory) throws IOException {
        if (Files.notExists(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    private static void warnOfOpenness(SocketAddress address, Networks allowed) {
        if (address instanceof InetSocketAddress inet
                && !(inet.getAddress() != null && inet.getAddress().isLoopbackAddress())) {
            if (allowed.isEmpty()) {
                LOG.atWarn()
                        .addKeyValue("address", Addresses.shown(inet))
                        .addKeyValue(
                                "text",
                                "no loopback address, but lmtp.allow-from names nobody: only connections over loopback are taken")
                        .log("lmtp-unreachable");
            } else {
                LOG.atWarn()
                        .addKeyValue("address", Addresses.shown(inet))
                        .addKeyValue("from", allowed)
                        .addKeyValue(
                                "text", "no loopback address: whoever can connect to it from there can deliver mail")
                        .log("lmtp-exposed");
            }
        }
    }

    static ServerSettings settings(Configuration configuration) {
        Configuration.Session session = configuration.session();
        ServerSettings settings = ServerSettings.defaults()
                .withHostName(nameOf(configuration))
                .withListeners(configuration.listeners())
                .withStrict(session.strict())
                .withProfiles(configuration.profiles())
                .withLoginTimeout(session.loginTimeout())
                .withIdleTimeout(session.idleTimeout())
                .withStallTimeout(session.stallTimeout())
                .withOnDisconnect(session.onDisconnect())
                .withLimits(configuration.limits())
                .withStopTimeout(configuration.stopTimeout())
                .withBusyPoll(configuration.busyPoll())
                .withLoginCache(configuration.loginCache())
                .withLogDeletions(configuration.log().deletions());
        return configuration.trace().map(settings::withTrace).orElse(settings);
    }

    static Authenticator.Settings logins(Configuration configuration) {
        return Authenticator.Settings.defaults()
                .withRemember(configuration.loginCache())
                .withRehash(configuration.rehash())
                .withPenalty(configuration.penalty());
    }

    InetSocketAddress address() {
        return server.address();
    }

    /** Where it listens, as text, each with whether it speaks TLS. */
    List<String> addresses() {
        return addresses;
    }

    private static List<String> addresses(Configuration configuration, Pop2Server server) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < configuration.listeners().size(); i++) {
            texts.add(Addresses.shown(server.addresses().get(i))
                    + (configuration.listeners().get(i).tls().isPresent() ? " (TLS)" : ""));
        }
        return List.copyOf(texts);
    }

    /** Where mail is taken in, as text, if it is. */
    Optional<String> intake() {
        return lmtp.map(server -> server.address() instanceof InetSocketAddress inet
                ? Addresses.shown(inet)
                : "unix:" + server.address());
    }

    /** Where operators see it, as text, if anywhere. */
    Optional<String> management() {
        return management.map(it -> "http://" + Addresses.shown(it.address()) + "/");
    }

    /** Waits until the server has stopped. */
    void await() {
        server.onStop().block();
    }

    /**
     * Stops the server, lets running transfers and releases finish within their limit, and closes the storage. Blocks.
     */
    void stop() {
        Mono<Void> intake = lmtp.map(LmtpServer::stop).orElse(Mono.empty());
        Mono<Void> view = management.map(ManagementServer::stop).orElse(Mono.empty());
        Mono<Void> collection = Mono.justOrEmpty(collecting)
                .doOnNext(it -> it.stop(stopTimeout))
                .subscribeOn(Schedulers.boundedElastic())
                .then();
        // it is seen to stop
        Mono.when(server.stop(), intake, collection)
                .then(view)
                .then(Mono.from(store.close()))
                .block(stopTimeout.plus(AFTER_STOP));
    }

    private static Pop2Server bind(Configuration configuration, MailStore store, Optional<Metrics> metrics)
            throws CommandFailedException {
        try {
            ServerObserver observer = metrics.<ServerObserver>map(it -> it).orElse(ServerObserver.NONE);
            return Objects.requireNonNull(configuration
                    .saslauthd()
                    .map(socket -> Pop2Server.start(
                            settings(configuration),
                            logins(configuration),
                            new SaslauthdLogin(socket),
                            store,
                            observer))
                    .orElseGet(() -> Pop2Server.start(settings(configuration), logins(configuration), store, observer))
                    .block());
        } catch (ListenException e) {
            int port = e.listener().address().getPort();
            boolean tls = e.getCause() instanceof TlsException;
            String hint = port > 0 && port < 1024 && !tls
                    ? " (a port below 1024 needs the capability CAP_NET_BIND_SERVICE; doc/install.md shows the ways)"
                    : "";
            throw new CommandFailedException(
                    tls ? ExitCode.CONFIG : ExitCode.UNAVAILABLE, String.valueOf(e.getMessage()) + hint, e);
        }
    }

    private static void warnOfPlainPasswords(MailStore store) {
        Long plain = Passwords.plainAccounts(store.accounts()).count().block();
        if (plain != null && plain > 0) {
            LOG.atWarn()
                    .addKeyValue("accounts", plain)
                    .addKeyValue("text", "whoever reads the accounts can log in")
                    .log("passwords-in-clear");
        }
    }

    private static String nameOf(Configuration configuration) {
        return configuration.serverName().orElseGet(Serving::nameOfThisHost);
    }

    private static String nameOfThisHost() {
        try {
            String name = InetAddress.getLocalHost().getHostName();
            return name.matches("[A-Za-z0-9._-]{1,255}") ? name : "localhost";
        } catch (UnknownHostException e) {
            LOG.atDebug().addKeyValue("error", e.toString()).log("host-without-name");
            return "localhost";
        }
    }
}
