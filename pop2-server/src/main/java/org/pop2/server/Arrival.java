package org.pop2.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxySSLTLV;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection before its session, where there is something before it: the header of a proxy, then the TLS handshake.
 * Both have to be done in the time to log in. In the end a {@link SessionHandler} takes its place.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what becomes of a close is told by the pipeline
final class Arrival extends ChannelInboundHandlerAdapter implements Sessions.Connection {
    private static final Logger LOG = LoggerFactory.getLogger(Arrival.class);

    private final Sessions sessions;
    private final Listener listener;
    private final long sinceNanos = System.nanoTime();
    private Sessions.Reception reception = Sessions.Reception.WELCOME;
    private @Nullable ChannelHandlerContext context;
    private @Nullable SocketAddress address;
    private @Nullable ScheduledFuture<?> timer;

    /** Whether the proxy said that the client speaks TLS with it. */
    private boolean encrypted;

    /** Whether a session has taken over. */
    private boolean over;

    Arrival(Sessions sessions, Listener listener) {
        this.sessions = sessions;
        this.listener = listener;
    }

    /** Whether a connection from there has something to do before its session. */
    static boolean isNeeded(Listener listener, @Nullable SocketAddress from) {
        return listener.tls().isPresent() || listener.settings().proxiesFrom().contain(from);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        address = added.channel().remoteAddress();
        reception = sessions.add(this, listener);
        if (reception != Sessions.Reception.WELCOME && listener.tls().isPresent()) {
            // a handshake costs more than it is worth
            refused(
                    reception == Sessions.Reception.FULL ? ServerObserver.Refusal.FULL : ServerObserver.Refusal.FLOODED,
                    null);
            added.close();
            return;
        }
        Duration limit = sessions.settings().loginTimeout();
        timer = added.channel().eventLoop().schedule(this::tooLate, limit.toNanos(), TimeUnit.NANOSECONDS);
        if (listener.settings().proxiesFrom().contain(address)) {
            added.pipeline().addBefore(added.name(), "proxy", new HAProxyMessageDecoder());
        } else {
            encrypt();
        }
        added.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext ignored, Object message) {
        try {
            if (message instanceof HAProxyMessage header) {
                client(header);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ignored) {
        context().read();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ignored, Object event) throws Exception {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (handshake.isSuccess()) {
                session();
            } else {
                refuse("TLS: " + handshake.cause().getMessage());
            }
        } else {
            super.userEventTriggered(context(), event);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ignored, Throwable cause) {
        refuse(String.valueOf(cause.getMessage()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext gone) throws Exception {
        if (!over) {
            cancelTimer();
            sessions.remove(this, listener);
        }
        super.channelInactive(gone);
    }

    @Override
    public void stop() {
        context().channel().eventLoop().execute(() -> {
            if (!over) {
                context().close();
            }
        });
    }

    @Override
    public void stopNow() {
        stop();
    }

    /** Who the proxy says it is. With LOCAL it speaks for itself, as for a health check. */
    private void client(HAProxyMessage header) {
        if (header.command() == HAProxyCommand.PROXY && header.sourceAddress() != null) {
            byte[] ip = NetUtil.createByteArrayFromIpAddressString(header.sourceAddress());
            // anything but an IP address, a Unix socket's path say, is the proxy's machine
            if (ip != null) {
                address = new InetSocketAddress(addressOf(ip), header.sourcePort());
            }
        }
        encrypted = header.tlvs().stream().anyMatch(it -> it instanceof HAProxySSLTLV ssl && ssl.isPP2ClientSSL());
        encrypt();
    }

    private static InetAddress addressOf(byte[] ip) {
        try {
            return InetAddress.getByAddress(ip);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("an address of " + ip.length + " octets", e);
        }
    }

    private void encrypt() {
        if (listener.tls().isEmpty()) {
            session();
            return;
        }
        SslHandler tls = listener.tls()
                .get()
                .newHandler(context().alloc(), sessions.settings().loginTimeout());
        context().pipeline().addBefore(context().name(), "tls", tls);
    }

    /** The session takes over. */
    private void session() {
        if (over || !context().channel().isActive()) {
            return;
        }
        over = true;
        cancelTimer();
        SslHandler tls = context().pipeline().get(SslHandler.class);
        Client client = new Client(
                address, encrypted || tls != null, tls == null ? Optional.empty() : commonName(tls), sinceNanos);
        SessionHandler session = new SessionHandler(sessions, listener, client, reception);
        sessions.replace(this, session);
        context().pipeline().replace(this, "pop2", session);
    }

    /** The common name of the certificate that the client has shown, if it has. */
    private static Optional<String> commonName(SslHandler tls) {
        try {
            for (Certificate certificate : tls.engine().getSession().getPeerCertificates()) {
                if (certificate instanceof X509Certificate shown) {
                    return new LdapName(shown.getSubjectX500Principal().getName())
                            .getRdns().stream()
                                    .filter(part -> part.getType().equalsIgnoreCase("CN"))
                                    .map(Rdn::getValue)
                                    .map(String::valueOf)
                                    .findFirst()
                                    // a certificate without a name is nobody's
                                    .or(() -> Optional.of(""));
                }
            }
            return Optional.empty();
        } catch (SSLPeerUnverifiedException none) {
            return Optional.empty();
        } catch (InvalidNameException e) {
            return Optional.of("");
        }
    }

    private void tooLate() {
        refuse("took too long");
    }

    private void refuse(String why) {
        // a peer's words may be in it
        refused(ServerObserver.Refusal.HANDSHAKE, SessionRecord.escapeWords(why));
        context().close();
    }

    private void refused(ServerObserver.Refusal why, @Nullable String error) {
        sessions.observer().refused(why);
        LOG.atInfo()
                .addKeyValue("listener", listener.settings().name())
                .addKeyValue("address", Client.text(address))
                .addKeyValue("reason", SessionRecord.word(why))
                .addKeyValue("error", error)
                .log("connection-refused");
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context, "not added to a pipeline");
    }
}
