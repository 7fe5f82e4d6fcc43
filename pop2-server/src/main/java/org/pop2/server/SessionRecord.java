package org.pop2.server;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.net.LogText;
import org.pop2.net.RemoteClient;
import org.pop2.protocol.End;
import org.pop2.storage.UserName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records what a session did, and logs the events that {@code doc/logs.md} lists. Used on the connection's event loop
 * only. Events for each message are prepared only if they are logged.
 */
final class SessionRecord {
    /** The name is part of the manual: {@code org.pop2.server.sessions}. */
    private static final Logger LOG = LoggerFactory.getLogger("org.pop2.server.sessions");

    private final long id;
    private final ServerObserver observer;
    private final String address;
    private final long startNanos = System.nanoTime();
    private @Nullable UserName user;
    private long messages;
    private long octets;
    private long deleted;
    private long discarded;
    private boolean refused;

    SessionRecord(long id, RemoteClient client, ServerObserver observer) {
        this.id = id;
        this.observer = observer;
        this.address = client.text();
    }

    long id() {
        return id;
    }

    /** Octets of messages sent. */
    long octets() {
        return octets;
    }

    String address() {
        return address;
    }

    String user() {
        return user == null ? "-" : LogText.escape(user.value());
    }

    /** The connection was accepted. */
    void accepted(String listener, boolean encrypted) {
        if (LOG.isDebugEnabled()) {
            LOG.atDebug()
                    .addKeyValue("session", id)
                    .addKeyValue("listener", listener)
                    .addKeyValue("address", address)
                    .addKeyValue("encrypted", encrypted)
                    .log("connection-accepted");
        }
    }

    /** The connection was refused; its only event, as there is no session. */
    void refused(String listener, ServerObserver.Refusal why) {
        observer.refused(why, address);
        refused = true;
        LOG.atInfo()
                .addKeyValue("session", id)
                .addKeyValue("listener", listener)
                .addKeyValue("address", address)
                .addKeyValue("reason", LogText.word(why))
                .log("connection-refused");
    }

    void loggedIn(UserName name) {
        user = name;
    }

    /** A login was decided. Names of refused users are not logged: people type passwords where names belong. */
    void login(ServerObserver.Login result) {
        boolean accepted = result == ServerObserver.Login.ACCEPTED;
        observer.login(result, address, accepted ? Optional.ofNullable(user) : Optional.empty());
        if (accepted) {
            // the line at the session's end has it all, and one for each session is enough for a busy server
            if (LOG.isDebugEnabled()) {
                LOG.atDebug()
                        .addKeyValue("session", id)
                        .addKeyValue("user", user())
                        .addKeyValue("address", address)
                        .log("login-accepted");
            }
        } else {
            LOG.atInfo()
                    .addKeyValue("session", id)
                    .addKeyValue("address", address)
                    .addKeyValue("reason", LogText.word(result))
                    .log("login-refused");
        }
    }

    void opened(@Nullable String folder, int count) {
        if (LOG.isDebugEnabled()) {
            LOG.atDebug()
                    .addKeyValue("session", id)
                    .addKeyValue("user", user())
                    .addKeyValue("folder", shown(folder))
                    .addKeyValue("messages", count)
                    .log("mailbox-opened");
        }
    }

    /** Another session has the mailbox now. */
    void lost(@Nullable String folder) {
        LOG.atInfo()
                .addKeyValue("session", id)
                .addKeyValue("user", user())
                .addKeyValue("folder", shown(folder))
                .log("mailbox-lost");
    }

    /** A message was sent completely. */
    void sentMessage(int number, long octetsOfIt) {
        messages++;
        octets += octetsOfIt;
        observer.messageSent();
        if (LOG.isDebugEnabled()) {
            LOG.atDebug()
                    .addKeyValue("session", id)
                    .addKeyValue("user", user())
                    .addKeyValue("number", number)
                    .addKeyValue("octets", octetsOfIt)
                    .log("message-sent");
        }
    }

    /** Part of a message was sent. */
    void sentOctets(long count) {
        octets += count;
    }

    /** The mailbox was released. */
    void released(@Nullable String folder, int count, Duration took) {
        deleted += count;
        if (count > 0) {
            LOG.atInfo()
                    .addKeyValue("session", id)
                    .addKeyValue("user", user())
                    .addKeyValue("folder", shown(folder))
                    .addKeyValue("deleted", count)
                    .addKeyValue("ms", took.toMillis())
                    .log("deletions-released");
        }
    }

    /**
     * Logs deleted messages one by one, for an audit.
     *
     * @param count the number of all deleted messages
     */
    void deleted(@Nullable String folder, List<DeletionLog.Deleted> each, int count) {
        for (DeletionLog.Deleted message : each) {
            LOG.atInfo()
                    .addKeyValue("session", id)
                    .addKeyValue("user", user())
                    .addKeyValue("folder", shown(folder))
                    .addKeyValue("octets", message.octets())
                    .addKeyValue(
                            "identifier", message.messageId().isEmpty() ? "-" : LogText.escape(message.messageId()))
                    .log("message-deleted");
        }
        if (!each.isEmpty() && each.size() < count) {
            LOG.atInfo()
                    .addKeyValue("session", id)
                    .addKeyValue("user", user())
                    .addKeyValue("folder", shown(folder))
                    .addKeyValue("messages", count - each.size())
                    .log("more-deleted");
        }
    }

    /** Messages were marked but kept, as the session did not end with QUIT or the storage failed. */
    void discarded(int count) {
        discarded += count;
    }

    /** The line dropped, or there is a bug. */
    void broken(Throwable cause) {
        if (cause instanceof IOException) {
            LOG.atDebug()
                    .addKeyValue("session", id)
                    .addKeyValue("address", address)
                    .addKeyValue("error", cause.toString())
                    .log("connection-broke");
        } else {
            LOG.atWarn()
                    .setCause(cause)
                    .addKeyValue("session", id)
                    .addKeyValue("address", address)
                    .log("session-failed");
        }
    }

    /** Some work ended after the server had stopped. On any thread. */
    void tooLate() {
        LOG.atDebug().addKeyValue("session", id).addKeyValue("address", address).log("too-late");
    }

    void write(End end) {
        observer.ended(end, discarded);
        if (!refused && LOG.isInfoEnabled()) {
            LOG.atInfo()
                    .addKeyValue("session", id)
                    .addKeyValue("user", user())
                    .addKeyValue("address", address)
                    .addKeyValue("messages", messages)
                    .addKeyValue("octets", octets)
                    .addKeyValue("deleted", deleted)
                    .addKeyValue("discarded", discarded)
                    .addKeyValue("seconds", (System.nanoTime() - startNanos) / 1_000_000_000L)
                    .addKeyValue("reason", LogText.word(end))
                    .log("session-ended");
        }
    }

    /** HELO opens the inbox, which has no name of its own. */
    private static String shown(@Nullable String folder) {
        return folder == null ? "-" : LogText.escape(folder);
    }
}
