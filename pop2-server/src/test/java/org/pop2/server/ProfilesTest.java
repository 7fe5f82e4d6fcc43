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
import org.pop2.profile.ClientProfile;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
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
}
