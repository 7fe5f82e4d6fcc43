package org.pop2.app.config;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pop2.lmtp.LmtpSettings;
import org.pop2.protocol.OnDisconnect;
import org.pop2.server.Limits;
import org.pop2.server.ListenerSettings;
import org.pop2.server.ProfileRules;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreSettings;
import org.pop2.trace.TraceSettings;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * A checked configuration: every value is valid.
 *
 * @param files where it was read: the file named, and those that it includes; none for one that is built in
 * @param directory the instance directory, absolute
 * @param listeners where to listen, and how; port 0 takes a free one
 * @param profiles which clients need what, besides what their listener says
 * @param serverName host name for the greeting; nothing: the machine's own
 * @param stopTimeout how long a stopping server lets running work finish
 * @param busyPoll whether threads look for commands a while before they sleep
 * @param limits how much a client gets
 * @param session how a session goes
 * @param saslauthd the socket of what says whether a password is right; nothing: accounts do
 * @param loginCache how long a verified password is remembered; zero: never
 * @param rehash whether weak password hashes are made anew
 * @param penalty whether repeated failures to log in are told late
 * @param log how much a server logs, and how
 * @param trace which sessions are written down, if any
 * @param lmtp where mail is taken in, if anywhere; its host name is still to be said
 * @param overQuota what becomes of mail that is too much for a user
 * @param management where operators see the server, if anywhere
 * @param storage where the mail is
 * @param collectors accounts at providers whose mail comes here
 * @param entries every key with its value as text, in the order of the manual, for people to look at
 */
public record Configuration(
        Set<Path> files,
        Path directory,
        List<ListenerSettings> listeners,
        ProfileRules profiles,
        Optional<String> serverName,
        Duration stopTimeout,
        boolean busyPoll,
        Limits limits,
        Session session,
        Optional<Path> saslauthd,
        Duration loginCache,
        boolean rehash,
        boolean penalty,
        Log log,
        Optional<TraceSettings> trace,
        Optional<LmtpSettings> lmtp,
        LmtpSettings.OverQuota overQuota,
        Optional<Management> management,
        Storage storage,
        List<CollectorSettings> collectors,
        List<Entry> entries) {

    public Configuration {
        files = Set.copyOf(files);
        listeners = List.copyOf(listeners);
        collectors = List.copyOf(collectors);
        entries = List.copyOf(entries);
    }

    /** Settings of storages that name files which authenticate users or a database. */
    private static final List<String> BELIEVED_BY_STORAGES = List.of("accounts", "password-file", "tls-ca");

    /**
     * All files that this program trusts: the configuration's own, certificates, keys and authorities, the operators'
     * token, and those of the storage. Some may not exist.
     */
    public Set<Path> obeyed() {
        Set<Path> obeyed = new LinkedHashSet<>(files);
        for (ListenerSettings listener : listeners) {
            listener.tls().ifPresent(tls -> {
                obeyed.add(tls.certificate());
                obeyed.add(tls.key());
                tls.clientAuthorities().ifPresent(obeyed::add);
            });
        }
        management.flatMap(Management::tokenFile).ifPresent(obeyed::add);
        for (CollectorSettings collector : collectors) {
            collector.passwordFile().ifPresent(obeyed::add);
            collector.authorities().ifPresent(obeyed::add);
        }
        for (String name : BELIEVED_BY_STORAGES) {
            if (storage.settings().find(name).isPresent()) {
                obeyed.add(storage.settings().path(name));
            }
        }
        return obeyed;
    }

    /** The same, with every session recorded in that directory. */
    public Configuration withTrace(Path where) {
        return new Configuration(
                files,
                directory,
                listeners,
                profiles,
                serverName,
                stopTimeout,
                busyPoll,
                limits,
                session,
                saslauthd,
                loginCache,
                rehash,
                penalty,
                log,
                Optional.of(TraceSettings.everything(where)),
                lmtp,
                overQuota,
                management,
                storage,
                collectors,
                entries);
    }

    /**
     * The management listener.
     *
     * @param address port 0 takes a free one
     * @param tokenFile where the token is, if there is one
     */
    public record Management(InetSocketAddress address, Optional<Path> tokenFile) {}

    /**
     * Logging.
     *
     * @param level the lowest level, unless a logger has its own
     * @param format what a line looks like
     * @param loggers levels by the names of loggers, each for those below it, too
     * @param deletions whether each message that a session deletes has an event
     */
    public record Log(LogLevel level, LogFormat format, Map<String, LogLevel> loggers, boolean deletions) {
        public Log {
            loggers = Map.copyOf(loggers);
        }
    }

    /**
     * Timeouts and rules of sessions.
     *
     * @param loginTimeout from the connection to a successful HELO
     * @param idleTimeout between two commands
     * @param stallTimeout a client that takes no octet of a message for so long is closed
     * @param onDisconnect what becomes of marked messages if there is no QUIT
     * @param strict the RFC's grammar to the letter
     */
    public record Session(
            Duration loginTimeout,
            Duration idleTimeout,
            Duration stallTimeout,
            OnDisconnect onDisconnect,
            boolean strict) {}

    /**
     * The storage: a provider, and settings that it has accepted.
     *
     * @param provider found by its name, {@code storage.type}
     * @param settings its settings
     */
    public record Storage(MailStoreProvider provider, StoreSettings settings) {
        /** The setting that identifies the server of this instance after a crash. */
        private static final String NODE = "node";

        /** Opens the storage for the server, as {@link MailStoreProvider#open}; the caller closes it. */
        public Publisher<MailStore> openToServe() {
            return provider.open(settings);
        }

        /** Opens the storage for a command beside the server; the caller closes it. */
        public Publisher<MailStore> open() {
            return open(settings.holdPolicy());
        }

        /** As {@link #open()}, with other rules for mailboxes that are in use. */
        public Publisher<MailStore> open(HoldPolicy policy) {
            if (!provider.isShared()) {
                return Mono.error(new StoreException(
                        StoreException.Reason.UNAVAILABLE,
                        "storage.type = " + provider.name() + ": accounts and mail are in the server's memory, where no"
                                + " command finds them, and what a command stores is gone when it ends"));
            }
            Map<String, String> values = new HashMap<>();
            for (MailStoreProvider.Setting setting : provider.settings()) {
                settings.find(setting.name()).ifPresent(value -> values.put(setting.name(), value));
            }
            // under the server's name, a command would be taken for the server's next run, and free what that one holds
            values.remove(NODE);
            return provider.open(new StoreSettings(values, policy, settings.directory(), settings.quota()));
        }

        public HoldPolicy holdPolicy() {
            return settings.holdPolicy();
        }
    }

    /**
     * A key and its value.
     *
     * @param key the key's name
     * @param value as text, {@code ***} where it is a secret
     * @param origin where it was set: file and line, or the environment variable; empty for a default
     */
    public record Entry(String key, String value, Optional<String> origin) {}
}
