package org.pop2.app.config;

import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pop2.lmtp.LmtpSettings;
import org.pop2.net.Networks;
import org.pop2.net.TlsSettings.ClientCertificate;
import org.pop2.protocol.OnDisconnect;
import org.pop2.storage.UserName;

/**
 * Every key of the configuration but those that a storage declares itself. The descriptions are what conf/pop2d.conf,
 * the manual and the manual page say: those are made of them.
 */
final class Keys {
    private static final Duration TENTH = Duration.ofMillis(100);
    private static final Duration DAY = Duration.ofDays(1);

    static final Key<String> DIRECTORY = new Key<>(
            "directory",
            "",
            "The instance directory. Relative paths start from here. Default: the directory that the"
                    + " file's `conf/` is in; if the file is in no directory called `conf`, the one that it is in.",
            ValueType.text());

    static final Key<InetAddress> LISTEN_ADDRESS = new Key<>(
            "listen.address",
            "127.0.0.1",
            "The address to listen on: an IP address or a host name. `0.0.0.0` is every IPv4 address of"
                    + " the machine, `\"::\"` is every address. Clients on other machines need"
                    + " `listen.allow-cleartext-from` or TLS as well.",
            ValueType.address());

    static final Key<Integer> LISTEN_PORT = new Key<>(
            "listen.port",
            "109",
            "The TCP port, 0 to 65535. 0 takes a free one and prints which. Ports below 1024 need a"
                    + " privilege: doc/install.md.",
            ValueType.number(0, 65_535));

    static final Key<Networks> LISTEN_ALLOW_CLEARTEXT_FROM = new Key<>(
            "listen.allow-cleartext-from",
            "",
            "Networks from which passwords are taken in clear, besides this machine itself: a list of IP"
                    + " addresses and networks such as `192.168.0.0/16`. Clients of other networks get one line"
                    + " that tells them to use TLS.",
            ValueType.networks());

    static final Key<Networks> LISTEN_PROXIES_FROM = new Key<>(
            "listen.proxies-from",
            "",
            "Addresses of proxies whose connections begin with a HAProxy PROXY header, version 1 or 2: a"
                    + " list of IP addresses and networks. They must send the header; nobody else may.",
            ValueType.networks());

    static final Key<String> LISTEN_TLS_CERTIFICATE = new Key<>(
            "listen.tls.certificate",
            "",
            "PEM file with the server's certificate and those that lead to its authority. With it, the"
                    + " listener speaks TLS (1.2 or 1.3) from the first octet on. The server looks at the file"
                    + " every 10 s, and uses a changed one for new connections.",
            ValueType.text());

    static final Key<String> LISTEN_TLS_KEY = new Key<>(
            "listen.tls.key", "", "PEM file with the certificate's private key, not encrypted.", ValueType.text());

    static final Key<ClientCertificate> LISTEN_TLS_CLIENT_CERTIFICATE = new Key<>(
            "listen.tls.client-certificate",
            "none",
            "Whether clients show a certificate in addition to the password: `none`, `optional` or `required`."
                    + " The common name of the certificate has to be the user's name.",
            ValueType.choice(ClientCertificate.class));

    static final Key<String> LISTEN_TLS_CLIENT_CA = new Key<>(
            "listen.tls.client-ca",
            "",
            "PEM file with the authorities that issue the certificates of clients.",
            ValueType.text());

    static final Key<Integer> LISTEN_CONNECTIONS = new Key<>(
            "listen.connections",
            "1000000",
            "Connections that may be open at once on this listener, 1 to 1000000.",
            ValueType.number(1, 1_000_000));

    static final Key<String> LISTEN_PROFILE = new Key<>(
            "listen.profile",
            "default",
            "The profile for clients of this listener: `default`, `strict`, `uw`, `ka9q`, `jnos`, `pcnfs`,"
                    + " `popmail`, or a profile of your own (`profiles.*`). What each of them does is in"
                    + " doc/old-clients.md.",
            ValueType.text());

    static final Key<List<Assignment<Networks>>> PROFILE_NETWORKS = new Key<>(
            "profile.networks",
            "",
            "Profiles by the client's address: a list of an IP address or network and a profile each,"
                    + " such as `\"44.0.0.0/8 ka9q\"`. The first that fits counts.",
            ValueType.assignments(ValueType.networks()));

    static final Key<List<Assignment<Set<UserName>>>> PROFILE_USERS = new Key<>(
            "profile.users",
            "",
            "Profiles by user: a list of a user and a profile each, such as `\"kb7abc jnos\"`. They take "
                    + "precedence over `profile.networks`, which takes precedence over `listen.profile`.",
            ValueType.assignments(ValueType.users()));

