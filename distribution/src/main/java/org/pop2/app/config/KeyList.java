package org.pop2.app.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.pop2.storage.MailStoreProvider;

/** All keys, in the order of the manual. */
final class KeyList {
    /** Those that the application itself reads. */
    static final List<Key<?>> OWN = List.of(
            Keys.DIRECTORY,
            Keys.LISTEN_ADDRESS,
            Keys.LISTEN_PORT,
            Keys.LISTEN_ALLOW_CLEARTEXT_FROM,
            Keys.LISTEN_TLS_CERTIFICATE,
            Keys.LISTEN_TLS_KEY,
            Keys.LISTEN_TLS_CLIENT_CERTIFICATE,
            Keys.LISTEN_TLS_CLIENT_CA,
            Keys.LISTEN_PROXIES_FROM,
            Keys.LISTEN_CONNECTIONS,
            Keys.LISTEN_PROFILE,
            Keys.PROFILE_NETWORKS,
            Keys.PROFILE_USERS,
            Keys.SERVER_NAME,
            Keys.SERVER_STOP_TIMEOUT,
            Keys.SERVER_BUSY_POLL,
            Keys.LIMITS_CONNECTIONS,
            Keys.LIMITS_CONNECTIONS_PER_ADDRESS,
            Keys.LIMITS_SESSIONS_PER_USER,
            Keys.LIMITS_COMMANDS_PER_SESSION,
            Keys.LIMITS_OCTETS_PER_SESSION,
            Keys.LMTP_ADDRESS,
            Keys.LMTP_ALLOW_FROM,
            Keys.LMTP_SOCKET_MODE,
            Keys.LMTP_SOCKET_GROUP,
            Keys.LMTP_SOCKET_OWNER,
            Keys.LMTP_DOMAINS,
            Keys.LMTP_DELIMITER,
            Keys.LMTP_CREATE_FOLDERS,
            Keys.LMTP_POSTMASTER,
            Keys.LMTP_MAX_MESSAGE,
            Keys.LMTP_CONNECTIONS,
            Keys.LMTP_SPOOL,
            Keys.MANAGEMENT_ADDRESS,
            Keys.MANAGEMENT_PORT,
            Keys.MANAGEMENT_TOKEN_FILE,
            Keys.SESSION_LOGIN_TIMEOUT,
            Keys.SESSION_IDLE_TIMEOUT,
            Keys.SESSION_STALL_TIMEOUT,
            Keys.SESSION_ON_DISCONNECT,
            Keys.SESSION_STRICT,
            Keys.MAILBOX_TAKEOVER_AFTER,
            Keys.MAILBOX_BUSY_WAIT,
            Keys.QUOTA_MESSAGES,
            Keys.QUOTA_OCTETS,
            Keys.QUOTA_OVER,
            Keys.AUTH_LOGIN,
            Keys.AUTH_SASLAUTHD_SOCKET,
            Keys.AUTH_CACHE,
            Keys.AUTH_REHASH,
            Keys.AUTH_PENALTY,
            Keys.LOG_LEVEL,
            Keys.LOG_FORMAT,
            Keys.LOG_LOGGERS,
            Keys.LOG_DELETIONS,
            Keys.TRACE_DIRECTORY,
            Keys.TRACE_USERS,
            Keys.TRACE_ADDRESSES,
            Keys.TRACE_MAX_OCTETS,
            Keys.TRACE_MAX_FILES,
            Keys.STORAGE_TYPE);

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

    private KeyList() {}
}
