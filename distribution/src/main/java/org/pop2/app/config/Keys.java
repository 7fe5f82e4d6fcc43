package org.pop2.app.config;

import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pop2.lmtp.LmtpSettings;
import org.pop2.net.Networks;
import org.pop2.net.TlsSettings.ClientCertificate;
import org.pop2.protocol.OnDisconnect;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.UserName;

/**
 * The reference: every key of the configuration but those that a storage declares itself. What is documented elsewhere
 * (conf/pop2d.conf, the manual, the manual page) is held to this list by a test.
 */
final class Keys {
    private static final Duration TENTH = Duration.ofMillis(100);
    private static final Duration DAY = Duration.ofDays(1);

    static final Key<String> DIRECTORY = new Key<>(
            "directory",
            "",
            "the instance directory, against which relative paths are resolved; default: the directory that conf/ is"
                    + " in, or, if the file is in no directory named conf, the one the file is in",
            ValueType.text());

    static final Key<InetAddress> LISTEN_ADDRESS = new Key<>(
            "listen.address",
            "127.0.0.1",
            "address to listen on: an IP address or a host name; 0.0.0.0 is every IPv4 address of the machine, \"::\" every"
                    + " address; clients on other machines need listen.allow-cleartext-from or TLS as well",
            ValueType.address());

    static final Key<Integer> LISTEN_PORT = new Key<>(
            "listen.port",
            "109",
            "TCP port to listen on, 0 to 65535; 0 takes a free one and prints which; ports below 1024 need a privilege"
                    + " (doc/install.md)",
            ValueType.number(0, 65_535));

    static final Key<Networks> LISTEN_ALLOW_CLEARTEXT_FROM = new Key<>(
            "listen.allow-cleartext-from",
            "",
            "networks from which passwords are taken in clear, besides this machine itself: a list of IP addresses and"
                    + " networks such as 192.168.0.0/16; anybody else is told to use TLS",
            ValueType.networks());

    static final Key<Networks> LISTEN_PROXIES_FROM = new Key<>(
            "listen.proxies-from",
            "",
            "addresses of proxies whose connections begin with a HAProxy PROXY header, version 1 or 2: a list of IP"
                    + " addresses and networks; from them the header has to come, from nobody else it is believed",
            ValueType.networks());

    static final Key<String> LISTEN_TLS_CERTIFICATE = new Key<>(
            "listen.tls.certificate",
            "",
            "PEM file with the certificate and those that lead to its authority: then TLS (1.2 or 1.3) is spoken"
                    + " from the first octet on; the file is looked at every 10 s, and a changed one is used for new"
                    + " connections",
            ValueType.text());

    static final Key<String> LISTEN_TLS_KEY = new Key<>(
            "listen.tls.key", "", "PEM file with the certificate's private key, not encrypted", ValueType.text());

    static final Key<ClientCertificate> LISTEN_TLS_CLIENT_CERTIFICATE = new Key<>(
            "listen.tls.client-certificate",
            "none",
            "whether a client shows a certificate, beside its password: none, optional or required; its common name has"
                    + " to be the user's name",
            ValueType.choice(ClientCertificate.class));

    static final Key<String> LISTEN_TLS_CLIENT_CA = new Key<>(
            "listen.tls.client-ca",
            "",
            "PEM file with the authorities that issue the certificates of clients",
            ValueType.text());

    static final Key<Integer> LISTEN_CONNECTIONS = new Key<>(
            "listen.connections",
            "1000000",
            "connections open at once on this listener, 1 to 1000000",
            ValueType.number(1, 1_000_000));

    static final Key<String> LISTEN_PROFILE = new Key<>(
            "listen.profile",
            "default",
            "what the clients need that come here: default, strict, uw, ka9q, jnos, pcnfs, popmail, or one of your own"
                    + " (profiles.*)",
            ValueType.text());

    static final Key<List<Assignment<Networks>>> PROFILE_NETWORKS = new Key<>(
            "profile.networks",
            "",
            "profiles by the client's address, a list of an IP address or network and a profile each, such as"
                    + " 44.0.0.0/8 ka9q; the first that fits counts",
            ValueType.assignments(ValueType.networks()));

    static final Key<List<Assignment<Set<UserName>>>> PROFILE_USERS = new Key<>(
            "profile.users",
            "",
            "profiles by user, a list of a user and a profile each, such as \"kb7abc jnos\"; they count more than those by"
                    + " address",
            ValueType.assignments(ValueType.users()));

    static final Key<String> SERVER_NAME =
            new Key<>("server.name", "", "host name in the greeting; default: the machine's own", ValueType.hostName());

    static final Key<Duration> SERVER_STOP_TIMEOUT = new Key<>(
            "server.stop-timeout",
            "30s",
            "how long a stopping server lets running transfers and deletions finish, 100ms to 1h",
            ValueType.duration(TENTH, Duration.ofHours(1)));