    static final Key<String> SERVER_NAME = new Key<>(
            "server.name", "", "The host name in the greeting. Default: the machine's own.", ValueType.hostName());

    static final Key<Duration> SERVER_STOP_TIMEOUT = new Key<>(
            "server.stop-timeout",
            "30s",
            "How long a server that stops lets transfers and deletions finish, 100ms to 1h.",
            ValueType.duration(TENTH, Duration.ofHours(1)));

    static final Key<Boolean> SERVER_BUSY_POLL = new Key<>(
            "server.busy-poll",
            "true",
            "Whether to poll for the next command for up to 0.2 ms before sleeping: `true` or `false`. "
                    + "Lower latency for clients nearby, for processor time that would otherwise be idle. Linux "
                    + "only. What it costs is in doc/performance.md.",
            ValueType.flag());

    static final Key<Integer> LIMITS_CONNECTIONS = new Key<>(
            "limits.connections",
            "10000",
            "Connections that may be open at once, 1 to 1000000. More are refused, with a line that says" + " so.",
            ValueType.number(1, 1_000_000));

    static final Key<Integer> LIMITS_CONNECTIONS_PER_ADDRESS = new Key<>(
            "limits.connections-per-address",
            "100",
            "Connections that may be open at once from one IPv4 address or one IPv6 network of 64 bits, 1"
                    + " to 1000000. This machine itself is not counted.",
            ValueType.number(1, 1_000_000));

    static final Key<Integer> LIMITS_SESSIONS_PER_USER = new Key<>(
            "limits.sessions-per-user",
            "20",
            "Sessions that one user may have at once, 1 to 1000000.",
            ValueType.number(1, 1_000_000));

    static final Key<Integer> LIMITS_COMMANDS_PER_SESSION = new Key<>(
            "limits.commands-per-session",
            "10000000",
            "Commands in one session, 1 to 2000000000.",
            ValueType.number(1, 2_000_000_000));

    static final Key<Long> LIMITS_OCTETS_PER_SESSION = new Key<>(
            "limits.octets-per-session",
            "1TiB",
            "Octets sent and received in one session: a number, or one with a unit such as `10GiB`.",
            ValueType.octets());

    static final Key<Optional<SocketAddress>> LMTP_ADDRESS = new Key<>(
            "lmtp.address",
            "",
            "Where LMTP listens: `HOST:PORT`, or `unix:PATH` for a socket file. LMTP has no login, so let"
                    + " only the mail transfer agent in. Default: nowhere.",
            ValueType.socketAddress());

    static final Key<Networks> LMTP_ALLOW_FROM = new Key<>(
            "lmtp.allow-from",
            "",
            "Networks that may deliver over TCP, besides this machine itself: a list of IP"
                    + " addresses and networks such as `192.168.0.0/16`. Clients of other networks get one line, a"
                    + " 421.",
            ValueType.networks());

    static final Key<Set<PosixFilePermission>> LMTP_SOCKET_MODE = new Key<>(
            "lmtp.socket-mode",
            "rw-rw----",
            "Permissions of the socket file. Whoever may write to it can deliver.",
            ValueType.permissions());

    static final Key<String> LMTP_SOCKET_GROUP = new Key<>(
            "lmtp.socket-group",
            "",
            "Group of the socket file: one that the mail transfer agent is in. Default: that of the" + " server.",
            ValueType.text());

    static final Key<String> LMTP_SOCKET_OWNER = new Key<>(
            "lmtp.socket-owner",
            "",
            "Owner of the socket file, if it is not the user who runs the server. Only root can give" + " files away.",
            ValueType.text());

    static final Key<Set<String>> LMTP_DOMAINS = new Key<>(
            "lmtp.domains",
            "",
            "Domains whose mail is accepted, a list. Default: any, as the mail transfer agent has decided already.",
            ValueType.domains());

    static final Key<String> LMTP_DELIMITER = new Key<>(
            "lmtp.delimiter",
            "+",
            "The character between user and folder in `user+folder@domain`. Empty: there is none.",
            ValueType.upToOneCharacter());

    static final Key<Boolean> LMTP_CREATE_FOLDERS = new Key<>(
            "lmtp.create-folders",
            "false",
            "Whether a missing folder is created when an address names it: `true` or `false`. With "
                    + "`false`, its mail goes to the inbox.",
            ValueType.flag());

    static final Key<Optional<UserName>> LMTP_POSTMASTER = new Key<>(
            "lmtp.postmaster",
            "",
            "The user who gets mail for postmaster where no account has that name.",
            ValueType.user());

