package org.pop2.server;

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
import org.pop2.net.Client;
import org.pop2.net.LogText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

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

    /** Among the connections of the address; nothing: that one has too many. */
    private Optional<Disposable> place = Optional.empty();

    private @Nullable ChannelHandlerContext context;
    private @Nullable SocketAddress address;
    private @Nullable ScheduledFuture<?> timer;

    /** Whether the proxy said that the client speaks TLS with it. */
    private boolean encrypted;

    /** Whether a session has taken over. */
    private boolean over;

    /** Whether it is being closed: whatever else goes wrong is a consequence. */
    private boolean closing;

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
        Sessions.Admission admitted = sessions.add(this, listener, client(Optional.empty()));
        reception = admitted.reception();
        place = admitted.place();
        if (reception == Sessions.Reception.FLOODED) {
            refuse(ServerObserver.Refusal.FLOODED, null);
            return;
        }
        if (reception == Sessions.Reception.FULL && listener.tls().isPresent()) {
            // a handshake costs more than it is worth
            refuse(ServerObserver.Refusal.FULL, null);
            return;
        }
        if (place.isEmpty()) {
            refuse(ServerObserver.Refusal.ADDRESS, null);
            return;
        }
        sessions.arrivals().add(this, listener);
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
            sessions.arrivals().remove(this);
            place.ifPresent(Disposable::dispose);
            sessions.remove(this, listener);
        }
        super.channelInactive(gone);
    }

    @Override
    public void stop() {
        context().channel().eventLoop().execute(() -> {
            if (!over) {
                closing = true;
                context().close();
            }
        });
    }

    /** Makes room for another. On any thread. */
    void giveWay() {
        context().channel().eventLoop().execute(() -> refuse("made room for others"));
    }

    @Override
    public void stopNow() {
        stop();
    }

    /** Who the proxy says it is. With LOCAL it speaks for itself, as for a health check. */
    private void client(HAProxyMessage header) {
        if (header.command() == HAProxyCommand.PROXY && header.sourceAddress() != null) {
            // anything but an IP address, a Unix socket's path say, is the proxy's machine
            addressOf(header.sourceAddress()).ifPresent(ip -> address = new InetSocketAddress(ip, header.sourcePort()));
        }
        encrypted = header.tlvs().stream().anyMatch(it -> it instanceof HAProxySSLTLV ssl && ssl.isPP2ClientSSL());
        place.ifPresent(Disposable::dispose);
        place = sessions.enters(client(Optional.empty()));
        if (place.isEmpty() && listener.tls().isPresent()) {
            refuse(ServerObserver.Refusal.ADDRESS, null);
            return;
        }
        encrypt();
    }

    /**
     * The address that a proxy wrote. Java's reading, not Netty's, which takes the IPv4-compatible {@code ::127.0.0.1}
     * for this machine.
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
            throw new IllegalArgumentException("an address that is none", e);
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
        if (over || closing || !context().channel().isActive()) {
            return;
        }
        over = true;
        cancelTimer();
        sessions.arrivals().remove(this);
        SslHandler tls = context().pipeline().get(SslHandler.class);
        encrypted |= tls != null;
        SessionHandler session = new SessionHandler(
                sessions,
                listener,
                client(tls == null ? Optional.empty() : commonName(tls)),
                new Sessions.Admission(reception, place));
        sessions.replace(this, session);
        context().pipeline().replace(this, "pop2", session);
    }

    private Client client(Optional<String> certificate) {
        return new Client(address, encrypted, certificate, sinceNanos);
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
        refuse(ServerObserver.Refusal.HANDSHAKE, LogText.escapeWords(why));
    }

    /** Once: a handshake that fails is told by an event and by an exception, and again when the channel closes. */
    private void refuse(ServerObserver.Refusal why, @Nullable String error) {
        if (over || closing) {
            return;
        }
        closing = true;
        sessions.observer().refused(why, Client.text(address));
        LOG.atInfo()
                .addKeyValue("listener", listener.settings().name())
                .addKeyValue("address", Client.text(address))
                .addKeyValue("reason", LogText.word(why))
                .addKeyValue("error", error)
                .log("connection-refused");
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
