package org.pop2.lmtp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records what a session did, and logs it. Used on the connection's event loop only, except for the methods about
 * recipients.
 */
final class LmtpRecord {
    /** The name is part of the manual. */
    private static final Logger LOG = LoggerFactory.getLogger("org.pop2.lmtp.sessions");

    private final LmtpObserver observer;
    private final String id;
    private final String address;
    private final long startNanos = System.nanoTime();
    private long messages;
    private long octets;
    private long delivered;
    private long failed;
    private long refused;

    LmtpRecord(String id, @Nullable SocketAddress remote, LmtpObserver observer) {
        this.id = id;
        this.observer = observer;
        address = text(remote);
    }

    String id() {
        return id;
    }

    String address() {
        return address;
    }

    /** A complete message was received. */
    void received(long count) {
        messages++;
        octets += count;
        observer.received(count);
    }

    void delivered() {
        delivered++;
        observer.delivered();
    }

    void failed() {
        failed++;
        observer.failed();
    }

    /** A recipient was refused. */
    void refused() {
        refused++;
        observer.refused();
    }

    /** The line dropped, or there is a bug. */
    void broken(Throwable cause) {
        if (cause instanceof IOException) {
            LOG.atDebug()
                    .addKeyValue("session", id)
                    .addKeyValue("address", address)
                    .addKeyValue("error", cause.toString())
                    .log("lmtp-connection-broke");
        } else {
            LOG.atWarn()
                    .setCause(cause)
                    .addKeyValue("session", id)
                    .addKeyValue("address", address)
                    .log("lmtp-session-failed");
        }
    }

    /** The spool cannot be written to; the message is lost, and the client is told so. */
    void spoolFailed(IOException error) {
        LOG.atWarn()
                .addKeyValue("session", id)
                .addKeyValue("error", error.toString())
                .log("lmtp-spool-failed");
    }

    /** A delivery ended after the server had stopped. On any thread. */
    void tooLate() {
        LOG.atDebug().addKeyValue("session", id).addKeyValue("address", address).log("lmtp-too-late");
    }

    void write(LmtpSession.End end) {
        if (end == LmtpSession.End.OVERLOADED) {
            observer.overloaded();
        }
        LOG.atInfo()
                .addKeyValue("session", id)
                .addKeyValue("address", address)
                .addKeyValue("messages", messages)
                .addKeyValue("octets", octets)
                .addKeyValue("delivered", delivered)
                .addKeyValue("failed", failed)
                .addKeyValue("refused", refused)
                .addKeyValue("seconds", (System.nanoTime() - startNanos) / 1_000_000_000L)
                .addKeyValue("reason", end.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .log("lmtp-session-ended");
    }

    /** The message was stored for a recipient, durably. On any thread. */
    void stored(Target target, long count) {
        LOG.atInfo()
                .addKeyValue("session", id)
                .addKeyValue("user", target.user())
                .addKeyValue("folder", target.folder())
                .addKeyValue("octets", count)
                .log("message-delivered");
    }

    /** The message was not stored for a recipient. On any thread. */
    void notStored(Target target, Throwable error) {
        if (error instanceof StoreException store) {
            LOG.atWarn()
                    .addKeyValue("session", id)
                    .addKeyValue("user", target.user())
                    .addKeyValue("folder", target.folder())
                    .addKeyValue(
                            "reason",
                            store.reason().name().toLowerCase(Locale.ROOT).replace('_', '-'))
                    .addKeyValue("error", store.getMessage())
                    .addKeyValue("cause", store.getCause())
                    .log("delivery-failed");
        } else {
            LOG.atError()
                    .setCause(error)
                    .addKeyValue("session", id)
                    .addKeyValue("user", target.user())
                    .addKeyValue("folder", target.folder())
                    .log("delivery-failed");
        }
    }

    /** Looking for a recipient failed. On any thread. */
    void notFound(Throwable error) {
        LOG.atWarn()
                .addKeyValue("session", id)
                .addKeyValue("error", error.toString())
                .log("recipient-not-looked-up");
    }

    /** As the configuration writes it: {@code 127.0.0.1:24}, {@code unix:/run/pop2/lmtp}. */
    static String listening(SocketAddress address) {
        return address instanceof InetSocketAddress ? text(address) : "unix:" + address;
    }

    private static String text(@Nullable SocketAddress remote) {
        if (remote instanceof InetSocketAddress inet) {
            InetAddress host = inet.getAddress();
            String name = host == null ? "unresolved" : host.getHostAddress();
            return name.indexOf(':') >= 0 ? "[" + name + "]:" + inet.getPort() : name + ":" + inet.getPort();
        }
        return "local";
    }
}
