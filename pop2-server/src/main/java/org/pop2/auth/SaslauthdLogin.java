package org.pop2.auth;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.Secret;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Asks Cyrus's saslauthd, which asks PAM, the system's users, Kerberos or another server. It is a separate process with
 * rights that this one must not have. Each login is a connection: four counted strings (user, password, service, realm)
 * go out, and one comes back that begins with {@code OK} or {@code NO}.
 */
public final class SaslauthdLogin implements Login {
    /** The service's file in {@code /etc/pam.d}. */
    public static final String SERVICE = "pop2";

    private static final int LONGEST_ANSWER = 1024;

    private final Path socket;

    /** @param socket {@code /run/saslauthd/mux}, say; need not exist yet */
    public SaslauthdLogin(Path socket) {
        this.socket = socket;
    }

    /** Asks for the name in lower case, as mail is stored under it. */
    @Override
    public Publisher<Verdict> login(String user, Secret secret, @Nullable InetAddress peer) {
        Optional<UserName> name = UserName.of(user);
        return name.isEmpty()
                ? Mono.just(Verdict.REFUSED)
                : Mono.fromCallable(() -> ask(name.get(), secret)).subscribeOn(Schedulers.boundedElastic());
    }

    private Verdict ask(UserName user, Secret secret) throws IOException {
        byte[] password = secret.octets();
        byte[] octets = question(user, password);
        Arrays.fill(password, (byte) 0);
        ByteBuffer question = ByteBuffer.wrap(octets);
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            // who is no longer waited for is interrupted, which closes the channel
            connect(channel);
            while (question.hasRemaining()) {
                channel.write(question);
            }
            int length = Short.toUnsignedInt(read(channel, Short.BYTES).getShort());
            if (length > LONGEST_ANSWER) {
                throw new IOException(socket + " does not answer as saslauthd does");
            }
            String answer =
                    StandardCharsets.US_ASCII.decode(read(channel, length)).toString();
            if (answer.startsWith("OK")) {
                return Verdict.accepted(user);
            }
            if (answer.startsWith("NO")) {
                return Verdict.REFUSED;
            }
            throw new IOException(socket + " does not answer as saslauthd does");
        } finally {
            Arrays.fill(octets, (byte) 0);
        }
    }

    private void connect(SocketChannel channel) throws IOException {
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (SocketException e) {
            throw new IOException("saslauthd cannot be asked on " + socket + ": " + e.getMessage(), e);
        }
    }

    private static byte[] question(UserName user, byte[] password) {
        byte[] name = user.value().getBytes(StandardCharsets.UTF_8);
        byte[] service = SERVICE.getBytes(StandardCharsets.US_ASCII);
        byte[] octets = new byte[4 * Short.BYTES + name.length + password.length + service.length];
        ByteBuffer question = ByteBuffer.wrap(octets);
        for (byte[] each : new byte[][] {name, password, service, {}}) {
            question.putShort((short) each.length).put(each);
        }
        return octets;
    }

    private static ByteBuffer read(SocketChannel channel, int octets) throws IOException {
        ByteBuffer all = ByteBuffer.allocate(octets);
        while (all.hasRemaining()) {
            if (channel.read(all) < 0) {
                throw new EOFException("saslauthd went before it had answered");
            }
        }
        return all.flip();
    }
}
