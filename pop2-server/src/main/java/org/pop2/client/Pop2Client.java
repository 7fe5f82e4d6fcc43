package org.pop2.client;

import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.NotSslRecordException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.pop2.client.Pop2ClientException.Reason;
import org.pop2.protocol.Command;
import org.pop2.protocol.CommandCodec;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.Connection;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;

/**
 * A client of POP2 servers. Has no state and nothing to close; each subscription is a connection of its own.
 *
 * <p><b>Mail comes at least once.</b> A message is acknowledged with {@link Acknowledgement#DELETE} when it is stored
 * safely, and deleted by the server when the session ends well. If the line drops in between it comes again in the next
 * session, and if it drops while the answer to QUIT is on its way nobody knows ({@link Reason#UNCONFIRMED}): who must
 * not have it twice compares contents, for POP2 gives messages no names.
 */
public final class Pop2Client {
    private final ClientSettings settings;
    private final Optional<LoopResources> loops;

    private Pop2Client(ClientSettings settings, Optional<LoopResources> loops) {
        this.loops = loops;
        this.settings = settings;
    }

    public static Pop2Client of(ClientSettings settings) {
        return new Pop2Client(settings, Optional.empty());
    }

    /**
     * The same client on the given event loops, which the caller disposes of. By default it uses those that Reactor
     * Netty shares among all clients of a process.
     */
    public Pop2Client runOn(LoopResources resources) {
        return new Pop2Client(settings, Optional.of(resources));
    }

    /**
     * Connects and logs in, when subscribed to. The session is the caller's to end, with {@link Pop2Session#quit} or
     * {@link Pop2Session#close}. To cancel before it is there closes the connection.
     *
     * @param password stays the caller's to wipe, after the session is there
     * @return fails with {@link Pop2ClientException}, or with {@link IllegalArgumentException} for a name and password
     *     that do not fit into a command line
     */
    public Mono<Pop2Session> connect(String user, Secret password) {
        return Mono.defer(() -> {
            Command.Helo helo = new Command.Helo(new Credentials(user, password), null);
            requireEncodable(helo, user, password);
            return transport()
                    .flatMap(TcpClient::connect)
                    .onErrorMap(failure -> !(failure instanceof Pop2ClientException), this::unreachable)
                    .flatMap(connection -> {
                        Conversation conversation = new Conversation(connection, settings, helo);
                        return conversation.logIn().map(count -> new Pop2Session(conversation, count.intValue()));
                    })
                    .doOnDiscard(Connection.class, Connection::dispose)
                    .doOnDiscard(Pop2Session.class, Pop2Session::close);
        });
    }

    /**
     * A whole session: connects, opens a mailbox, gives each message to the handler and acknowledges it as the handler
     * says, quits. The connection is closed in any case, also when this is cancelled; then, and when the handler fails,
     * without QUIT.
     *
     * @param folder for FOLD; empty: the user's default mailbox
     * @param handler reads {@link Pop2Message#content} and says what becomes of the message, when that may be said: for
     *     {@link Acknowledgement#DELETE}, when it is stored safely. Fails to stop
     * @return how many messages the handler has had; comes when the server has confirmed the end of the session
     */
    public Mono<Long> fetch(
            String user,
            Secret password,
            Optional<String> folder,
            Function<Pop2Message, ? extends Publisher<Acknowledgement>> handler) {
        return fetch(user, password, folder, handler, () -> false);
    }

    /**
     * The same, with an early end.
     *
     * @param enough asked after each message, when it has been acknowledged: {@code true} quits, the rest unread
     */
    public Mono<Long> fetch(
            String user,
            Secret password,
            Optional<String> folder,
            Function<Pop2Message, ? extends Publisher<Acknowledgement>> handler,
            BooleanSupplier enough) {
        return Mono.usingWhen(
                connect(user, password),
                session -> session.fetch(folder, handler, enough),
                session -> Mono.fromRunnable(session::close));
    }

    private Mono<TcpClient> transport() {
        TcpClient unbound = TcpClient.newConnection();
        TcpClient plain = loops.map(unbound::runOn)
                .orElse(unbound)
                .host(settings.host())
                .port(settings.port())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis());
        return settings.tls()
                // reads a file
                .map(tls -> Mono.fromCallable(tls::context)
                        .subscribeOn(Schedulers.boundedElastic())
                        .map(context -> plain.secure(spec -> spec.sslContext(context)
                                .handshakeTimeout(settings.connectTimeout())
                                .handlerConfigurator(ClientTls::checkName))))
                .orElseGet(() -> Mono.just(plain));
    }

    private int millis() {
        return (int) Math.min(Integer.MAX_VALUE, settings.connectTimeout().toMillis());
    }

    private Pop2ClientException unreachable(Throwable failure) {
        String where = settings.host() + " port " + settings.port();
        if (ClientTls.isDistrust(failure)) {
            return new Pop2ClientException(
                    Reason.TLS, where + ": its certificate is not trusted: " + ClientTls.distrust(failure), failure);
        }
        if (settings.tls().isPresent() && failure instanceof SSLException) {
            // its message has all that came, in hexadecimal
            String why = failure instanceof NotSslRecordException ? "the server speaks in clear" : failure.getMessage();
            return new Pop2ClientException(Reason.TLS, where + ": no TLS: " + why, failure);
        }
        return new Pop2ClientException(
                Reason.UNREACHABLE,
                where + " cannot be reached: " + words(failure, settings.connectTimeout()),
                failure);
    }

    /** The system's error text, without function name and number. */
    private static String words(Throwable failure, Duration limit) {
        if (failure instanceof UnknownHostException) {
            return "there is no host of that name";
        }
        if (failure instanceof ConnectTimeoutException) {
            return "no answer within " + limit.toSeconds() + " s";
        }
        String text = String.valueOf(failure.getMessage());
        if (failure instanceof NoRouteToHostException || text.contains("No route to host")) {
            return "it cannot be reached (no route to host)";
        }
        if (text.contains("refused")) {
            return "nothing listens there (connection refused)";
        }
        if (text.contains("unreachable")) {
            return "it cannot be reached (network is unreachable)";
        }
        return text;
    }

    private static void requireEncodable(Command.Helo helo, String user, Secret password) {
        boolean wrongUser = user.isEmpty() || user.chars().anyMatch(c -> c < ' ' || c == 0x7f);
        byte[] octets = password.octets();
        boolean wrongPassword = octets.length == 0;
        for (byte octet : octets) {
            wrongPassword |= octet == 0 || octet == '\r' || octet == '\n';
        }
        Arrays.fill(octets, (byte) 0);
        if (wrongUser || wrongPassword) {
            throw new IllegalArgumentException("no command line can carry this "
                    + (wrongUser ? "user name" : "password") + ": it is empty, or holds a control character");
        }
        Arrays.fill(CommandCodec.encode(helo), (byte) 0);
    }
}
