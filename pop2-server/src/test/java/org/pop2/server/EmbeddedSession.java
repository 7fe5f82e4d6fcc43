package org.pop2.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.pop2.auth.Authenticator;
import org.pop2.auth.PlainHashes;
import org.pop2.net.RemoteClient;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;
import org.pop2.storage.MailStore;
import reactor.core.scheduler.Schedulers;

/**
 * A session without a network, of user {@code postel} with the password {@code secret}: the calling thread does all of
 * its work, as far as the storage does not bring others in.
 */
final class EmbeddedSession implements AutoCloseable {
    private final Authenticator authenticator;
    private final EmbeddedChannel channel;

    /** Logs in. */
    EmbeddedSession(MailStore store) {
        authenticator = PlainHashes.authenticator(store.accounts(), Schedulers.immediate());
        // the right password is remembered, so that the session logs in on this thread
        Credentials postel = new Credentials("postel", Secret.of("secret".getBytes(StandardCharsets.US_ASCII)));
        authenticator.authenticate(postel, null).block(TestServer.LIMIT);
        // no limit of commands: a benchmark gives many
        ServerSettings settings =
                ServerSettings.defaults().withLimits(Limits.defaults().withCommands(Long.MAX_VALUE));
        Sessions sessions = new Sessions(settings, store, authenticator, Optional.empty());
        channel = new EmbeddedChannel(new SessionHandler(
                        sessions,
                        new Listener(ListenerSettings.defaults(), Optional.empty()),
                        RemoteClient.plain(null, System.nanoTime()))
                .connection());
        take();
        say(lines("HELO postel secret\r\n"));
        if (take() == 0) {
            throw new IllegalStateException("no answer to HELO");
        }
    }

    /** Commands that can be said again and again. */
    static ByteBuf lines(String lines) {
        return Unpooled.unreleasableBuffer(
                Unpooled.directBuffer().writeBytes(lines.getBytes(StandardCharsets.US_ASCII)));
    }

    /** Sends commands. What is answered stays until it is {@linkplain #take taken}. */
    void say(ByteBuf lines) {
        channel.writeInbound(lines.readerIndex(0));
    }

    /** Octets that have been answered. */
    long take() {
        long octets = 0;
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            octets += next.readableBytes();
            next.release();
        }
        return octets;
    }

    @Override
    public void close() {
        channel.finishAndReleaseAll();
        authenticator.dispose();
    }
}
