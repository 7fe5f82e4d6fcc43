package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.auth.Authenticator;
import org.pop2.net.TlsException;
import org.pop2.net.TlsSettings;
import org.pop2.net.TlsSettings.ClientCertificate;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.testing.LogCapture;
import reactor.core.publisher.Mono;

/** Sessions inside TLS, and the certificates they begin with. */
@ExtendWith(NoLeaks.class)
class TlsTest {
    private static final String MAIL = "Subject: one\r\n\r\nHello\r\n";

    private final Certificates certificates = Certificates.create();

    @TempDir
    private Path directory;

    private static MemoryMailStore postel() {
        return MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", MAIL)
                .message("postel", "INBOX", MAIL);
    }

    private static TestServer serve(org.pop2.storage.MailStore store, TlsSettings tls) {
        return TestServer.over(
                store,
                settings -> settings.withListeners(List.of(
                        ListenerSettings.plain("tls", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                                .withTls(tls))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void aWholeSession(String version) throws Exception {
        try (TestServer server = serve(postel(), certificates.server(directory));
                SSLSocket socket = certificates.connect(server.address(), null, version);
                Wire wire = Wire.over(socket)) {
            wire.expect("+ POP2 test.example");
            wire.ask("HELO postel secret", "#2");
            wire.ask("READ", "=" + MAIL.length());
            wire.send("RETR\r\n");
            assertThat(wire.octets(MAIL.length())).isEqualTo(MAIL);
            wire.ask("ACKD", "=" + MAIL.length());
            wire.ask("QUIT", "+ bye");
            assertThat(wire.rest()).isEmpty();
            assertThat(socket.getSession().getProtocol()).isEqualTo(version);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void everythingSentAheadIsAnsweredInOrder(String version) throws Exception {
        try (TestServer server = serve(postel(), certificates.server(directory));
                Wire wire = Wire.over(certificates.connect(server.address(), null, version))) {
            wire.send("HELO postel secret\r\n" + "READ 1\r\n".repeat(5_000) + "RETR\r\nACKS\r\nQUIT\r\n");
            wire.expect("+ POP2");
            wire.expect("#2");
            for (int i = 0; i < 5_000; i++) {
                assertThat(wire.line()).isEqualTo("=" + MAIL.length() + "\r\n");
            }
            assertThat(wire.rest()).isEqualTo(MAIL + "=" + MAIL.length() + "\r\n+ bye\r\n");
        }
    }

    @Test
    void aClientThatHasEndedItsSideGetsAllAnswers() throws Exception {
        try (TestServer server = serve(postel(), certificates.server(directory));
                SSLSocket socket = certificates.connect(server.address(), null, "TLSv1.3");
                Wire wire = Wire.over(socket)) {
            wire.send("HELO postel secret\r\nREAD\r\nRETR\r\nACKS\r\nQUIT\r\n");
            socket.shutdownOutput();
            wire.expect("+ POP2");
            wire.expect("#2");
            assertThat(wire.rest())
                    .isEqualTo("=" + MAIL.length() + "\r\n" + MAIL + "=" + MAIL.length() + "\r\n+ bye\r\n");
        }
    }

    @Test
    void aBigMessageComesWholeAndBuffersStayBounded() throws Exception {
        ScriptedStore store = new ScriptedStore().big(20_000_000);
        try (TestServer server = serve(store, certificates.server(directory));
                Wire wire = Wire.over(certificates.connect(server.address(), null))) {
            wire.expect("+ POP2");
            wire.ask("HELO postel secret", "#1");
            wire.ask("READ", "=20000000");
            wire.send("RETR\r\n");
            String content = wire.octets(20_000_000);
            for (int i = 0; i < content.length(); i += 997) {
                assertThat((byte) content.charAt(i)).isEqualTo(ScriptedStore.octetAt(i));
            }
            wire.ask("ACKS", "=0");
        }
        assertThat(store.mostBuffers.get()).isLessThanOrEqualTo(8);
    }

    @Test
    void aClientInClearIsClosedAndOthersAreServed() throws Exception {
        try (TestServer server = serve(postel(), certificates.server(directory));
                LogCapture log = LogCapture.of("org.pop2");
                Wire clear = server.connect();
                Wire wire = Wire.over(certificates.connect(server.address(), null))) {
            clear.send("HELO postel secret\r\n");
            clear.rest();
            wire.expect("+ POP2");
            await().untilAsserted(() -> assertThat(log.lines())
                    .anyMatch(line -> line.contains("connection-refused") && line.contains("error=TLS:")));
            assertThat(log.lines()).noneMatch(line -> line.contains("secret"));
        }
    }

    @Test
    void aHandshakeHasToBeDoneInTheTimeToLogIn() throws Exception {
        try (TestServer server = TestServer.over(
                        postel(),
                        settings -> settings.withLoginTimeout(Duration.ofMillis(300))
                                .withListeners(
                                        List.of(settings.listeners().get(0).withTls(certificates.server(directory)))));
                Wire silent = server.connect()) {
            assertThat(silent.rest()).isEmpty();
            await().until(() -> server.server().connections() == 0);
        }
    }

    @Test
    void whoEndsHisSideInTheMiddleOfAHandshakeIsNotWaitedFor() {
        try (TestServer server = serve(postel(), certificates.server(directory));
                Wire wire = server.connect()) {
            // the beginning of a record that says hello
            wire.send(new byte[] {0x16, 3, 1, 1, 0, 1, 0});
            wire.endOutput();
            assertThat(wire.rest()).isEmpty();
            await().until(() -> server.server().connections() == 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HELO postel secret\r\n", "", "\25\3\1\0\2\2\50"})
    void aHandshakeThatFailsIsRefusedOnce(String sent) {
        AtomicInteger refused = new AtomicInteger();
        ServerObserver observer = new ServerObserver() {
            @Override
            public void refused(Refusal why, String address) {
                refused.incrementAndGet();
            }
        };
        ServerSettings settings = ServerSettings.defaults()
                .withLoginTimeout(sent.isEmpty() ? Duration.ofMillis(100) : TestServer.LIMIT)
                .withListeners(List.of(
                        ListenerSettings.plain("tls", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                                .withTls(certificates.server(directory))));
        Pop2Server server = Pop2Server.start(settings, Authenticator.Settings.defaults(), postel(), observer)
                .blockOptional(TestServer.LIMIT)
                .orElseThrow();
        try (LogCapture log = LogCapture.of("org.pop2");
                Wire wire = Wire.to(server.address())) {
            wire.send(sent);
            wire.rest();
            await().until(() -> server.connections() == 0);
            assertThat(refused).hasValue(1);
            assertThat(log.lines())
                    .filteredOn(line -> line.startsWith("connection-refused"))
                    .hasSize(1);
        } finally {
            server.stop().block(TestServer.LIMIT);
        }
    }

    @Test
    void aStopEndsHandshakesAtOnce() {
        Wire silent;
        try (TestServer server = serve(postel(), certificates.server(directory))) {
            silent = server.connect();
            await().until(() -> server.server().connections() == 1);
        }
        assertThat(silent.rest()).isEmpty();
    }

    // ---- client certificates

    @ParameterizedTest
    @CsvSource({"OPTIONAL, CN=postel", "REQUIRED, CN=postel", "REQUIRED, 'C=US,O=ISI,CN=Postel'"})
    void aUsersOwnCertificateIsLetIn(ClientCertificate whether, String subject) throws Exception {
        TlsSettings tls = certificates.server(directory).withClientCertificate(whether, certificates.file(directory));
        try (TestServer server = serve(postel(), tls);
                Wire wire = Wire.over(certificates.connect(server.address(), certificates.issue(subject)))) {
            wire.expect("+ POP2");
            wire.ask("HELO postel secret", "#2");
        }
    }

    @ParameterizedTest
    @CsvSource({"OPTIONAL, CN=mockapetris", "REQUIRED, CN=mockapetris", "REQUIRED, O=postel"})
    void somebodyElsesCertificateIsALoginThatFails(ClientCertificate whether, String subject) throws Exception {
        TlsSettings tls = certificates.server(directory).withClientCertificate(whether, certificates.file(directory));
        try (TestServer server = serve(postel(), tls);
                Wire wire = Wire.over(certificates.connect(server.address(), certificates.issue(subject)))) {
            wire.expect("+ POP2");
            assertThat(wire.ask("HELO postel secret", "-")).isEqualTo("- login failed\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HELO postel secret", "HELO postel wrong", "HELO po\\stel secret", "HELO nobody x"})
    void somebodyElsesCertificateTellsNothingOfThePassword(String login) throws Exception {
        TlsSettings tls = certificates
                .server(directory)
                .withClientCertificate(ClientCertificate.REQUIRED, certificates.file(directory));
        ScriptedStore store = new ScriptedStore();
        AtomicInteger lookedUp = new AtomicInteger();
        store.accounts = name -> {
            lookedUp.incrementAndGet();
            return Mono.empty();
        };
        try (TestServer server = serve(store, tls);
                Wire wire = Wire.over(certificates.connect(server.address(), certificates.issue("CN=mockapetris")))) {
            wire.expect("+ POP2");
            assertThat(wire.ask(login, "-")).isEqualTo("- login failed\r\n");
        }
        assertThat(lookedUp).hasValue(0);
    }

    @Test
    void withoutACertificateThereIsNoSessionWhereOneIsRequired() throws Exception {
        TlsSettings tls = certificates
                .server(directory)
                .withClientCertificate(ClientCertificate.REQUIRED, certificates.file(directory));
        try (TestServer server = serve(postel(), tls);
                SSLSocket socket = certificates.connect(server.address(), null)) {
            assertThatThrownBy(() -> {
                        socket.startHandshake();
                        assertThat(socket.getInputStream().read()).isNotNegative();
                    })
                    .isInstanceOf(SSLException.class);
        }
    }

    @Test
    void withoutACertificateThePasswordIsEnoughWhereNoneIsRequired() throws Exception {
        TlsSettings tls = certificates
                .server(directory)
                .withClientCertificate(ClientCertificate.OPTIONAL, certificates.file(directory));
        try (TestServer server = serve(postel(), tls);
                Wire wire = Wire.over(certificates.connect(server.address(), null))) {
            wire.expect("+ POP2");
            wire.ask("HELO postel secret", "#2");
        }
    }

    @Test
    void aCertificateOfAnUnknownAuthorityIsNoCertificate() throws Exception {
        TlsSettings tls = certificates
                .server(directory)
                .withClientCertificate(ClientCertificate.REQUIRED, certificates.file(directory));
        X509Bundle stranger = Certificates.bundle("CN=postel", Certificates.bundle("CN=authority", null));
        try (TestServer server = serve(postel(), tls);
                SSLSocket socket = certificates.connect(server.address(), stranger)) {
            assertThatThrownBy(() -> {
                        socket.startHandshake();
                        assertThat(socket.getInputStream().read()).isNotNegative();
                    })
                    .isInstanceOf(java.io.IOException.class);
        }
    }

    // ---- files

    @Test
    void renewedFilesAreUsedFromThenOnAndSessionsGoOn() throws Exception {
        TlsSettings tls = certificates.server(directory);
        try (TestServer server = serve(postel(), tls);
                LogCapture log = LogCapture.of("org.pop2");
                Wire before = Wire.over(certificates.connect(server.address(), null))) {
            before.expect("+ POP2");
            Certificates.write(certificates.issue("CN=renewed"), tls);
            await().untilAsserted(() -> assertThat(subject(server)).isEqualTo("CN=renewed"));

            // one of two files written: the pair does not fit, so the old one stays
            Files.writeString(tls.certificate(), certificates.issue("CN=half").getCertificatePEM());
            await().untilAsserted(() -> assertThat(log.lines())
                    .anyMatch(line -> line.contains("certificate-unusable") && line.contains("is not the key")));
            assertThat(subject(server)).isEqualTo("CN=renewed");
            before.ask("HELO postel secret", "#2");
        }
    }

    private String subject(TestServer server) throws Exception {
        try (SSLSocket socket = certificates.connect(server.address(), null)) {
            socket.startHandshake();
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "rsa2048, PRIVATE KEY",
        "rsa2048, RSA PRIVATE KEY",
        "ecp256, PRIVATE KEY",
        "ecp384, EC PRIVATE KEY",
        "ed25519, PRIVATE KEY"
    })
    void keysComeInEveryUsualForm(Algorithm algorithm, String form) throws Exception {
        X509Bundle bundle = Certificates.bundle("CN=server", certificates.authority, algorithm);
        TlsSettings tls = TlsSettings.of(directory.resolve("cert.pem"), directory.resolve("key.pem"));
        Certificates.write(bundle, tls);
        PrivateKey key = bundle.getKeyPair().getPrivate();
        byte[] octets = form.equals("PRIVATE KEY")
                ? key.getEncoded()
                : PrivateKeyInfo.getInstance(key.getEncoded())
                        .parsePrivateKey()
                        .toASN1Primitive()
                        .getEncoded();
        if (form.equals("EC PRIVATE KEY")) {
            octets = withCurve(key);
        }
        Files.writeString(
                tls.key(),
                "-----BEGIN " + form + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(octets) + "\n-----END " + form
                        + "-----\n",
                StandardCharsets.US_ASCII);
        try (TestServer server = serve(postel(), tls)) {
            assertThat(subject(server)).isEqualTo("CN=server");
        }
    }

    /** As OpenSSL writes it: the name of the curve is inside. */
    private static byte[] withCurve(PrivateKey key) throws java.io.IOException {
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(key.getEncoded());
        var inner = org.bouncycastle.asn1.sec.ECPrivateKey.getInstance(info.parsePrivateKey());
        return new org.bouncycastle.asn1.sec.ECPrivateKey(
                        384, inner.getKey(), info.getPrivateKeyAlgorithm().getParameters())
                .getEncoded();
    }

    @Test
    void whatIsWrongWithAFileIsSaid() throws Exception {
        TlsSettings tls = certificates.server(directory);
        Path missing = directory.resolve("missing.pem");
        assertThatThrownBy(() -> TlsSettings.of(missing, tls.key()).check())
                .isInstanceOf(TlsException.class)
                .hasMessageContaining("missing.pem cannot be read");
        assertThatThrownBy(() -> TlsSettings.of(tls.key(), tls.key()).check())
                .hasMessageContaining("key.pem holds no certificate");
        assertThatThrownBy(() ->
                        TlsSettings.of(tls.certificate(), tls.certificate()).check())
                .hasMessageContaining("cert.pem holds no private key");
        Files.writeString(tls.key(), certificates.issue("CN=other").getPrivateKeyPEM());
        assertThatThrownBy(tls::check).hasMessageContaining("key.pem is not the key of the certificate in");
        Files.writeString(
                tls.key(), "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
        assertThatThrownBy(tls::check).hasMessageContaining("encrypted key");
        Files.writeString(tls.key(), "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");
        assertThatThrownBy(tls::check)
                .hasMessageContaining("key.pem holds a private key that cannot be read")
                .hasMessageNotContaining("c2VjcmV0");
        assertThatThrownBy(() -> serve(postel(), tls)).isInstanceOf(ListenException.class);
    }
}
