package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.pop2.net.Networks;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.Quirk;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;
import reactor.core.publisher.Flux;

/** Which profile a connection has, and what becomes of it while a message is measured. */
@ExtendWith(NoLeaks.class)
class ProfilesTest {
    private static final String MAIL = "Subject: one\r\n\r\nHello\r\n";
    private static final int PLAIN = MAIL.length();
    private static final int WITH_FINAL_LINE = PLAIN + 2;
    private static final int OF_UW = PLAIN + 14;
    private static final UserName POSTEL = new UserName("postel");

    private static UnaryOperator<ServerSettings> with(ClientProfile listener, ProfileRules rules) {
        return settings -> settings.withListeners(
                        List.of(settings.listeners().get(0).withProfile(listener)))
                .withProfiles(rules);
    }

    private static ProfileRules network(String network, ClientProfile profile) {
        return new ProfileRules(List.of(new ProfileRules.OfNetworks(Networks.of(List.of(network)), profile)), Map.of());
    }

    private static void expectLength(int octets, UnaryOperator<ServerSettings> settings) {
        try (TestServer server = TestServer.over(new ScriptedStore().mail(7, MAIL), settings);
                Wire wire = server.logIn()) {
            wire.ask("READ 1", "=" + octets + "\r\n");
            wire.send("RETR\r\n");
            assertThat(wire.octets(octets)).startsWith("Subject: one\r\n");
            wire.ask("NACK", "=" + octets + "\r\n");
            wire.ask("QUIT", "+");
        }
    }

    @Test
    void theListenersProfileCountsWhereThereIsNoRule() {
        expectLength(PLAIN, settings -> settings);
        expectLength(WITH_FINAL_LINE, with(ClientProfile.PCNFS, ProfileRules.NONE));
        expectLength(WITH_FINAL_LINE, with(ClientProfile.PCNFS, network("192.0.2.0/24", ClientProfile.UW)));
    }

    @Test
    void theNetworksProfileCountsMoreAndTheUsersMost() {
        ProfileRules rules = network("127.0.0.0/8", ClientProfile.UW);
        expectLength(OF_UW, with(ClientProfile.PCNFS, rules));
        expectLength(
                PLAIN,
                with(ClientProfile.PCNFS, new ProfileRules(rules.byNetwork(), Map.of(POSTEL, ClientProfile.DEFAULT))));
    }

    @Test
    void otherProfilesAreForSessionsToCome() {
        ProfileRules ofPostel = new ProfileRules(List.of(), Map.of(POSTEL, ClientProfile.UW));
        try (TestServer server = TestServer.over(new ScriptedStore().mail(7, MAIL));
                Wire before = server.logIn()) {
            before.ask("READ 1", "=" + PLAIN + "\r\n");
            reconfigure(server, with(ClientProfile.PCNFS, ProfileRules.NONE));
            try (Wire after = server.logIn()) {
                after.ask("READ 1", "=" + WITH_FINAL_LINE + "\r\n");
            }
            reconfigure(server, with(ClientProfile.PCNFS, ofPostel));
            try (Wire after = server.logIn()) {
                after.ask("READ 1", "=" + OF_UW + "\r\n");
            }
            // of another listener: this one's stays
            reconfigure(
                    server,
                    settings -> settings.withListeners(List.of(ListenerSettings.plain("other", server.address())
                                    .withProfile(ClientProfile.UW)))
                            .withProfiles(ProfileRules.NONE));
            try (Wire after = server.logIn()) {
                after.ask("READ 1", "=" + WITH_FINAL_LINE + "\r\n");
            }
            before.send("RETR\r\n");
            assertThat(before.octets(PLAIN)).isEqualTo(MAIL);
            before.ask("NACK", "=" + PLAIN + "\r\n");
        }
    }

    private static void reconfigure(TestServer server, UnaryOperator<ServerSettings> settings) {
        server.server()
                .reconfigure(settings.apply(ServerSettings.defaults().withHostName("test.example")))
                .block(TestServer.LIMIT);
    }

    @Test
    void whatACommandMayBeIsSaidByTheListenerOrTheNetwork() {
        try (TestServer server = TestServer.over(
                        new ScriptedStore().mail(7, MAIL),
                        with(ClientProfile.DEFAULT, network("127.0.0.1", ClientProfile.STRICT)));
                Wire wire = server.connect()) {
            wire.expect("+ POP2 ");
            wire.ask("helo postel secret", "- ");
        }
    }

    @Test
    void acknowledgingTheBeginningOfALongMessageKeepsIt() {
        ScriptedStore store = new ScriptedStore().mail(1000, MAIL, "Subject: two\r\n\r\n" + "long\r\n".repeat(500));
        try (TestServer server = TestServer.over(
                        store, with(ClientProfile.DEFAULT.named("short").withMaxOctets(1024), ProfileRules.NONE));
                Wire wire = server.logIn()) {
            wire.ask("READ", "=" + PLAIN);
            wire.send("RETR\r\n");
            wire.octets(PLAIN);
            int length = Integer.parseInt(wire.ask("ACKD", "=").substring(1).strip());
            assertThat(length).isLessThan(1024);
            wire.send("RETR\r\n");
            assertThat(wire.octets(length))
                    .contains("all of it stays on the server")
                    .endsWith("\r\n");
            wire.ask("ACKD", "=0");
            wire.ask("QUIT", "+");
            BitSet first = new BitSet();
            first.set(1);
            assertThat(store.releases).containsExactly(first);
        }
    }

