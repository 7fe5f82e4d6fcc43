package org.pop2.profile;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.client.ClientSettings;
import org.pop2.client.Pop2Client;
import org.pop2.client.Pop2Message;
import org.pop2.client.Pop2Session;
import org.pop2.protocol.OnDisconnect;
import org.pop2.protocol.Secret;
import org.pop2.server.ServerSettings;
import org.pop2.server.TestServer;
import org.pop2.storage.memory.MemoryMailStore;

/** What a profile says of whole sessions: how many messages they see, and what a line that drops does. */
class SessionsOfAProfileTest {
    private static final int MESSAGES = 5;

    private static MemoryMailStore store() {
        MemoryMailStore store = MemoryMailStore.create().account("postel", "{PLAIN}secret");
        for (int i = 1; i <= MESSAGES; i++) {
            store = store.message("postel", "INBOX", "Subject: " + i + "\r\n\r\n");
        }
        return store;
    }

    private static UnaryOperator<ServerSettings> with(ClientProfile profile, OnDisconnect usual) {
        return settings -> settings.withListeners(
                        List.of(settings.listeners().get(0).withProfile(profile)))
                .withOnDisconnect(usual);
    }

    private static Pop2Session session(TestServer server) {
        return Objects.requireNonNull(
                Pop2Client.of(ClientSettings.of("127.0.0.1", server.address().getPort()))
                        .connect("postel", Secret.of("secret".getBytes(US_ASCII)))
                        .block(TestServer.LIMIT));
    }

    private static void deleteNext(Pop2Session session) {
        Pop2Message message = Objects.requireNonNull(session.messages().blockFirst(TestServer.LIMIT));
        message.bytes().blockLast(TestServer.LIMIT);
        message.delete().block(TestServer.LIMIT);
    }

    /** What is left when the line drops behind one ACKD. */
    @ParameterizedTest
    @CsvSource({"APPLY, , 4", "KEEP, , 5", "APPLY, KEEP, 5", "KEEP, APPLY, 4"})
    void theProfileSaysWhatADroppedLineDoes(OnDisconnect usual, OnDisconnect ofProfile, int left) {
        ClientProfile profile =
                ofProfile == null ? ClientProfile.DEFAULT : ClientProfile.DEFAULT.withOnDisconnect(ofProfile);
        try (TestServer server = TestServer.over(store(), with(profile, usual))) {
            Pop2Session dropped = session(server);
            deleteNext(dropped);
            dropped.close();
            await().untilAsserted(() -> {
                Pop2Session next = session(server);
                next.quit().block(TestServer.LIMIT);
                assertThat(next.count()).isEqualTo(left);
            });
        }
    }

    /** It stores what it fetched after the last message. */
    @Test
    void whatJnosMarkedStaysWhateverIsUsual() {
        assertThat(ClientProfile.JNOS.onDisconnect()).contains(OnDisconnect.KEEP);
    }

    @Test
    void aSessionSeesTheFirstMessagesAndTheNextOneTheOthers() {
        try (TestServer server =
                TestServer.over(store(), with(ClientProfile.DEFAULT.withMaxMessages(2), OnDisconnect.KEEP))) {
            for (int seen : new int[] {2, 2, 1, 0}) {
                Pop2Session session = session(server);
                assertThat(session.count()).isEqualTo(seen);
                for (int i = 0; i < seen; i++) {
                    deleteNext(session);
                }
                session.quit().block(TestServer.LIMIT);
            }
        }
    }
}