    static final Key<Long> LMTP_MAX_MESSAGE = new Key<>(
            "lmtp.max-message",
            "1GiB",
            "The largest message that is accepted, in octets: a number, or one with a unit such as" + " `100MiB`.",
            ValueType.octets());

    static final Key<Integer> LMTP_CONNECTIONS = new Key<>(
            "lmtp.connections",
            "100",
            "Connections that may deliver at once, 1 to 10000. Further ones are told to try later.",
            ValueType.number(1, 10_000));

    static final Key<String> LMTP_SPOOL = new Key<>(
            "lmtp.spool",
            "var/lmtp",
            "Directory where a message over 1 MiB waits until all of it is there. Created if" + " missing.",
            ValueType.text());

    static final Key<InetAddress> MANAGEMENT_ADDRESS = new Key<>(
            "management.address",
            "127.0.0.1",
            "The address for health, metrics and the status page, by HTTP: an IP address or a host name."
                    + " On a loopback address only requests for `localhost` or an IP address are answered.",
            ValueType.address());

    static final Key<Optional<Integer>> MANAGEMENT_PORT = new Key<>(
            "management.port",
            "",
            "The TCP port for it, 0 to 65535. 0 takes a free one and prints which. Default: it is off.",
            ValueType.optionalNumber(0, 65_535));

    static final Key<String> MANAGEMENT_TOKEN_FILE = new Key<>(
            "management.token-file",
            "",
            "File whose first line is the token, 16 characters or more. The token is needed to see users,"
                    + " to end sessions and to reload. The file must not be readable by everybody. Default: nobody "
                    + "can do these.",
            ValueType.text());

    static final Key<Duration> SESSION_LOGIN_TIMEOUT = new Key<>(
            "session.login-timeout",
            "1m",
            "Time from the connection to a successful HELO, 100ms to 1d.",
            ValueType.duration(TENTH, DAY));

    static final Key<Duration> SESSION_IDLE_TIMEOUT = new Key<>(
            "session.idle-timeout", "10m", "Time between two commands, 100ms to 1d.", ValueType.duration(TENTH, DAY));

    static final Key<Duration> SESSION_STALL_TIMEOUT = new Key<>(
            "session.stall-timeout",
            "5m",
            "Time in which a client must take at least one more octet of a message, 100ms to" + " 1d.",
            ValueType.duration(TENTH, DAY));

    static final Key<OnDisconnect> SESSION_ON_DISCONNECT = new Key<>(
            "session.on-disconnect",
            "keep",
            "What becomes of messages that were acknowledged with ACKD when the session ends without"
                    + " QUIT: `keep` them, or `apply`, which deletes them. The RFC does not say. With "
                    + "`apply`, JNOS without its profile loses mail. Better set it in a profile, which "
                    + "takes precedence:"
                    + " doc/old-clients.md, \"Profiles\".",
            ValueType.choice(OnDisconnect.class));

    static final Key<Boolean> SESSION_STRICT = new Key<>(
            "session.strict",
            "false",
            "Whether to follow the grammar of RFC 937 to the letter: `true` or `false`. That means upper "
                    + "case, CRLF, a password of one word, and no blank lines. For teaching and for conformance "
                    + "tests.",
            ValueType.flag());

    static final Key<Duration> MAILBOX_TAKEOVER_AFTER = new Key<>(
            "mailbox.takeover-after",
            "30s",
            "Silence after which a session loses its mailbox to a new session of the same user, 0s (at"
                    + " once) to 1d.",
            ValueType.duration(Duration.ZERO, DAY));

    static final Key<Duration> MAILBOX_BUSY_WAIT = new Key<>(
            "mailbox.busy-wait",
            "5s",
            "How long a new session waits for a mailbox that is in use, 0s to 10m.",
            ValueType.duration(Duration.ZERO, Duration.ofMinutes(10)));

    static final Key<Integer> QUOTA_MESSAGES = new Key<>(
            "quota.messages",
            "0",
            "The most messages that a user may have in all folders. 0 is any number. An account may have"
                    + " a quota of its own instead: doc/users.md, \"Quotas\".",
            ValueType.number(0, 2_000_000_000));

    static final Key<Long> QUOTA_OCTETS = new Key<>(
            "quota.octets",
            "0",
            "The most octets of these messages, as they go over the wire: a number, or one with a unit"
                    + " such as `100MiB`. 0 is any number.",
            ValueType.octetsOrNone());