    @Test
    void aClientThatGoesWhileItsMessageIsMeasuredLetsGoOfTheMailbox() {
        ScriptedStore store = new ScriptedStore().mail(7, MAIL);
        AtomicInteger reading = new AtomicInteger();
        store.content = number -> Flux.<org.pop2.storage.ContentBuffer>never()
                .doOnSubscribe(subscription -> reading.incrementAndGet())
                .doOnCancel(reading::decrementAndGet);
        try (TestServer server = TestServer.over(store, with(ClientProfile.JNOS, ProfileRules.NONE))) {
            try (Wire wire = server.logIn()) {
                wire.send("READ\r\n");
                await().until(() -> reading.get() == 1);
                wire.reset();
            }
            await().until(() -> store.releases.size() == 1);
            assertThat(store.releases.get(0).isEmpty()).isTrue();
            await().untilAsserted(() -> assertThat(reading).hasValue(0));
        }
    }

    @Test
    void aMessageThatCannotBeMeasuredEndsTheSession() {
        ScriptedStore store = new ScriptedStore().mail(7, MAIL);
        store.content = number -> Flux.error(new StoreException(Reason.CORRUPT, "torn"));
        try (TestServer server = TestServer.over(store, with(ClientProfile.JNOS, ProfileRules.NONE));
                Wire wire = server.logIn()) {
            wire.ask("READ", "- mailbox is not as it should be");
            assertThat(wire.rest()).isEmpty();
            await().until(() -> store.releases.size() == 1);
        }
    }

    @Test
    void aMessageThatCameOutOtherwiseThanItWasMeasuredIsCutOff() {
        ScriptedStore store = new ScriptedStore().mail(7, MAIL);
        AtomicInteger readings = new AtomicInteger();
        store.content = number -> store.pieces(
                (MAIL + "x".repeat(readings.getAndIncrement())).getBytes(java.nio.charset.StandardCharsets.US_ASCII),
                7);
        try (TestServer server = TestServer.over(store, with(ClientProfile.JNOS, ProfileRules.NONE));
                Wire wire = server.logIn()) {
            wire.ask("READ", "=" + PLAIN);
            wire.send("RETR\r\nACKD\r\nQUIT\r\n");
            assertThat(wire.rest().length()).isLessThanOrEqualTo(PLAIN);
            await().until(() -> store.releases.size() == 1);
            assertThat(store.releases.get(0).isEmpty()).isTrue();
        }
    }

    @Test
    void loggingInAgainAfterNoMailIsOneSessionOfTheUser() {
        UnaryOperator<ServerSettings> one = settings -> with(ClientProfile.KA9Q, ProfileRules.NONE)
                .apply(settings)
                .withLimits(settings.limits().withPerUser(1));
        try (TestServer server = TestServer.over(new ScriptedStore(), one)) {
            for (int i = 0; i < 2; i++) {
                try (Wire wire = server.connect()) {
                    wire.expect("+ POP2 ");
                    wire.ask("HELO postel secret", "+ No mail");
                    wire.ask("HELO postel secret", "+ No mail");
                    wire.ask("QUIT", "+ bye");
                }
                await().until(() -> server.server().connections() == 0);
            }
        }
    }

    private static final ClientProfile ASCII =
            ClientProfile.DEFAULT.named("plain").with(Quirk.ASCII);
    private static final String UMLAUTS = """
            Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Transfer-Encoding: quoted-printable\r
            \r
            sch=C3=B6n\r
            """;
    private static final String ATTACHED = """
            Subject: photo\r
            Content-Type: multipart/mixed; boundary=b\r
            \r
            --b\r
            \r
            Look\r
            --b\r
            Content-Type: image/jpeg; name=a.jpg\r
            Content-Transfer-Encoding: base64\r
            \r
            """ + "/9j/4AAQ".repeat(1000) + "\r\n--b--\r\n";

    private static String fetch(Wire wire, String reply) {
        int length = Integer.parseInt(reply.substring(1).strip());
        wire.send("RETR\r\n");
        return wire.octets(length);
    }

