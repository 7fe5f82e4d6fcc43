package org.pop2.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.protocol.Secret;
import org.pop2.server.TestServer;
import org.pop2.server.Wire;
import org.pop2.storage.memory.MemoryMailStore;
import reactor.core.publisher.Mono;

/** Against a socket that speaks as saslauthd does: it knows smith, and answers in two pieces. */
class SaslauthdLoginTest {
    @TempDir
    Path directory;

    private final BlockingQueue<List<String>> asked = new LinkedBlockingQueue<>();
    private volatile String answer = "";
    private ServerSocketChannel saslauthd;

    SaslauthdLoginTest() throws IOException {
        saslauthd = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    }

    @BeforeEach
    void listen() throws IOException {
        saslauthd.bind(UnixDomainSocketAddress.of(socket()));
        Thread thread = new Thread(this::serve, "saslauthd");
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void close() throws IOException {
        saslauthd.close();
    }

    private Path socket() {
        return directory.resolve("mux");
    }

    private void serve() {
        while (saslauthd.isOpen()) {
            try (SocketChannel channel = saslauthd.accept()) {
                DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
                List<String> words = List.of(word(in), word(in), word(in), word(in));
                asked.add(words);
                String said = !answer.isEmpty()
                        ? answer
                        : words.get(0).equals("smith") && words.get(1).equals("sécret")
                                ? "OK"
                                : "NO \"authentication failed\"";
                ByteArrayOutputStream reply = new ByteArrayOutputStream();
                reply.write(said.length() >> 8);
                reply.write(said.length());
                channel.write(ByteBuffer.wrap(reply.toByteArray()));
                channel.write(ByteBuffer.wrap(said.getBytes(StandardCharsets.US_ASCII)));
            } catch (IOException e) {
                // the next one, or the end
            }
        }
    }

    private static String word(DataInputStream in) throws IOException {
        byte[] octets = new byte[in.readUnsignedShort()];
        in.readFully(octets);
        return new String(octets, StandardCharsets.UTF_8);
    }

    private Verdict verdict(String user, String password) {
        return Mono.from(new SaslauthdLogin(socket())
                        .login(user, Secret.of(password.getBytes(StandardCharsets.UTF_8)), null))
                .blockOptional(TestServer.LIMIT)
                .orElseThrow();
    }

    @Test
    void userAndPasswordAreAskedForUnderTheServiceOfPop2() throws InterruptedException {
        Verdict verdict = verdict("SMITH", "sécret");

        assertThat(verdict.user())
                .hasValueSatisfying(it -> assertThat(it.value()).isEqualTo("smith"));
        assertThat(asked.take()).containsExactly("smith", "sécret", "pop2", "");
    }

    @Test
    void noIsARefusalAndANameThatNobodyCanHaveIsNotAskedFor() {
        assertThat(verdict("smith", "wrong")).isSameAs(Verdict.REFUSED);
        asked.clear();
        assertThat(verdict("../smith", "sécret")).isSameAs(Verdict.REFUSED);
        assertThat(asked).isEmpty();
    }

    /** Then it is a failure for the moment, and nobody's wrong password. */
    @Test
    void whatIsNoAnswerOrNoServiceIsAnError() throws IOException {
        answer = "HTTP/1.0 400";
        assertThatThrownBy(() -> verdict("smith", "sécret"))
                .hasRootCauseInstanceOf(IOException.class)
                .hasMessageContaining("does not answer as saslauthd does");
        saslauthd.close();
        assertThatThrownBy(() -> verdict("smith", "sécret")).hasRootCauseInstanceOf(IOException.class);
    }

    @Test
    void itDecidesWhoLogsInToAServer() {
        MemoryMailStore store = MemoryMailStore.create()
                .account("smith", "{PLAIN}another")
                .message("smith", "INBOX", "Subject: one\r\n\r\nHello\r\n");
        try (TestServer server = TestServer.over(store, new SaslauthdLogin(socket()));
                Wire wire = server.connect()) {
            wire.expect("+ POP2 ");
            wire.ask("HELO smith s\u00e9cret", "-");
        }
        answer = "OK";
        try (TestServer server = TestServer.over(store, new SaslauthdLogin(socket()));
                Wire wire = server.connect()) {
            wire.expect("+ POP2 ");
            wire.ask("HELO smith anything", "#1");
        }
    }
}
