package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.auth.Authenticator;
import org.pop2.net.Arrival;
import org.pop2.net.Networks;
import org.pop2.net.RemoteClient;
import org.pop2.net.TlsContext;
import org.pop2.net.TlsException;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.testing.LogCapture;

/** Several listeners; who may talk in clear; proxies that say whom they speak for; and how much one client gets. */
@ExtendWith(NoLeaks.class)
class ListenersTest {
    private static final String MAIL = "Subject: one\r\n\r\nHello\r\n";
    private static final Networks LOOPBACK = Networks.of(List.of("127.0.0.0/8", "::1"));
    private static final String REFUSED = "- passwords are not taken in clear from your network; connect with TLS\r\n";

    private static MemoryMailStore postel() {
        return MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .account("mockapetris", "{PLAIN}secret")
                .message("postel", "INBOX", MAIL)
                .message("mockapetris", "INBOX", MAIL);
    }

    private static ListenerSettings listener(String name) {
        return ListenerSettings.plain(name, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private static TestServer behindProxy(UnaryOperator<ServerSettings> more) {
        return TestServer.over(
                postel(),
                settings -> more.apply(settings.withListeners(List.of(listener("proxied")
                        .withProxiesFrom(LOOPBACK)
                        .withCleartextFrom(Networks.of(List.of("192.0.2.0/24", "2001:db8::/32")))))));
    }

    private static Wire from(TestServer server, String address) {
        String family = address.indexOf(':') < 0 ? "TCP4" : "TCP6";
        String own = address.indexOf(':') < 0 ? "192.0.2.200" : "2001:db8::200";
        return server.connect().send("PROXY " + family + " " + address + " " + own + " 1024 109\r\n");
    }

    // ---- several

    @Test
    void listenersShareTheMail() {
        try (TestServer server = TestServer.over(
                postel(), settings -> settings.withListeners(List.of(listener("one"), listener("two"))))) {
            List<InetSocketAddress> addresses = server.server().addresses();
            assertThat(addresses).hasSize(2).doesNotHaveDuplicates();
            try (Wire one = Wire.to(addresses.get(0));
                    Wire two = Wire.to(addresses.get(1))) {
                one.expect("+ POP2");
                one.ask("HELO postel secret", "#1");
                two.expect("+ POP2");
                two.ask("HELO mockapetris secret", "#1");
                assertThat(server.server().connections()).isEqualTo(2);
            }
        }
    }

    @Test
    void theGrammarIsAListenersOwn() {
        try (TestServer server = TestServer.over(
                postel(),
                settings -> settings.withListeners(
                        List.of(listener("loose"), listener("strict").withStrict(true))))) {
            try (Wire loose = Wire.to(server.server().addresses().get(0));
                    Wire strict = Wire.to(server.server().addresses().get(1))) {
                loose.expect("+ POP2");
                loose.ask("helo postel secret", "#1");
                strict.expect("+ POP2");
                strict.ask("helo postel secret", "-");
            }
        }
    }

    @Test
    void ifOneCannotListenNoneDoes() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ListenerSettings free = listener("free");
            ListenerSettings unlucky = listener("unlucky")
                    .withAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), taken.getLocalPort()));
            assertThatThrownBy(
                            () -> TestServer.over(postel(), settings -> settings.withListeners(List.of(free, unlucky))))
                    .isInstanceOfSatisfying(
                            ListenException.class, e -> assertThat(e.listener()).isEqualTo(unlucky))
                    .hasMessageContaining("cannot listen on 127.0.0.1:" + taken.getLocalPort());
        }
    }

    @Test
    void aListenerHasItsOwnLimit() {
        try (TestServer server = TestServer.over(
                postel(),
                settings ->
                        settings.withListeners(List.of(listener("small").withMaxConnections(1), listener("other"))))) {
            InetSocketAddress small = server.server().addresses().get(0);
            try (Wire first = Wire.to(small)) {
                first.expect("+ POP2");
                try (Wire second = Wire.to(small);
                        Wire elsewhere = Wire.to(server.server().addresses().get(1))) {
                    assertThat(second.line()).isEqualTo("- too many connections, try again later\r\n");
                    elsewhere.expect("+ POP2");
                }
            }
        }
    }

    // ---- clear text

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.7", "2001:db8:1::7", "127.0.0.1", "::1"})
    void anAllowedNetworkMayTalkInClear(String address) {
        try (TestServer server = behindProxy(settings -> settings);
                Wire wire = from(server, address)) {
            wire.expect("+ POP2");
            wire.ask("HELO postel secret", "#1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"198.51.100.7", "2001:db9::7", "10.0.0.1", "::127.0.0.1", "::7f00:1", "::", "0.0.0.0"})
    void anotherNetworkIsToldWhyNot(String address) {
        try (TestServer server = behindProxy(settings -> settings);
                LogCapture log = LogCapture.sessions();
                Wire wire = from(server, address)) {
            assertThat(wire.rest()).isEqualTo(REFUSED);
            await().untilAsserted(() -> assertThat(log.lines())
                    .anyMatch(line -> line.contains("address=" + (address.indexOf(':') < 0 ? address : "["))
                            && line.contains("reason=cleartext")));
        }
    }

    // ---- proxies

    @Test
    void theBinaryHeaderIsUnderstood() {
        try (TestServer server = behindProxy(settings -> settings);
                LogCapture log = LogCapture.sessions()) {
            try (Wire wire = server.connect()) {
                wire.send(version2(0x21, new byte[0]));
                wire.expect("+ POP2");
                wire.ask("QUIT", "+");
            }
            await().untilAsserted(
                            () -> assertThat(log.lines()).anyMatch(line -> line.contains("address=192.0.2.9:513")));
        }
    }

    @Test
    void aProxyThatSpeaksTlsWithTheClientMakesClearTextGood() {
        // PP2_TYPE_SSL: client bits, "not verified", no further facts
        byte[] ssl = {0x20, 0, 5, 0x01, 0, 0, 0, 1};
        try (TestServer server = TestServer.over(
                        postel(),
                        settings -> settings.withListeners(
                                List.of(listener("proxied").withProxiesFrom(LOOPBACK))));
                Wire with = server.connect();
                Wire without = server.connect()) {
            with.send(version2(0x21, ssl));
            with.expect("+ POP2");
            without.send(version2(0x21, new byte[0]));
            assertThat(without.rest()).isEqualTo(REFUSED);
        }
    }

    @Test
    void aProxysHealthCheckIsAGuestOfItsOwn() {
        try (TestServer server = behindProxy(settings -> settings);
                Wire wire = server.connect()) {
            wire.send(version2(0x20, new byte[0]));
            wire.expect("+ POP2");
        }
    }

    @ParameterizedTest
    @CsvSource({"HELO postel secret", "PROXY TCP4 nonsense", "PROXY TCP4 192.0.2.7 192.0.2.200 1024"})
    void withoutItsHeaderAProxysConnectionIsClosed(String line) {
        try (TestServer server = behindProxy(settings -> settings);
                Wire wire = server.connect()) {
            wire.send(line + "\r\n");
            assertThat(wire.rest()).isEmpty();
        }
    }

    @Test
    void whoEndsHisSideBeforeTheHeaderIsThereIsNotWaitedFor() {
        try (TestServer server = behindProxy(settings -> settings);
                Wire wire = server.connect()) {
            wire.send("PROXY TC");
            wire.endOutput();
            assertThat(wire.rest()).isEmpty();
        }
    }

    @Test
    void aHeaderThatDoesNotComeIsNotWaitedForLongerThanALogin() {
        try (TestServer server = behindProxy(settings -> settings.withLoginTimeout(Duration.ofMillis(300)));
                Wire wire = server.connect()) {
            wire.send("PROXY TC");
            assertThat(wire.rest()).isEmpty();
            await().until(() -> server.server().connections() == 0);
        }
    }

    @Test
    void aStrangerMayNotSayWhoItIs() {
        try (TestServer server = TestServer.over(postel());
                Wire wire = server.connect()) {
            wire.expect("+ POP2");
            wire.send("PROXY TCP4 192.0.2.7 192.0.2.200 1024 109\r\n");
            wire.expect("-");
            assertThat(wire.rest()).isEmpty();
        }
    }

    @Test
    void aProxysHeaderComesBeforeTls(@TempDir Path directory) throws Exception {
        Certificates certificates = Certificates.create();
        try (TestServer server = TestServer.over(
                        postel(),
                        settings -> settings.withListeners(List.of(
                                listener("both").withProxiesFrom(LOOPBACK).withTls(certificates.server(directory)))));
                LogCapture log = LogCapture.sessions()) {
            try (Wire plain = from(server, "203.0.113.5");
                    Wire wire = Wire.over(certificates.over(plain.socket(), null))) {
                wire.expect("+ POP2");
                wire.ask("HELO postel secret", "#1");
                wire.ask("QUIT", "+");
            }
            await().untilAsserted(
                            () -> assertThat(log.lines()).anyMatch(line -> line.contains("address=203.0.113.5:1024")));
        }
    }

    /** A version 2 header of a client 192.0.2.9:513. */
    private static byte[] version2(int versionAndCommand, byte[] more) {
        ByteBuffer header = ByteBuffer.allocate(28 + more.length);
        header.put("\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.US_ASCII));
        header.put((byte) versionAndCommand).put((byte) 0x11).putShort((short) (12 + more.length));
        header.put(new byte[] {(byte) 192, 0, 2, 9, (byte) 192, 0, 2, (byte) 200});
        header.putShort((short) 513).putShort((short) 109).put(more);
        return header.array();
    }

    // ---- limits

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "2001:db8::1, 2001:db8::2, true",
        "2001:db8::1, 2001:db8:0:1::1, false"
    })
    void oneClientGetsSoManyConnectionsAndGetsThemBack(String address, String another, boolean same) {
        try (TestServer server =
                behindProxy(settings -> settings.withLimits(settings.limits().withPerAddress(2)))) {
            try (Wire first = from(server, address);
                    Wire second = from(server, address)) {
                first.expect("+ POP2");
                second.expect("+ POP2");
                try (Wire third = from(server, another)) {
                    if (same) {
                        assertThat(third.rest())
                                .isEqualTo("- too many connections from your address, try again later\r\n");
                    } else {
                        third.expect("+ POP2");
                    }
                }
            }
            await().untilAsserted(() -> {
                try (Wire later = from(server, address)) {
                    assertThat(later.line()).startsWith("+ POP2");
                }
            });
        }
    }

    /** Clients of other machines, on connections without a network. */
    private static final class Arriving implements AutoCloseable {
        private final Sessions sessions;
        private final Listener listener;
        private final String from;
        private final List<EmbeddedChannel> channels = new ArrayList<>();

        private Arriving(Sessions sessions, Listener listener, String from) {
            this.sessions = sessions;
            this.listener = listener;
            this.from = from;
        }

        private EmbeddedChannel connect() {
            EmbeddedChannel channel = new EmbeddedChannel() {
                @Override
                protected SocketAddress remoteAddress0() {
                    return new InetSocketAddress(from, 1024);
                }
            };
            Door door = new Door(sessions, listener);
            channel.pipeline()
                    .addLast(
                            "pop2",
                            Arrival.isNeeded(door, channel.remoteAddress())
                                    ? new Arrival(door)
                                    : new SessionHandler(
                                                    sessions,
                                                    listener,
                                                    RemoteClient.plain(channel.remoteAddress(), System.nanoTime()))
                                            .connection());
            channel.runPendingTasks();
            channels.add(channel);
            return channel;
        }

        @Override
        public void close() {
            channels.forEach(EmbeddedChannel::finishAndReleaseAll);
        }
    }

    private static Sessions sessions(UnaryOperator<Limits> limits) {
        MemoryMailStore store = postel();
        return new Sessions(
                ServerSettings.defaults().withLimits(limits.apply(Limits.defaults())),
                store,
                new Authenticator(store.accounts(), Authenticator.Settings.defaults()),
                Optional.empty());
    }

    private static Listener tls(Path directory) throws TlsException {
        ListenerSettings settings =
                listener("tls").withTls(Certificates.create().server(directory));
        return new Listener(settings, Optional.of(TlsContext.load(settings.tls().orElseThrow())));
    }

    @Test
    void handshakesAreCountedAmongTheConnectionsOfTheirAddress(@TempDir Path directory) throws Exception {
        Sessions sessions = sessions(limits -> limits.withPerAddress(2));
        Listener listener = tls(directory);
        try (Arriving client = new Arriving(sessions, listener, "192.0.2.7");
                Arriving other = new Arriving(sessions, listener, "192.0.2.8")) {
            EmbeddedChannel one = client.connect();
            EmbeddedChannel two = client.connect();
            assertThat(client.connect().isOpen()).isFalse();
            assertThat(one.isOpen() && two.isOpen()).isTrue();
            assertThat(other.connect().isOpen()).isTrue();
            one.close().syncUninterruptibly();
            one.runPendingTasks();
            assertThat(client.connect().isOpen()).isTrue();
        }
    }

    @Test
    void connectionsWhoseProxyHeaderIsAwaitedAreCountedAsTheProxys() {
        Sessions sessions = sessions(limits -> limits.withPerAddress(2));
        Listener listener =
                new Listener(listener("proxied").withProxiesFrom(Networks.of(List.of("192.0.2.1"))), Optional.empty());
        try (Arriving proxy = new Arriving(sessions, listener, "192.0.2.1")) {
            EmbeddedChannel one = proxy.connect();
            assertThat(proxy.connect().isOpen()).isTrue();
            assertThat(proxy.connect().isOpen()).isFalse();
            // who the client is is known: the proxy may bring another
            one.writeInbound(Unpooled.copiedBuffer(
                    "PROXY TCP4 203.0.113.5 192.0.2.200 1024 109\r\n", StandardCharsets.US_ASCII));
            assertThat(proxy.connect().isOpen()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoIsSilentBeforeHisSessionKeepsNobodyOut(boolean behindTls, @TempDir Path directory) throws Exception {
        ListenerSettings silent = behindTls
                ? listener("tls").withTls(Certificates.create().server(directory))
                : listener("proxied").withProxiesFrom(LOOPBACK);
        try (TestServer server = TestServer.over(
                postel(),
                settings -> settings.withMaxConnections(10)
                        .withListeners(List.of(
                                silent, listener("plain"), listener("one").withMaxConnections(1))))) {
            List<Wire> wires = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                wires.add(Wire.to(server.address()));
            }
            await().until(() -> server.server().connections() == 10);
            for (int i = 0; i < 10; i++) {
                Wire reader = Wire.to(server.server().addresses().get(1));
                wires.add(reader);
                reader.expect("+ POP2");
            }
            // the silent ones are gone, and who reads mail makes room for nobody
            try (Wire late = Wire.to(server.server().addresses().get(1))) {
                assertThat(late.line()).startsWith("- too many connections");
            }
            wires.forEach(Wire::close);
        }
    }

    @Test
    void aListenerThatIsFullOfHandshakesTakesAnother(@TempDir Path directory) throws Exception {
        Certificates certificates = Certificates.create();
        try (TestServer server = TestServer.over(
                        postel(),
                        settings -> settings.withListeners(List.of(
                                listener("small").withMaxConnections(1).withTls(certificates.server(directory)))));
                Wire silent = server.connect()) {
            await().until(() -> server.server().connections() == 1);
            try (Wire wire = Wire.over(certificates.connect(server.address(), null))) {
                wire.expect("+ POP2");
                assertThat(silent.rest()).isEmpty();
            }
        }
    }

    @Test
    void thisMachineIsNotCountedAsOneClient() {
        try (TestServer server = TestServer.over(
                        postel(),
                        settings -> settings.withLimits(settings.limits().withPerAddress(1)));
                Wire one = server.connect();
                Wire two = server.connect()) {
            one.expect("+ POP2");
            two.expect("+ POP2");
        }
    }

    @Test
    void aUserHasSoManySessionsAndGetsThemBack() {
        ScriptedStore store = new ScriptedStore().mail(10, MAIL);
        try (TestServer server = TestServer.over(
                store, settings -> settings.withLimits(settings.limits().withPerUser(2)))) {
            try (Wire one = server.logIn();
                    Wire two = server.logIn();
                    Wire three = server.connect()) {
                Objects.requireNonNull(one);
                three.expect("+ POP2");
                assertThat(three.ask("HELO postel secret", "-"))
                        .isEqualTo("- too many sessions of this user, try again later\r\n");
                two.ask("QUIT", "+");
                assertThat(two.rest()).isEmpty();
                await().untilAsserted(() -> {
                    try (Wire again = server.connect()) {
                        again.expect("+ POP2");
                        assertThat(again.send("HELO postel secret\r\n").line()).startsWith("#1");
                    }
                });
            }
        }
    }

    @Test
    void aSessionHasSoManyCommands() {
        try (TestServer server = TestServer.over(
                        postel(),
                        settings -> settings.withLimits(settings.limits().withCommands(3)));
                Wire wire = server.logIn()) {
            wire.ask("READ", "=");
            wire.ask("READ", "=");
            assertThat(wire.ask("READ", "-")).isEqualTo("- too many commands in one session\r\n");
            assertThat(wire.rest()).isEmpty();
        }
    }

    @Test
    void blankLinesAreCountedAmongItsCommandsAndItsOctets() {
        try (TestServer server = TestServer.over(
                postel(),
                settings ->
                        settings.withLimits(settings.limits().withCommands(100).withOctets(300)))) {
            try (Wire many = server.logIn()) {
                many.send("\n".repeat(100));
                assertThat(many.rest()).isEqualTo("- too many commands in one session\r\n");
            }
            try (Wire wide = server.logIn()) {
                wide.send((" ".repeat(30) + "\n").repeat(10));
                assertThat(wide.rest()).isEqualTo("- too many octets in one session\r\n");
            }
        }
    }

    @Test
    void aSessionHasSoManyOctetsCountedBothWays() {
        ScriptedStore store = new ScriptedStore().mail(10, "x".repeat(998) + "\r\n");
        try (TestServer server = TestServer.over(
                        store, settings -> settings.withLimits(settings.limits().withOctets(3_000)));
                Wire wire = server.logIn()) {
            for (int i = 0; i < 3; i++) {
                wire.ask("READ 1", "=1000");
                wire.send("RETR\r\n");
                assertThat(wire.octets(1_000)).hasSize(1_000);
                if (i < 2) {
                    wire.ask("ACKS", "=0");
                }
            }
            assertThat(wire.ask("ACKS", "-")).isEqualTo("- too many octets in one session\r\n");
        }
    }

    @Test
    void beyondTheLimitSomeAreToldAndTheRestIsClosed() {
        int limit = 1;
        int told = limit / 10 + 100;
        try (TestServer server = TestServer.over(postel(), settings -> settings.withMaxConnections(limit));
                Wire first = server.connect()) {
            first.expect("+ POP2");
            java.util.List<Wire> held = new java.util.ArrayList<>();
            for (int i = 0; i < told; i++) {
                Wire wire = server.connect();
                // a client that sends on is lingered for, so it still counts
                wire.expect("- too many");
                held.add(wire);
            }
            try (Wire beyond = server.connect()) {
                assertThat(beyond.rest()).isIn("", "- too many connections, try again later\r\n");
            }
            held.forEach(Wire::close);
            await().until(() -> server.server().connections() == 1);
            first.ask("HELO postel secret", "#1");
        }
    }
}