    @Test
    void mailOfOneUserIsMadeAsciiAndWhatWasAttachedStays() {
        MemoryMailStore store = MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .account("jkr", "{PLAIN}secret")
                .message("postel", "INBOX", UMLAUTS)
                .message("postel", "INBOX", ATTACHED)
                .message("jkr", "INBOX", UMLAUTS);
        ProfileRules rules = new ProfileRules(List.of(), Map.of(POSTEL, ASCII));
        try (TestServer server = TestServer.over(store, settings -> settings.withProfiles(rules))) {
            try (Wire wire = server.logIn()) {
                String first = fetch(wire, wire.ask("READ", "="));
                assertThat(first).startsWith("Subject: Gruesse\r\n").endsWith("\r\n\r\nschoen\r\n");
                assertThat(fetch(wire, wire.ask("NACK", "="))).isEqualTo(first);
                assertThat(fetch(wire, wire.ask("ACKD", "=")))
                        .contains("\r\n\r\nLook\r\n\r\n[attachment: a.jpg, image/jpeg, 6 000 octets]\r\n");
                wire.ask("ACKD", "=0");
                wire.ask("QUIT", "+");
            }
            try (Wire wire = server.logIn()) {
                assertThat(fetch(wire, wire.ask("READ", "="))).startsWith("Subject: photo\r\n");
                wire.ask("ACKS", "=0");
                wire.ask("QUIT", "+");
            }
            try (Wire wire = server.connect()) {
                wire.expect("+ POP2 ");
                wire.ask("HELO jkr secret", "#1");
                assertThat(fetch(wire, wire.ask("READ", "="))).isEqualTo(UMLAUTS);
            }
        }
    }

    @Test
    void theOtherSwitchesFollowTheConversion() {
        ScriptedStore store = new ScriptedStore().mail(50, "From: jkr@isi.example\r\n" + UMLAUTS, ATTACHED);
        ClientProfile profile = ASCII.with(Quirk.FROM_LINE)
                .with(Quirk.STATUS)
                .with(Quirk.FINAL_LINE)
                .withMaxOctets(ClientProfile.MIN_CUT)
                .with(Quirk.DROP_ATTACHMENTS);
        try (TestServer server = TestServer.over(store, with(profile, ProfileRules.NONE));
                Wire wire = server.logIn()) {
            assertThat(fetch(wire, wire.ask("READ", "=")))
                    .startsWith("From jkr@isi.example ")
                    .contains("\r\nStatus: RO\r\n\r\nschoen\r\n")
                    .endsWith("\r\n\r\n");
            // the limit is one for what is sent: what is attached does not count, so this one is not cut
            assertThat(fetch(wire, wire.ask("ACKS", "=")))
                    .contains("[attachment: a.jpg, image/jpeg, 6 000 octets]")
                    .doesNotContain("This message has");
            wire.ask("ACKD", "=0");
            wire.ask("QUIT", "+");
            assertThat(store.releases).hasSize(1);
            assertThat(store.releases.get(0).get(2)).isTrue();
        }
        assertThat(store.liveBuffers).hasValue(0);
    }

    @Test
    void theBeginningOfALongConvertedMessageIsSentAndItIsKept() {
        ScriptedStore store = new ScriptedStore().mail(500, UMLAUTS + "noch eine Zeile\r\n".repeat(500));
        ClientProfile profile = ASCII.withMaxOctets(ClientProfile.MIN_CUT);
        try (TestServer server = TestServer.over(store, with(profile, ProfileRules.NONE));
                Wire wire = server.logIn()) {
            assertThat(fetch(wire, wire.ask("READ", "=")))
                    .contains("schoen\r\n")
                    .contains("more than the 1024 that are sent");
            wire.ask("ACKD", "=0");
            wire.ask("QUIT", "+");
            assertThat(store.releases.get(0).isEmpty()).isTrue();
        }
        assertThat(store.liveBuffers).hasValue(0);
    }

    @Test
    void aClientThatGoesWhileItsMessageIsConvertedLetsGoOfTheMailbox() {
        ScriptedStore store = new ScriptedStore().mail(7, MAIL);
        AtomicInteger reading = new AtomicInteger();
        store.content = number -> Flux.concat(
                        store.pieces(MAIL.getBytes(java.nio.charset.StandardCharsets.US_ASCII), 3),
                        Flux.<org.pop2.storage.ContentBuffer>never())
                .doOnSubscribe(subscription -> reading.incrementAndGet())
                .doOnCancel(reading::decrementAndGet);
        try (TestServer server = TestServer.over(store, with(ASCII, ProfileRules.NONE))) {
            try (Wire wire = server.logIn()) {
                wire.send("READ\r\n");
                await().until(() -> reading.get() == 1);
                wire.reset();
            }
            await().until(() -> store.releases.size() == 1);
            await().untilAsserted(() -> assertThat(reading).hasValue(0));
            await().untilAsserted(() -> assertThat(store.liveBuffers).hasValue(0));
        }
    }

    @Test
    void aMessageThatCannotBeReadForItsConversionEndsTheSession() {
        ScriptedStore store = new ScriptedStore().mail(7, MAIL);
        store.content = number -> Flux.error(new StoreException(Reason.CORRUPT, "torn"));
        try (TestServer server = TestServer.over(store, with(ASCII, ProfileRules.NONE));
                Wire wire = server.logIn()) {
            wire.ask("READ", "- mailbox is not as it should be");
            assertThat(wire.rest()).isEmpty();
        }
    }
}
