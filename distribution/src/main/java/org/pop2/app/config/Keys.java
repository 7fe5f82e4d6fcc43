package org.pop2.app.config;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.pop2.protocol.OnDisconnect;
import org.pop2.storage.MailStoreProvider;

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
            "address to listen on: an IP address or a host name; 0.0.0.0 and \"::\" are every address of the machine",
            ValueType.address());

    static final Key<Integer> LISTEN_PORT = new Key<>(
            "listen.port",
            "109",
            "TCP port to listen on, 0 to 65535; 0 takes a free one and prints which",
            ValueType.number(0, 65_535));

    static final Key<String> SERVER_NAME =
            new Key<>("server.name", "", "host name in the greeting; default: the machine's own", ValueType.hostName());

    static final Key<Duration> SERVER_STOP_TIMEOUT = new Key<>(
            "server.stop-timeout",
            "30s",
            "how long a stopping server lets running transfers and deletions finish, 100ms to 1h",
            ValueType.duration(TENTH, Duration.ofHours(1)));

    static final Key<Integer> LIMITS_CONNECTIONS = new Key<>(
            "limits.connections",
            "10000",
            "connections open at once, 1 to 1000000; more are refused with a line that says so",
            ValueType.number(1, 1_000_000));

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
            "what becomes of messages acknowledged with ACKD when a session ends without QUIT: keep or apply (delete)",
            ValueType.choice(OnDisconnect.class));

    static final Key<Boolean> SESSION_STRICT = new Key<>(
            "session.strict",
            "false",
            "true or false: take the grammar of RFC 937 to the letter, for teaching and for conformance tests",
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

    static final Key<Duration> AUTH_CACHE = new Key<>(
            "auth.cache",
            "60s",
            "how long a password that was right need not be hashed again, 0s (always hash) to 1d",
            ValueType.duration(Duration.ZERO, DAY));

    static final Key<LogLevel> LOG_LEVEL = new Key<>(
            "log.level",
            "info",
            "least severe events that serve and demo log: error, warn, info, debug or trace",
            ValueType.choice(LogLevel.class));

    static final Key<String> STORAGE_TYPE = new Key<>(
            "storage.type", "mbox", "the storage: mbox or postgresql, or the name of one added to lib/", text -> text);

    /** Those that the application itself reads, in the order of the manual. */
    static final List<Key<?>> OWN = List.of(
            DIRECTORY,
            LISTEN_ADDRESS,
            LISTEN_PORT,
            SERVER_NAME,
            SERVER_STOP_TIMEOUT,
            LIMITS_CONNECTIONS,
            SESSION_LOGIN_TIMEOUT,
            SESSION_IDLE_TIMEOUT,
            SESSION_STALL_TIMEOUT,
            SESSION_ON_DISCONNECT,
            SESSION_STRICT,
            MAILBOX_TAKEOVER_AFTER,
            MAILBOX_BUSY_WAIT,
            AUTH_CACHE,
            LOG_LEVEL,
            STORAGE_TYPE);

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
