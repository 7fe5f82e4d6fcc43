package org.pop2.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.protocol.Secret;
import org.pop2.server.Certificates;
import org.pop2.server.ListenerSettings;
import org.pop2.server.TestServer;
import org.pop2.storage.memory.MemoryMailStore;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/** A client with TLS and event loops that the program has already. */
class OwnPartsTest {
    @TempDir
    Path directory;

    private final Certificates known = Certificates.create();
    private final Certificates unknown = Certificates.create();

    private TestServer server() {
        return TestServer.over(
                MemoryMailStore.create()
                        .account("postel", "{PLAIN}secret")
                        .message("postel", "INBOX", "Subject: one\r\n\r\nHello\r\n"),
                settings -> settings.withListeners(List.of(
                        ListenerSettings.plain("tls", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                                .withTls(known.server(directory)))));
    }

    private static Mono<Long> fetch(Pop2Client client) {
        return client.fetch(
                "postel",
                Secret.of("secret".getBytes(StandardCharsets.UTF_8)),
                Optional.empty(),
                message -> message.bytes().then(Mono.just(Acknowledgement.KEEP)));
    }

    private static void assertDistrusts(ClientSettings settings) {
        assertThatThrownBy(() -> fetch(Pop2Client.of(settings)).block(TestServer.LIMIT))
                .isInstanceOfSatisfying(
                        Pop2ClientException.class,
                        error -> assertThat(error.reason()).isEqualTo(Pop2ClientException.Reason.TLS));
    }

    private SSLContext javas(Certificates authority) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(authority.file(directory))) {
            trusted.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private SslContext nettys(Certificates authority) throws Exception {
        return SslContextBuilder.forClient()
                .trustManager(authority.file(directory).toFile())
                .build();
    }

    @Test
    void theContextOfTheProgramIsUsedAndTheNameIsChecked() throws Exception {
        try (TestServer server = server()) {
            int port = server.address().getPort();
            ClientSettings named = ClientSettings.of("localhost", port);
            ClientSettings numbered = ClientSettings.of("127.0.0.1", port);
            for (ClientTls tls : List.of(ClientTls.of(javas(known)), ClientTls.of(nettys(known)))) {
                assertThat(fetch(Pop2Client.of(named.withTls(tls))).block(TestServer.LIMIT))
                        .isEqualTo(1);
                // its certificate is of localhost: a context that trusts it says nothing about that
                assertDistrusts(numbered.withTls(tls));
            }
            assertDistrusts(named.withTls(ClientTls.of(javas(unknown))));
            assertDistrusts(named.withTls(ClientTls.of(nettys(unknown))));
        }
    }

    @Test
    void aContextThatIsNoClientsOrHasItsOwnCertificateIsRefused() throws Exception {
        SslContext ofServer = SslContextBuilder.forServer(
                        known.server(directory).certificate().toFile(),
                        known.server(directory).key().toFile())
                .build();

        assertThatIllegalArgumentException().isThrownBy(() -> ClientTls.of(ofServer));
        ClientTls own = ClientTls.of(nettys(known));
        assertThatThrownBy(() -> own.withCertificate(directory, directory)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theEventLoopsOfTheProgramAreUsedAndStay() {
        LoopResources loops = LoopResources.create("the-programs", 1, true);
        Set<String> threads = ConcurrentHashMap.newKeySet();
        try (TestServer server = TestServer.over(MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", "Subject: one\r\n\r\nHello\r\n"))) {
            Pop2Client client = Pop2Client.of(
                            ClientSettings.of("127.0.0.1", server.address().getPort()))
                    .runOn(loops);
            fetch(client)
                    .doOnNext(any -> threads.add(Thread.currentThread().getName()))
                    .block(TestServer.LIMIT);

            assertThat(threads).singleElement().asString().startsWith("the-programs");
            assertThat(loops.isDisposed()).isFalse();
        } finally {
            loops.disposeLater().block(TestServer.LIMIT);
        }
    }
}
