package org.pop2.server;

import static org.assertj.core.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;
import org.pop2.auth.Authenticator;
import org.pop2.net.Arrival;
import org.pop2.net.Networks;
import org.pop2.storage.StoreException;
import org.pop2.testing.LogCapture;
import reactor.core.publisher.Mono;

/**
 * What a proxy says before a session, given any octets at all. Runs with {@code -Pfuzz} only. The first octet chooses
 * the slices.
 */
@Tag("fuzz")
@SuppressWarnings("FutureReturnValueIgnored") // of an embedded channel, where a close is done when it returns
class ProxyHeaderFuzzTest {
    private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
    private static final LogCapture LOG = LogCapture.of("org.pop2").alone();
    private static final InetSocketAddress PROXY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1024);
    private static final Listener LISTENER = new Listener(
            ListenerSettings.defaults()
                    .withProxiesFrom(Networks.of(List.of("127.0.0.1")))
                    .withCleartextFrom(Networks.of(List.of("0.0.0.0/0", "::/0"))),
            Optional.empty());
    private static final Sessions SESSIONS = sessions();

    private static Sessions sessions() {
        ScriptedStore store = new ScriptedStore();
        // nobody's password is hashed: what happens is all done when a call returns
        store.accounts = name -> Mono.error(new StoreException(StoreException.Reason.UNAVAILABLE, "no accounts"));
        return new Sessions(
                ServerSettings.defaults().withHostName("test.example"),
                store,
                new Authenticator(
                        store.accounts(), Authenticator.Settings.defaults().withPenalty(false)),
                Optional.empty());
    }

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "PROXY TCP4 192.0.2.1 198.51.100.1 56324 109\r\nHELO postel secret\r\n",
                        "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\nQUIT\r\n",
                        "PROXY UNKNOWN\r\nQUIT\r\n",
                        "PROXY TCP4 999.0.2.1 198.51.100.1 56324 70000\r\n",
                        "QUIT\r\n",
                        SIGNATURE + binary("21" + "11" + "000c" + "c0000201" + "c6336401" + "dc04" + "006d")
                                + "QUIT\r\n",
                        SIGNATURE + binary("20" + "00" + "0000") + "QUIT\r\n",
                        SIGNATURE
                                + binary("21" + "11" + "0014" + "c0000201" + "c6336401" + "dc04" + "006d" + "20"
                                        + "0005" + "01" + "00000000")
                                + "QUIT\r\n",
                        SIGNATURE + binary("21" + "31" + "00d8" + "2f746d70" + "00".repeat(212)) + "QUIT\r\n")
                .flatMap(text -> Stream.of("\0", "\u0007", "\u00ff").map(slices -> slices + text))
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String binary(String hex) {
        return new String(HexFormat.of().parseHex(hex), StandardCharsets.ISO_8859_1);
    }

    @DictionaryEntries({
        "PROXY TCP4 ",
        "PROXY TCP6 ",
        "PROXY UNKNOWN",
        "\\x0D\\x0A\\x0D\\x0A\\x00\\x0D\\x0AQUIT\\x0A",
        "\\x21\\x11\\x00\\x0C",
        "\\x21\\x21\\x00\\x24",
        "\\x20\\x00\\x00\\x00",
        "\\x20\\x00\\x05\\x01",
        "2001:db8::1",
        "QUIT\\x0D\\x0A"
    })
    @MethodSource("seeds")
    @FuzzTest
    void aConnectionIsClosedOrAnsweredInLines(byte[] input) {
        if (input.length == 0) {
            return;
        }
        EmbeddedChannel channel = new EmbeddedChannel(new Arrival(new Door(SESSIONS, LISTENER))) {
            @Override
            protected SocketAddress remoteAddress0() {
                return PROXY;
            }
        };
        int slice = 1 + (input[0] & 0xff);
        for (int from = 1; from < input.length && channel.isOpen(); from += slice) {
            byte[] octets = Arrays.copyOfRange(input, from, Math.min(input.length, from + slice));
            channel.writeInbound(Unpooled.wrappedBuffer(octets));
        }
        if (channel.isOpen()) {
            channel.writeInbound(Unpooled.wrappedBuffer("\r\nXYZZY\r\n".getBytes(StandardCharsets.US_ASCII)));
        }
        channel.close();
        channel.checkException();
        StringBuilder said = new StringBuilder();
        for (ByteBuf octets; (octets = channel.readOutbound()) != null; octets.release()) {
            said.append(octets.toString(StandardCharsets.ISO_8859_1));
        }
        if (said.length() > 0
                && !(said.toString().startsWith("+ POP2 ") && said.toString().endsWith("\r\n"))) {
            fail("said: " + said);
        }
        if (SESSIONS.connections().count() != 0 || channel.readInbound() != null) {
            fail("something is left");
        }
        for (String line : LOG.lines()) {
            if (line.chars().anyMatch(Character::isISOControl)) {
                fail("not for a log: " + line);
            }
        }
        List<String> thrown = LOG.takeThrown();
        if (thrown.stream().anyMatch(line -> !line.startsWith("accounts-unavailable"))) {
            fail(thrown.toString());
        }
    }
}
