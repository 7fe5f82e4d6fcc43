package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.pop2.protocol.dialogue.DialogueSetup;
import org.pop2.protocol.dialogue.Peer;
import org.pop2.storage.Account;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A server over a socket, for the dialogues that the protocol module runs on the pure session. */
final class SocketPeer implements Peer {
    /** Short where a dialogue waits for a timer, and out of the way where it does not. */
    private static final Duration SILENCE = Duration.ofMillis(300);

    private final MemoryMailStore store = MemoryMailStore.create();
    private final TestServer server;
    private final Socket socket;
    private final InputStream in;

    SocketPeer(DialogueSetup setup) {
        for (DialogueSetup.User user : setup.users()) {
            byte[] password = user.password().getBytes(StandardCharsets.ISO_8859_1);
            String hash = "{PLAIN.B64}" + Base64.getEncoder().encodeToString(password);
            Mono.from(store.accounts().put(new Account(new UserName(user.name()), hash, true)))
                    .block(TestServer.LIMIT);
            for (DialogueSetup.Folder folder : user.folders()) {
                folder.messages().forEach(message -> deliver(user.name(), folder.name(), message));
            }
        }
        Duration patience = setup.silence() ? SILENCE : TestServer.LIMIT;
        server = TestServer.over(
                store,
                settings -> settings.withHostName(setup.hostName())
                        .withStrict(setup.strict())
                        .withOnDisconnect(setup.onDisconnect())
                        .withLoginTimeout(patience)
                        .withIdleTimeout(patience));
        try {
            socket = new Socket(server.address().getAddress(), server.address().getPort());
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) TestServer.LIMIT.toMillis());
            in = socket.getInputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void send(byte[] octets) {
        try {
            socket.getOutputStream().write(octets);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public byte[] receiveLine() {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        byte[] octet;
        do {
            octet = receive(1);
            line.writeBytes(octet);
        } while (octet.length > 0 && octet[0] != '\n');
        return line.toByteArray();
    }

    @Override
    public byte[] receive(int octets) {
        try {
            return in.readNBytes(octets);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void expectClosed() {
        assertThat(receive(1)).as("octets before the close").isEmpty();
    }

    @Override
    public void drop() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void silence() {
        // the server's own timer runs; what comes next waits for it
    }

    @Override
    public void deliver(String user, String folder, byte[] message) {
        Mono.from(store.deliver(
                        new UserName(user), new FolderName(folder), Message.of(Mono.just(ByteBuffer.wrap(message)))))
                .block(TestServer.LIMIT);
    }

    @Override
    public List<byte[]> messages(String user, String folder) {
        // held by the session until its work is done
        Mailbox mailbox = Objects.requireNonNull(Mono.from(store.open(new UserName(user), new FolderName(folder)))
                .block(TestServer.LIMIT));
        List<byte[]> messages = new ArrayList<>();
        for (int number = 1; number <= mailbox.count(); number++) {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            Flux.from(mailbox.content(number))
                    .doOnNext(buffer -> append(content, buffer))
                    .blockLast(TestServer.LIMIT);
            messages.add(content.toByteArray());
        }
        Mono.from(mailbox.release(new BitSet())).block(TestServer.LIMIT);
        return messages;
    }

    private static void append(ByteArrayOutputStream content, ContentBuffer buffer) {
        byte[] octets = new byte[buffer.octets().remaining()];
        buffer.octets().get(octets);
        content.writeBytes(octets);
        buffer.release();
    }

    @Override
    public void close() {
        drop();
        server.close();
    }
}
