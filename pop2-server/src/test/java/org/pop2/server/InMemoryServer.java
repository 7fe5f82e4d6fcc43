package org.pop2.server;

import static java.util.concurrent.TimeUnit.MICROSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.fail;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.pop2.auth.Authenticator;
import org.pop2.auth.PlainHashes;
import org.pop2.net.RemoteClient;
import org.pop2.storage.Account;
import org.pop2.storage.UserName;
import org.pop2.testing.LogCapture;
import reactor.core.publisher.Mono;

/** The server's handlers on connections within this process, for millions of short ones. */
@SuppressWarnings(
        "FutureReturnValueIgnored") // a write that fails shows in what is said, a close in the wait for its end
final class InMemoryServer {
    /** What ends every session that has not ended yet: no command of any state. */
    private static final byte[] LAST_LINE = "\r\nXYZZY\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final int LIMIT_SECONDS = 20;
    /** More than any input of a fuzzer can ask for. */
    private static final int MOST_SAID = 64 << 20;

    private final ScriptedStore store = new ScriptedStore().mail(10, "Subject: one\r\n\r\nHello\r\n", "Two\r\n");
    private final LogCapture log = LogCapture.of("org.pop2").alone();
    private final Sessions sessions;
    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
    private final Channel server;

    InMemoryServer() {
        ServerSettings all = ServerSettings.defaults().withHostName("test.example");
        Account postel = new Account(new UserName("postel"), "{PLAIN}secret", true);
        store.accounts = name -> name.equals(postel.user()) ? Mono.just(postel) : Mono.empty();
        // no penalty: a fuzzer logs in wrongly without end
        Authenticator authenticator =
                PlainHashes.authenticator(store.accounts(), reactor.core.scheduler.Schedulers.parallel());
        sessions = new Sessions(all, store, authenticator, Optional.empty());
        Listener listener = new Listener(ListenerSettings.defaults(), Optional.empty());
        server = new ServerBootstrap()
                .group(loops)
                .channel(LocalServerChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInitializer<LocalChannel>() {
                    @Override
                    protected void initChannel(LocalChannel channel) {
                        channel.pipeline()
                                .addLast(
                                        "pop2",
                                        new SessionHandler(
                                                        sessions, listener, RemoteClient.plain(null, System.nanoTime()))
                                                .connection());
                    }
                })
                .bind(new LocalAddress("pop2"))
                .syncUninterruptibly()
                .channel();
    }

    /**
     * One connection: sends the octets in slices, reads what is said, and waits until everything is over.
     *
     * @return what the server said
     */
    byte[] converse(byte[] octets, int slice) {
        Said said = new Said();
        Channel channel = new Bootstrap()
                .group(loops)
                .channel(LocalChannel.class)
                .handler(said)
                .connect(server.localAddress())
                .syncUninterruptibly()
                .channel();
        for (int from = 0; from < octets.length; from += slice) {
            channel.write(Unpooled.wrappedBuffer(octets, from, Math.min(slice, octets.length - from)));
        }
        channel.writeAndFlush(Unpooled.wrappedBuffer(LAST_LINE));
        try {
            if (!said.over.await(LIMIT_SECONDS, SECONDS)) {
                fail("no end; it said " + new String(said.octets.toByteArray(), StandardCharsets.ISO_8859_1));
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        channel.close().syncUninterruptibly();
        awaitRest();
        return said.octets.toByteArray();
    }

    private void awaitRest() {
        long deadline = System.nanoTime() + SECONDS.toNanos(LIMIT_SECONDS);
        while (sessions.connections().count() > 0 || store.opened.get() != store.releases.size()) {
            if (System.nanoTime() - deadline > 0) {
                fail(sessions.connections().count() + " connections are left, " + store.opened.get()
                        + " mailboxes were opened, " + store.releases.size() + " released");
            }
            LockSupport.parkNanos(MICROSECONDS.toNanos(20));
        }
        if (store.liveBuffers.get() != 0) {
            fail(store.liveBuffers + " buffers of messages were not released");
        }
        store.opened.set(0);
        store.releases.clear();
        List<String> thrown = log.takeThrown();
        if (!thrown.isEmpty()) {
            fail(thrown.toString());
        }
    }

    /** What one connection was told. */
    private static final class Said extends SimpleChannelInboundHandler<ByteBuf> {
        private final ByteArrayOutputStream octets = new ByteArrayOutputStream();
        private final CountDownLatch over = new CountDownLatch(1);
        private final byte[] buffer = new byte[4096];

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf said) {
            while (said.isReadable()) {
                int length = Math.min(buffer.length, said.readableBytes());
                said.readBytes(buffer, 0, length);
                octets.write(buffer, 0, length);
            }
            if (octets.size() > MOST_SAID) {
                context.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            over.countDown();
        }
    }
}