    static final Key<Boolean> SERVER_BUSY_POLL = new Key<>(
            "server.busy-poll",
            "true",
            "true or false: look for the next command for up to 0.2 ms before going to sleep, which a client nearby gets"
                    + " its mail sooner by, and which takes processor time that nobody else wants; Linux only",
            ValueType.flag());

    static final Key<Integer> LIMITS_CONNECTIONS = new Key<>(
            "limits.connections",
            "10000",
            "connections open at once, 1 to 1000000; more are refused with a line that says so",
            ValueType.number(1, 1_000_000));

    static final Key<Integer> LIMITS_CONNECTIONS_PER_ADDRESS = new Key<>(
            "limits.connections-per-address",
            "100",
            "connections open at once from one IPv4 address or one IPv6 network of 64 bits, 1 to 1000000; this machine"
                    + " itself is not counted",
            ValueType.number(1, 1_000_000));

    static final Key<Integer> LIMITS_SESSIONS_PER_USER = new Key<>(
            "limits.sessions-per-user",
            "20",
            "sessions at once that one user is logged in with, 1 to 1000000",
            ValueType.number(1, 1_000_000));

    static final Key<Integer> LIMITS_COMMANDS_PER_SESSION = new Key<>(
            "limits.commands-per-session",
            "10000000",
            "commands in one session, 1 to 2000000000",
            ValueType.number(1, 2_000_000_000));

    static final Key<Long> LIMITS_OCTETS_PER_SESSION = new Key<>(
            "limits.octets-per-session",
            "1TiB",
            "octets sent and received in one session: a number, or one with a unit such as 10GiB",
            ValueType.octets());

    static final Key<Optional<SocketAddress>> LMTP_ADDRESS = new Key<>(
            "lmtp.address",
            "",
            "where mail is taken in by LMTP: HOST:PORT, or unix:PATH for a socket file; LMTP has no login, so let only the"
                    + " mail transfer agent in; default: nowhere",
            ValueType.socketAddress());

    static final Key<Networks> LMTP_ALLOW_FROM = new Key<>(
            "lmtp.allow-from",
            "",
            "networks from which mail is taken over TCP, besides this machine itself: a list of IP addresses and networks;"
                    + " anybody else is told to go away",
            ValueType.networks());

    static final Key<Set<PosixFilePermission>> LMTP_SOCKET_MODE = new Key<>(
            "lmtp.socket-mode",
            "rw-rw----",
            "permissions of the socket file: who may write to it can deliver",
            ValueType.permissions());

    static final Key<String> LMTP_SOCKET_GROUP = new Key<>(
            "lmtp.socket-group",
            "",
            "group of the socket file, one that the mail transfer agent is in; default: that of the server",
            ValueType.text());

    static final Key<String> LMTP_SOCKET_OWNER = new Key<>(
            "lmtp.socket-owner",
            "",
            "owner of the socket file, if not who runs the server; only root can give files away",
            ValueType.text());

    static final Key<Set<String>> LMTP_DOMAINS = new Key<>(
            "lmtp.domains",
            "",
            "domains of the addresses that mail is taken for, a list; default: any, for the mail transfer agent has"
                    + " decided that",
            ValueType.domains());

    static final Key<String> LMTP_DELIMITER = new Key<>(
            "lmtp.delimiter",
            "+",
            "what parts a user from a folder in user+folder@domain, one character; empty: nothing does",
            ValueType.upToOneCharacter());

    static final Key<Boolean> LMTP_CREATE_FOLDERS = new Key<>(
            "lmtp.create-folders",
            "false",
            "true or false: make a folder that an address names and that does not exist; otherwise its mail goes to the"
                    + " inbox",
            ValueType.flag());

    static final Key<Optional<UserName>> LMTP_POSTMASTER = new Key<>(
            "lmtp.postmaster",
            "",
            "user who gets mail for postmaster where no account has that name",
            ValueType.user());

    static final Key<Long> LMTP_MAX_MESSAGE =
            new Key<>("lmtp.max-message", "1GiB", "largest message that is taken in", ValueType.octets());

    static final Key<Integer> LMTP_CONNECTIONS = new Key<>(
            "lmtp.connections",
            "100",
            "connections that deliver at once, 1 to 10000; one more is told to try later",
            ValueType.number(1, 10_000));

    static final Key<String> LMTP_SPOOL = new Key<>(
            "lmtp.spool",
            "var/lmtp",
            "directory where messages over 1 MiB wait until all of them is there; it comes to be if it does not exist",
            ValueType.text());

    static final Key<InetAddress> MANAGEMENT_ADDRESS = new Key<>(
            "management.address",
            "127.0.0.1",
            "address for health, metrics and the status page, by HTTP: an IP address or a host name",
            ValueType.address());

