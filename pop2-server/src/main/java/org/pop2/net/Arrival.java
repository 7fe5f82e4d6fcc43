package org.pop2.net;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxySSLTLV;
import io.netty.handler.ssl.SslCloseCompletionEvent;
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

/**
 * What precedes the session on some connections: the header of a proxy, then the TLS handshake. Both must complete
 * within the limit of the {@link Door}, which then supplies the handler that replaces this one.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what becomes of a close is told by the pipeline
public final class Arrival extends ChannelInboundHandlerAdapter implements Connections.Connection {

    /** A listener's decisions about one connection. Called on the connection's event loop. */
    public interface Door {
        /** The TLS of this listener; empty: none. */
        Optional<TlsContext> tls();

        /** Addresses of proxies, which must send a PROXY header first. */
        Networks proxies();

        /** Time limit for header and handshake. */
        Duration limit();

        /** Counts the connection; {@code false} refuses and closes it. */
        boolean enters(Arrival arrival, RemoteClient client);

        /** A proxy has named the client, which counts from now on; {@code false} refuses and closes the connection. */
        boolean isNamed(RemoteClient client);

        /** The handler of its session, which takes over the count. */
        ChannelHandler session(RemoteClient client);

        /** The session's handler has replaced this one. */
        void passed(Arrival arrival);

        /** The connection has ended without a session. */
        void leaves(Arrival arrival);

        /** The connection failed before its session. Called once. */
        void failed(RemoteClient client, String why);
    }

    private final Door door;
    private final long sinceNanos = System.nanoTime();

    private @Nullable ChannelHandlerContext context;
    private @Nullable SocketAddress address;
    private @Nullable ScheduledFuture<?> timer;

    /** Whether the client speaks TLS with the proxy, as that says. */
    private boolean encrypted;

    /** Whether a session has taken over. */
    private boolean over;

    /** Whether it is being closed; later errors are consequences. */
    private boolean closing;

    /** A connection that has just been accepted. */
    public Arrival(Door door) {
        this.door = door;
    }

    /** Whether a connection from that address needs this handler. */
    public static boolean isNeeded(Door door, @Nullable SocketAddress from) {
        return door.tls().isPresent() || door.proxies().contain(from);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        address = added.channel().remoteAddress();
        if (!door.enters(this, client(Optional.empty()))) {
            close();
            return;
        }
        timer = added.channel()
                .eventLoop()
                .schedule(() -> refuse("took too long"), door.limit().toNanos(), TimeUnit.NANOSECONDS);
        if (door.proxies().contain(address)) {
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
        } else if (event instanceof ChannelInputShutdownEvent || event instanceof SslCloseCompletionEvent) {
            refuse("the client ended its side");
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
            door.leaves(this);
        }
        super.channelInactive(gone);
    }

    @Override
    public void stop() {
        context().channel().eventLoop().execute(() -> {
            if (!over) {
                close();
            }
        });
    }

    /** Closes it to make room for another. On any thread. */
    public void giveWay() {
        context().channel().eventLoop().execute(() -> refuse("made room for others"));
    }

    @Override
    public void stopNow() {
        stop();
    }

    /** Evaluates the header. With LOCAL the proxy speaks for itself, as in a health check. */
    private void client(HAProxyMessage header) {
        if (header.command() == HAProxyCommand.PROXY && header.sourceAddress() != null) {
            // anything but an IP address, a Unix socket's path say, is the proxy's machine
            addressOf(header.sourceAddress()).ifPresent(ip -> address = new InetSocketAddress(ip, header.sourcePort()));
        }
        encrypted = header.tlvs().stream().anyMatch(it -> it instanceof HAProxySSLTLV ssl && ssl.isPP2ClientSSL());
        if (door.isNamed(client(Optional.empty()))) {
            encrypt();
        } else {
            close();
        }
    }

    /**
     * Parses the address that a proxy wrote. With Java's parser, since Netty's treats the IPv4-compatible
     * {@code ::127.0.0.1} as this machine.
     */
    private static Optional<InetAddress> addressOf(String written) {
        int zone = written.indexOf('%');
        String literal = zone < 0 ? written : written.substring(0, zone);
        if (!NetUtil.isValidIpV4Address(literal) && !NetUtil.isValidIpV6Address(literal)) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(literal));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an address", e);
        }
    }

    private void encrypt() {
        if (door.tls().isEmpty()) {
            session();
            return;
        }
        SslHandler tls = door.tls().get().newHandler(context().alloc(), door.limit());
        context().pipeline().addBefore(context().name(), "tls", tls);
    }

    /** The session takes over. */
    private void session() {
        if (over || closing || !context().channel().isActive()) {
            return;
        }
        over = true;
        cancelTimer();
        SslHandler tls = context().pipeline().get(SslHandler.class);
        encrypted |= tls != null;
        RemoteClient client = client(tls == null ? Optional.empty() : commonName(tls));
        context().pipeline().replace(this, "session", door.session(client));
        door.passed(this);
    }

    private RemoteClient client(Optional<String> certificate) {
        return new RemoteClient(address, encrypted, certificate, sinceNanos);
    }

    /** The common name of the client's certificate, if it has one. */
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

    /** Works once: a failed handshake causes an event, an exception, and another one when the channel closes. */
    private void refuse(String why) {
        if (over || closing) {
            return;
        }
        // a peer's words may be in it
        door.failed(client(Optional.empty()), LogText.escapeWords(why));
        close();
    }

    private void close() {
        closing = true;
        context().close();
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