    static final Key<LmtpSettings.OverQuota> QUOTA_OVER = new Key<>(
            "quota.over",
            "reject",
            "How mail for a user whose quota is used up is answered: `reject` returns it to its sender at"
                    + " once, with `defer` the mail transfer agent tries again later.",
            ValueType.choice(LmtpSettings.OverQuota.class));

    static final Key<LoginBy> AUTH_LOGIN = new Key<>(
            "auth.login",
            "accounts",
            "What verifies passwords: `accounts`, with the hashes stored there, or `saslauthd`, which "
                    + "asks PAM, so that users of the system have one password. More is in doc/users.md, \"Users of"
                    + " the system\".",
            ValueType.choice(LoginBy.class));

    static final Key<String> AUTH_SASLAUTHD_SOCKET = new Key<>(
            "auth.saslauthd-socket",
            "/run/saslauthd/mux",
            "Where saslauthd listens, for `auth.login = saslauthd`.",
            ValueType.text());

    static final Key<Duration> AUTH_CACHE = new Key<>(
            "auth.cache",
            "60s",
            "How long a password that was right need not be hashed again, 0s (always hash) to 1d. Changes"
                    + " of an account are effective at once nevertheless.",
            ValueType.duration(Duration.ZERO, DAY));

    static final Key<Boolean> AUTH_REHASH = new Key<>(
            "auth.rehash",
            "true",
            "Whether a password that is stored with a weak hash, or in clear, is stored with a better one"
                    + " when its user has logged in: `true` or `false`. More is in doc/users.md.",
            ValueType.flag());

    static final Key<Boolean> AUTH_PENALTY = new Key<>(
            "auth.penalty",
            "true",
            "Whether repeated failures to log in are answered later and later, up to 30 s:"
                    + " `true` or `false`. More is in doc/users.md, \"Who guesses\".",
            ValueType.flag());

    static final Key<LogLevel> LOG_LEVEL = new Key<>(
            "log.level",
            "info",
            "The lowest level that `serve` and `demo` log: `error`, `warn`, `info`, `debug` or"
                    + " `trace`. conf/logback.xml says where they go.",
            ValueType.choice(LogLevel.class));

    static final Key<LogFormat> LOG_FORMAT = new Key<>(
            "log.format",
            "text",
            "What a line of the log looks like: `text` (the event and key=value) or `json` (an object)."
                    + " The events are listed in doc/logs.md.",
            ValueType.choice(LogFormat.class));

    static final Key<Boolean> LOG_DELETIONS = new Key<>(
            "log.deletions",
            "false",
            "Whether each message that a session deletes is logged, with its user, folder, octets and "
                    + "Message-ID: `true`"
                    + " or `false`. Its header is read once more for that.",
            ValueType.flag());

    static final Key<Map<String, LogLevel>> LOG_LOGGERS = new Key<>(
            "log.loggers",
            "",
            "Levels of single loggers: a list of a logger and a level each, such as"
                    + " `[\"org.pop2.server.sessions warn\", \"org.pop2.lmtp debug\"]`. They override `log.level`.",
            ValueType.levels());

    static final Key<String> TRACE_DIRECTORY = new Key<>(
            "trace.directory",
            "",
            "Directory for transcripts, a file for each session, for the person who debugs a client. A"
                    + " transcript has both directions, with times, and escapes octets. Passwords are masked, mail"
                    + " is there. Default: none are written.",
            ValueType.text());

    static final Key<Set<UserName>> TRACE_USERS = new Key<>(
            "trace.users", "", "Users whose sessions are recorded, a list. Default: everybody's.", ValueType.users());

    static final Key<Networks> TRACE_ADDRESSES = new Key<>(
            "trace.addresses",
            "",
            "Clients whose sessions are recorded, a list of IP addresses and networks. Default: all.",
            ValueType.networks());

    static final Key<Long> TRACE_MAX_OCTETS = new Key<>(
            "trace.max-octets",
            "1MiB",
            "The longest transcript, in octets: a number, or one with a unit such as `100KiB`. Of a"
                    + " longer session, the beginning is written.",
            ValueType.octets());

    static final Key<Integer> TRACE_MAX_FILES = new Key<>(
            "trace.max-files",
            "100",
            "Transcripts that are kept, 1 to 100000. The oldest are removed.",
            ValueType.number(1, 100_000));

    static final Key<String> STORAGE_TYPE = new Key<>(
            "storage.type",
            "mbox",
            "Where the mail and the users are: `mbox` (files), `postgresql` or `memory`, or the name of a storage"
                    + " whose jar you put into lib/.",
            text -> text);

    private Keys() {}
}