    static final Key<Optional<Integer>> MANAGEMENT_PORT = new Key<>(
            "management.port",
            "",
            "TCP port for it, 0 to 65535; 0 takes a free one and prints which; default: it is off",
            ValueType.optionalNumber(0, 65_535));

    static final Key<String> MANAGEMENT_TOKEN_FILE = new Key<>(
            "management.token-file",
            "",
            "file whose first line is the token, 16 characters or more, that one needs to see users, to end sessions and"
                    + " to reload; not readable by everybody; default: nobody can",
            ValueType.text());

    static final Key<Duration> SESSION_LOGIN_TIMEOUT = new Key<>(
            "session.login-timeout",
            "1m",
            "time from the connection to a successful HELO, 100ms to 1d",
            ValueType.duration(TENTH, DAY));

    static final Key<Duration> SESSION_IDLE_TIMEOUT = new Key<>(
            "session.idle-timeout", "10m", "time between two commands, 100ms to 1d", ValueType.duration(TENTH, DAY));

    static final Key<Duration> SESSION_STALL_TIMEOUT = new Key<>(
            "session.stall-timeout",
            "5m",
            "time in which a client that is being sent a message must take at least one octet, 100ms to 1d",
            ValueType.duration(TENTH, DAY));

    static final Key<OnDisconnect> SESSION_ON_DISCONNECT = new Key<>(
            "session.on-disconnect",
            "keep",
            "what becomes of messages acknowledged with ACKD when a session ends without QUIT (the RFC"
                    + " does not say): keep or apply (delete)",
            ValueType.choice(OnDisconnect.class));

    static final Key<Boolean> SESSION_STRICT = new Key<>(
            "session.strict",
            "false",
            "true or false: take the grammar of RFC 937 to the letter (upper case, CRLF, a password of one word, no"
                    + " blank lines), for teaching and for conformance tests",
            ValueType.flag());

    static final Key<Duration> MAILBOX_TAKEOVER_AFTER = new Key<>(
            "mailbox.takeover-after",
            "30s",
            "silence after which a session loses its mailbox to a new session of the same user, 0s (at once) to 1d",
            ValueType.duration(Duration.ZERO, DAY));

    static final Key<Duration> MAILBOX_BUSY_WAIT = new Key<>(
            "mailbox.busy-wait",
            "5s",
            "how long a new session waits for a mailbox that is in use, 0s to 10m",
            ValueType.duration(Duration.ZERO, Duration.ofMinutes(10)));

    static final Key<Integer> QUOTA_MESSAGES = new Key<>(
            "quota.messages",
            "0",
            "most messages that a user may have in all folders, unless the account has a quota of its own; 0: any number",
            ValueType.number(0, 2_000_000_000));

    static final Key<Long> QUOTA_OCTETS = new Key<>(
            "quota.octets",
            "0",
            "most octets of these messages, as they go over the wire: a number, or one with a unit such as 100MiB; 0:"
                    + " any number",
            ValueType.octetsOrNone());

    static final Key<LmtpSettings.OverQuota> QUOTA_OVER = new Key<>(
            "quota.over",
            "reject",
            "what the mail transfer agent is told of mail for a user whose quota is used up: reject (it goes back to its"
                    + " sender at once) or defer (try later)",
            ValueType.choice(LmtpSettings.OverQuota.class));

    static final Key<Duration> AUTH_CACHE = new Key<>(
            "auth.cache",
            "60s",
            "how long a password that was right need not be hashed again, 0s (always hash) to 1d; changes of an account"
                    + " are effective at once all the same",
            ValueType.duration(Duration.ZERO, DAY));

    static final Key<Boolean> AUTH_REHASH = new Key<>(
            "auth.rehash",
            "true",
            "true or false: store a password that has a weak hash with a better one when its user has logged in",
            ValueType.flag());

    static final Key<Boolean> AUTH_PENALTY = new Key<>(
            "auth.penalty",
            "true",
            "true or false: tell those who fail to log in again and again later and later, up to 30 s",
            ValueType.flag());

    static final Key<LogLevel> LOG_LEVEL = new Key<>(
            "log.level",
            "info",
            "least severe events that serve and demo log: error, warn, info, debug or trace; where to: conf/logback.xml",
            ValueType.choice(LogLevel.class));

    static final Key<LogFormat> LOG_FORMAT = new Key<>(
            "log.format",
            "text",
            "what a line of the log looks like: text (the event and key=value) or json (an object);"
                    + " doc/logs.md lists the events",
            ValueType.choice(LogFormat.class));

    static final Key<Map<String, LogLevel>> LOG_LOGGERS = new Key<>(
            "log.loggers",
            "",
            "levels of single loggers, which count more than log.level: a list of a logger and a level each, such as"
                    + " \"org.pop2.lmtp debug\"",
            ValueType.levels());

