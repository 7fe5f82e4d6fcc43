package org.pop2.fetch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.client.ScriptedServer;
import org.pop2.fetch.source.AtProvider;
import org.pop2.fetch.source.SourceAddress;
import org.pop2.fetch.source.SourceException;
import org.pop2.fetch.source.SourceSettings;
import org.pop2.protocol.Secret;
import org.pop2.storage.transfer.Fingerprint;

/** Accounts on POP2 servers that count gaps, confirm nothing, send lines of their own, or are in use. */
class OddPop2ServersTest {
    private final MemoryJournal journal = new MemoryJournal();
    private final List<String> shelf = new ArrayList<>();

    /** What is there; nothing stands for a message that the server counts and does not have. */
    private final List<Optional<String>> there = new ArrayList<>();

    private String farewell = "+ bye\r\n";
    private FetchPlan plan = plan(FetchPlan.Which.ALL, "keep");

    private static FetchPlan plan(FetchPlan.Which which, String atProvider) {
        return new FetchPlan(which, Optional.empty(), FetchPlan.ANY_OCTETS, AtProvider.of(atProvider));
    }

    private void has(String... messages) {
        there.clear();
        for (String each : messages) {
            there.add(each.isEmpty() ? Optional.empty() : Optional.of(each));
        }
    }

    private void serve(ScriptedServer.Peer peer) throws IOException {
        peer.logIn(there.size());
        List<Optional<String>> left = new ArrayList<>(there);
        int current = 1;
        for (String line = peer.next(); !line.isEmpty(); line = peer.next()) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "READ" -> current = Integer.parseInt(words[1]);
                case "RETR" -> {
                    peer.say(message(current));
                    continue;
                }
                case "ACKS" -> current++;
                case "ACKD" -> left.set(current++ - 1, Optional.empty());
                default -> {
                    there.clear();
                    left.stream().filter(Optional::isPresent).forEach(there::add);
                    peer.say(farewell);
                    return;
                }
            }
            peer.say("=" + message(current).length() + "\r\n");
        }
    }

    private String message(int number) {
        return number > there.size() ? "" : there.get(number - 1).orElse("");
    }

    private FetchResult collect() throws IOException {
        try (ScriptedServer server = ScriptedServer.of(this::serve)) {
            return collect(server);
        }
    }

    private FetchResult collect(ScriptedServer server) throws IOException {
        SourceSettings settings = new SourceSettings(
                SourceAddress.of("pop2://jon@127.0.0.1:" + server.port()),
                SourceSettings.Login.of(Secret.of("secret".getBytes(US_ASCII))),
                Optional.empty(),
                false,
                Duration.ofSeconds(10));
        AccountCollector collector = AccountCollectors.of(
                settings, new Shelf(), journal, plan, OddPop2ServersTest::leading, FetchObserver.NONE, () -> false);
        try (AccountCollector.Session session = collector.connect()) {
            return session.run();
        }
    }

    private static Optional<LeadingLine> leading(byte[] start) {
        String text = new String(start, ISO_8859_1);
        return text.startsWith("From ")
                ? Optional.of(new LeadingLine(text.indexOf('\n') + 1, "", Optional.empty()))
                : Optional.empty();
    }

    private final class Shelf implements Target {
        @Override
        public void deliver(FetchedMessage message, String id) throws IOException {
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            message.to(buffer ->
                    octets.writeBytes(ISO_8859_1.decode(buffer).toString().getBytes(ISO_8859_1)));
            shelf.add(octets.toString(ISO_8859_1));
        }

        @Override
        public OptionalInt count(Fingerprint wanted) {
            return OptionalInt.empty();
        }

        @Override
        public void close() {}
    }

    @Test
    void aGapAtTheEndIsNoReasonToForget() throws IOException {
        has("one", "two", "three");
        collect();
        has("one", "two", "");
        collect();
        has("one", "two", "three");
        collect();

        assertThat(shelf).containsExactly("one", "two", "three");
    }

    @Test
    void anEndThatIsNotConfirmedIsTheEndOfAFirstRun() throws IOException {
        plan = FetchPlan.DEFAULT;
        has("old");
        farewell = "";
        assertThatThrownBy(this::collect).isInstanceOf(SourceException.class);
        has("old", "new");
        assertThatThrownBy(this::collect).isInstanceOf(SourceException.class);

        assertThat(shelf).containsExactly("new");
    }

    @Test
    void whatWasStoredToBeKeptThereIsKept() throws IOException {
        has("one", "two");
        collect();
        plan = plan(FetchPlan.Which.ALL, "delete");
        has("one", "two", "three");
        collect();
        assertThat(there).containsExactly(Optional.of("one"), Optional.of("two"));

        plan = new FetchPlan(FetchPlan.Which.ALL, Optional.empty(), FetchPlan.ANY_OCTETS, AtProvider.of("keep"), true);
        has("four");
        collect();
        plan = new FetchPlan(
                FetchPlan.Which.ALL, Optional.empty(), FetchPlan.ANY_OCTETS, AtProvider.of("delete"), true);
        collect();
        assertThat(there).isEmpty();
        assertThat(shelf).containsExactly("one", "two", "three", "four");
    }

    @Test
    void aLineBeforeTheHeaderDoesNotCountForTheBeginning() throws IOException {
        plan = new FetchPlan(FetchPlan.Which.ALL, Optional.empty(), 12, AtProvider.of("delete"));
        has("From jon@example.org Mon Nov 30 07:00:00 2026\r\nSubject: one\r\n\r\nbody\r\n");
        collect();

        assertThat(shelf)
                .singleElement()
                .asString()
                .startsWith("Subject: one\n")
                .contains("This is its beginning");
        assertThat(there).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "'- mailbox in use, try again later', REFUSED",
        "'- Mailbox locked', REFUSED",
        "'- Login failed', LOGIN_REFUSED"
    })
    void aMailboxInUseIsNoWrongPassword(String answer, SourceException.Reason reason) throws IOException {
        try (ScriptedServer server = ScriptedServer.of(peer -> {
            peer.say("+ POP2 test\r\n").next();
            peer.say(answer + "\r\n");
        })) {
            assertThatThrownBy(() -> collect(server))
                    .isInstanceOfSatisfying(
                            SourceException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                    .hasMessageContaining("127.0.0.1 port " + server.port());
        }
    }
}
