package org.pop2.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.lmtp.LmtpServer;
import org.pop2.lmtp.LmtpSettings;
import org.pop2.server.Pop2Server;
import org.pop2.server.ServerSettings;
import org.pop2.server.TestServer;
import org.pop2.storage.memory.MemoryMailStore;
import reactor.core.publisher.Mono;

/** Every listener hears the addresses that it was told to, and no others. */
class FamiliesTest {
    @TempDir
    private Path directory;

    private final MemoryMailStore store = MemoryMailStore.create();
    private final List<Mono<Void>> stops = new ArrayList<>();

    @AfterEach
    void stop() {
        stops.forEach(stop -> stop.block(TestServer.LIMIT));
    }

    /** Of POP2 with and without busy polling, LMTP, and management. */
    private List<Integer> listen(String address) {
        InetSocketAddress any = new InetSocketAddress(address, 0);
        List<Integer> ports = new ArrayList<>();
        for (boolean busyPoll : new boolean[] {true, false}) {
            ServerSettings settings = ServerSettings.defaults().withAddress(any).withBusyPoll(busyPoll);
            Pop2Server pop2 = Pop2Server.start(settings, store)
                    .blockOptional(TestServer.LIMIT)
                    .orElseThrow();
            stops.add(0, pop2.stop());
            ports.add(pop2.address().getPort());
        }
        Pop2Server shown = Pop2Server.start(ServerSettings.defaults().withAddress(any), store)
                .blockOptional(TestServer.LIMIT)
                .orElseThrow();
        stops.add(0, shown.stop());
        LmtpServer lmtp = LmtpServer.start(LmtpSettings.defaults(directory).withAddress(any), store)
                .blockOptional(TestServer.LIMIT)
                .orElseThrow();
        stops.add(0, lmtp.stop());
        ports.add(((InetSocketAddress) lmtp.address()).getPort());
        ManagementServer management = ManagementServer.start(
                        new ManagementSettings(any, Optional.empty(), "1"),
                        shown,
                        Optional.of(lmtp),
                        store,
                        new Metrics(store),
                        Mono::empty)
                .blockOptional(TestServer.LIMIT)
                .orElseThrow();
        stops.add(0, management.stop());
        ports.add(management.address().getPort());
        return ports;
    }

    private static boolean isHeard(String address, int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getByName(address), port)) {
            return socket.isConnected();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "127.0.0.1"})
    void anAddressOfIpv4HearsNoIpv6(String address) throws Exception {
        for (int port : listen(address)) {
            assertThat(isHeard("127.0.0.1", port)).isTrue();
            assertThatThrownBy(() -> isHeard("::1", port)).isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void everyAddressIsEveryAddress() throws Exception {
        for (int port : listen("::")) {
            assertThat(isHeard("127.0.0.1", port)).isTrue();
            assertThat(isHeard("::1", port)).isTrue();
        }
    }
}