    static final Key<String> TRACE_DIRECTORY = new Key<>(
            "trace.directory",
            "",
            "directory for transcripts, a file for each session, without passwords but with mail; default: none are"
                    + " written",
            ValueType.text());

    static final Key<Set<UserName>> TRACE_USERS = new Key<>(
            "trace.users",
            "",
            "users whose sessions are written down, a list; default: everybody's",
            ValueType.users());

    static final Key<Networks> TRACE_ADDRESSES = new Key<>(
            "trace.addresses",
            "",
            "clients whose sessions are written down, a list of IP addresses and networks; default: all",
            ValueType.networks());

    static final Key<Long> TRACE_MAX_OCTETS = new Key<>(
            "trace.max-octets",
            "1MiB",
            "longest transcript; of a longer session, the beginning is written",
            ValueType.octets());

    static final Key<Integer> TRACE_MAX_FILES = new Key<>(
            "trace.max-files",
            "100",
            "transcripts that are kept, 1 to 100000; the oldest are removed",
            ValueType.number(1, 100_000));

    static final Key<String> STORAGE_TYPE = new Key<>(
            "storage.type", "mbox", "the storage: mbox or postgresql, or the name of one added to lib/", text -> text);

    /** Those that the application itself reads, in the order of the manual. */
    static final List<Key<?>> OWN = List.of(
            DIRECTORY,
            LISTEN_ADDRESS,
            LISTEN_PORT,
            LISTEN_ALLOW_CLEARTEXT_FROM,
            LISTEN_TLS_CERTIFICATE,
            LISTEN_TLS_KEY,
            LISTEN_TLS_CLIENT_CERTIFICATE,
            LISTEN_TLS_CLIENT_CA,
            LISTEN_PROXIES_FROM,
            LISTEN_CONNECTIONS,
            LISTEN_PROFILE,
            PROFILE_NETWORKS,
            PROFILE_USERS,
            SERVER_NAME,
            SERVER_STOP_TIMEOUT,
            SERVER_BUSY_POLL,
            LIMITS_CONNECTIONS,
            LIMITS_CONNECTIONS_PER_ADDRESS,
            LIMITS_SESSIONS_PER_USER,
            LIMITS_COMMANDS_PER_SESSION,
            LIMITS_OCTETS_PER_SESSION,
            LMTP_ADDRESS,
            LMTP_ALLOW_FROM,
            LMTP_SOCKET_MODE,
            LMTP_SOCKET_GROUP,
            LMTP_SOCKET_OWNER,
            LMTP_DOMAINS,
            LMTP_DELIMITER,
            LMTP_CREATE_FOLDERS,
            LMTP_POSTMASTER,
            LMTP_MAX_MESSAGE,
            LMTP_CONNECTIONS,
            LMTP_SPOOL,
            MANAGEMENT_ADDRESS,
            MANAGEMENT_PORT,
            MANAGEMENT_TOKEN_FILE,
            SESSION_LOGIN_TIMEOUT,
            SESSION_IDLE_TIMEOUT,
            SESSION_STALL_TIMEOUT,
            SESSION_ON_DISCONNECT,
            SESSION_STRICT,
            MAILBOX_TAKEOVER_AFTER,
            MAILBOX_BUSY_WAIT,
            QUOTA_MESSAGES,
            QUOTA_OCTETS,
            QUOTA_OVER,
            AUTH_CACHE,
            AUTH_REHASH,
            AUTH_PENALTY,
            LOG_LEVEL,
            LOG_FORMAT,
            LOG_LOGGERS,
            TRACE_DIRECTORY,
            TRACE_USERS,
            TRACE_ADDRESSES,
            TRACE_MAX_OCTETS,
            TRACE_MAX_FILES,
            STORAGE_TYPE);

    /** The keys of a listener with a name, {@code listeners.<name>.port} and so on. */
    static List<Key<?>> of(String listener) {
        return OWN.stream()
                .filter(key -> key.name().startsWith("listen."))
                .<Key<?>>map(key -> key.of(listener))
                .toList();
    }

    /** Those and the settings of these storages, {@code storage.<type>.<setting>}. Storages check their values. */
    static List<Key<?>> with(List<MailStoreProvider> storages) {
        List<Key<?>> keys = new ArrayList<>(OWN);
        for (MailStoreProvider storage : storages) {
            for (MailStoreProvider.Setting setting : storage.settings()) {
                keys.add(new Key<>(
                        storageKey(storage, setting.name()),
                        setting.defaultValue(),
                        setting.description(),
                        ValueType.text()));
            }
        }
        return Collections.unmodifiableList(keys);
    }

    static String storageKey(MailStoreProvider storage, String setting) {
        return "storage." + storage.name() + "." + setting;
    }

    private Keys() {}
}
