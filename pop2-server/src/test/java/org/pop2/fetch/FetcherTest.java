package org.pop2.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.client.ClientSettings;
import org.pop2.client.Pop2Client;
import org.pop2.client.Pop2Session;
import org.pop2.fetch.source.AtProvider;
import org.pop2.protocol.Secret;
import org.pop2.server.TestServer;
import org.pop2.storage.FolderName;
import org.pop2.storage.Mailbox;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.storage.transfer.Fingerprint;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Fetching, as a program of somebody else does it. What {@code pop2d fetch} makes of it is tested with the command. */
class FetcherTest {
    private static final String ONE = "Subject: one\r\n\r\n1\r\n";
    private static final String TWO = "Return-Path: <jkr@isi.edu>\r\nSubject: two\r\n\r\n2\r\n";

    @TempDir
    private Path directory;

    private static final FetchPlan ALL = plan(FetchPlan.Which.ALL, "keep");
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-30T12:00:00Z"), ZoneOffset.UTC);

    private final List<String> events = new ArrayList<>();
    private String user = "postel";

    /** A kill. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** Dies at a step. */
    private static final class Fate {
        private int left;

        Fate(int left) {
            this.left = left;
        }

        void step() {
            if (--left < 0) {
                throw new Killed();
            }
        }
    }

    /** A target of one's own: a list. */
    private static final class Shelf implements Target {
        private final List<String> texts = new ArrayList<>();
        private final List<String> senders = new ArrayList<>();
        private DeliveryException.Kind refusal = DeliveryException.Kind.TEMPORARY;
        private String refused = "";
        private Runnable step = () -> {};

        @Override
        public void deliver(FetchedMessage message, String id) throws IOException {
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            message.to(
                    buffer -> octets.writeBytes(UTF_8.decode(buffer).toString().getBytes(UTF_8)));
            String text = octets.toString(UTF_8);
            if (text.equals(refused)) {
                throw new DeliveryException(refusal, "no room", null);
            }
            step.run();
            texts.add(text);
            senders.add(message.sender());
            step.run();
        }

        @Override
        public OptionalInt count(Fingerprint wanted) {
            int found = 0;
            for (String text : texts) {
                Fingerprint.Builder builder = new Fingerprint.Builder();
                builder.add(UTF_8.encode(text));
                found += builder.build().equals(wanted) ? 1 : 0;
            }
            return OptionalInt.of(found);
        }

        @Override
        public void close() {}
    }

    private final class Ears implements FetchObserver {
        @Override
        public void refused(String key, IOException why) {
            events.add(key + ": " + why.getMessage());
        }

        @Override
        public void left(String key, String why) {
            events.add(key + " left: " + why);
        }
    }

    private static MemoryMailStore store() {
        return MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", ONE)
                .message("postel", "INBOX", TWO);
    }

    /** What is on the server. */
    private List<String> left(MemoryMailStore store) {
        Mailbox mailbox = Mono.from(store.open(UserName.of(user).orElseThrow(), FolderName.INBOX))
                .blockOptional()
                .orElseThrow();
        List<String> texts = new ArrayList<>();
        for (int number = 1; number <= mailbox.count(); number++) {
            StringBuilder text = new StringBuilder();
            Flux.from(mailbox.content(number))
                    .doOnNext(buffer -> {
                        text.append(UTF_8.decode(buffer.octets()));
                        buffer.release();
                    })
                    .blockLast();
            texts.add(text.toString());
        }
        Mono.from(mailbox.release(new BitSet())).block();
        return texts;
    }

    private Fetcher fetch(TestServer server, Shelf shelf, LeadingLine.Finder leading) throws IOException {
        return fetch(server, shelf, leading, ALL);
    }

    private Fetcher fetch(TestServer server, Shelf shelf, FetchPlan plan) throws IOException {
        return fetch(server, shelf, LeadingLine.Finder.NONE, plan);
    }

    private Fetcher fetch(TestServer server, Shelf shelf, LeadingLine.Finder leading, FetchPlan plan)
            throws IOException {
        try (FileJournal file = FileJournal.open(directory.resolve("state"), "fetch", "postel to the shelf")) {
            return fetch(server, shelf, leading, plan, file);
        }
    }

    private Fetcher fetch(TestServer server, Shelf shelf, LeadingLine.Finder leading, FetchPlan plan, Journal journal)
            throws IOException {
        Pop2Client client =
                Pop2Client.of(ClientSettings.of("127.0.0.1", server.address().getPort()));
        Fetcher fetcher = Fetcher.of(shelf, journal, plan, leading, new Ears(), () -> false, CLOCK);
        fetcher.recall();
        Pop2Session session = client.connect(user, Secret.of("secret".getBytes(UTF_8)))
                .blockOptional()
                .orElseThrow();
        try {
            fetcher.run(session, Optional.empty());
        } finally {
            session.close();
        }
        return fetcher;
    }

    private static FetchPlan plan(FetchPlan.Which which, String atProvider) {
        return new FetchPlan(which, Optional.empty(), FetchPlan.ANY_OCTETS, AtProvider.of(atProvider));
    }

    @Test
    void aTargetOfOnesOwnGetsEachMessageOnce() throws IOException {
        Shelf shelf = new Shelf();
        MemoryMailStore store = store();
        try (TestServer server = TestServer.over(store)) {
            assertThat(fetch(server, shelf, LeadingLine.Finder.NONE).result().stored())
                    .isEqualTo(2);
            store.message("postel", "INBOX", ONE);
            Fetcher again = fetch(server, shelf, LeadingLine.Finder.NONE);
            assertThat(again.result().stored()).isEqualTo(1);
            assertThat(again.known()).isEqualTo(2);
        }
        assertThat(shelf.texts).containsExactly(ONE, TWO, ONE);
        assertThat(shelf.senders).containsExactly("", "jkr@isi.edu", "");
    }

    @Test
    void whatIsRefusedForGoodIsToldAndTheNextIsTaken() throws IOException {
        Shelf shelf = new Shelf();
        shelf.refused = ONE;
        shelf.refusal = DeliveryException.Kind.REJECTED;
        try (TestServer server = TestServer.over(store())) {
            assertThat(fetch(server, shelf, LeadingLine.Finder.NONE).result().refused())
                    .isEqualTo(1);
        }
        assertThat(events).containsExactly("1: no room");
        assertThat(shelf.texts).containsExactly(TWO);
    }

    @Test
    void whatIsRefusedForNowStaysAndIsTriedAgain() throws IOException {
        Shelf shelf = new Shelf();
        shelf.refused = ONE;
        FetchPlan delete = plan(FetchPlan.Which.ALL, "delete");
        MemoryMailStore store = store();
        try (TestServer server = TestServer.over(store)) {
            assertThat(fetch(server, shelf, delete).result().refused()).isEqualTo(1);
            assertThat(left(store)).containsExactly(ONE);
            shelf.refused = "";
            fetch(server, shelf, delete);
        }
        assertThat(shelf.texts).containsExactly(TWO, ONE);
        assertThat(left(store)).isEmpty();
    }

    @Test
    void whereThereIsNoRoomARunEnds() throws IOException {
        Shelf shelf = new Shelf();
        shelf.refused = ONE;
        MemoryMailStore store = MemoryMailStore.create().account("postel", "{PLAIN}secret");
        for (int i = 0; i < 20; i++) {
            store.message("postel", "INBOX", ONE);
        }
        try (TestServer server = TestServer.over(store)) {
            assertThat(fetch(server, shelf, ALL).result().refused()).isEqualTo(10);
        }
    }

    @Test
    void newIsWhatComesAfterTheFirstRun() throws IOException {
        Shelf shelf = new Shelf();
        FetchPlan plan = plan(FetchPlan.Which.NEW, "delete");
        MemoryMailStore store = store();
        try (TestServer server = TestServer.over(store)) {
            fetch(server, shelf, plan);
            store.message("postel", "INBOX", "new\r\n").message("postel", "INBOX", ONE);
            fetch(server, shelf, plan);
            fetch(server, shelf, plan);
        }
        assertThat(shelf.texts).containsExactly("new\r\n", ONE);
        assertThat(left(store)).containsExactlyInAnyOrder(ONE, TWO);
    }

    @Test
    void whatIsTooOldStaysThere() throws IOException {
        Shelf shelf = new Shelf();
        FetchPlan plan = new FetchPlan(
                FetchPlan.Which.ALL, Optional.of(Duration.ofDays(30)), FetchPlan.ANY_OCTETS, AtProvider.of("delete"));
        String old = "Date: Thu, 01 Oct 2026 00:00:00 +0000\r\n\r\nold\r\n";
        String young = "Date: Mon, 02 Nov 2026 00:00:00 +0000\r\n\r\nyoung\r\n";
        MemoryMailStore store = MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", old)
                .message("postel", "INBOX", young);
        try (TestServer server = TestServer.over(store)) {
            fetch(server, shelf, plan);
            fetch(server, shelf, plan);
        }
        assertThat(shelf.texts).containsExactly(young);
        assertThat(events).containsExactly("1 left: too old");
        assertThat(left(store)).containsExactly(old);
    }

    @Test
    void ofWhatIsTooLargeTheBeginningComesOnceAndAllOfItStaysThere() throws IOException {
        Shelf shelf = new Shelf();
        String large = "Subject: large\r\n\r\n" + "x".repeat(1000) + "\r\n";
        String other = large.replace("xx\r\n", "xy\r\n");
        FetchPlan plan = new FetchPlan(FetchPlan.Which.ALL, Optional.empty(), 100, AtProvider.of("delete"));
        MemoryMailStore store = MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", large)
                .message("postel", "INBOX", ONE)
                .message("postel", "INBOX", other);
        try (TestServer server = TestServer.over(store)) {
            fetch(server, shelf, plan);
            fetch(server, shelf, plan);
        }
        assertThat(shelf.texts).hasSize(3);
        assertThat(shelf.texts.get(0)).startsWith("Subject: large\r\n\r\nxxx").contains("has 1,020 octets");
        assertThat(shelf.texts.get(1)).isEqualTo(ONE);
        assertThat(left(store)).containsExactly(large, other);
    }

    @ParameterizedTest
    @CsvSource({"keep", "delete"})
    void killedAtAnyStepItBringsEachMessageOnce(String atProvider) throws IOException {
        FetchPlan plan = new FetchPlan(FetchPlan.Which.ALL, Optional.empty(), 100, AtProvider.of(atProvider));
        String large = "Subject: large\r\n\r\n" + "x".repeat(1000) + "\r\n";
        boolean ended = false;
        MemoryMailStore store = MemoryMailStore.create();
        try (TestServer server = TestServer.over(store)) {
            for (int steps = 0; !ended; steps++) {
                Shelf shelf = new Shelf();
                MemoryJournal journal = new MemoryJournal();
                Fate fate = new Fate(steps);
                shelf.step = fate::step;
                user = "postel" + steps;
                store.account(user, "{PLAIN}secret");
                List.of(ONE, TWO, ONE, large).forEach(text -> store.message(user, "INBOX", text));
                try {
                    fetch(server, shelf, LeadingLine.Finder.NONE, plan, new SteppingJournal(journal, fate::step));
                    ended = true;
                } catch (Killed e) {
                    assertThat(shelf.texts).hasSizeLessThan(5);
                } catch (RuntimeException e) {
                    assertThat(e).hasCauseInstanceOf(Killed.class);
                }
                shelf.step = () -> {};
                for (int again = 0; again < 2; again++) {
                    fetch(server, shelf, LeadingLine.Finder.NONE, plan, journal);
                }
                assertThat(shelf.texts).as("after %d steps", steps).hasSize(4);
                assertThat(shelf.texts.subList(0, 3)).containsExactly(ONE, TWO, ONE);
                assertThat(left(store)).hasSize(atProvider.equals("keep") ? 4 : 1);
            }
        }
    }

    @Test
    void aLookChangesNothing() throws IOException {
        Shelf shelf = new Shelf();
        MemoryMailStore store = store();
        try (TestServer server = TestServer.over(store)) {
            fetch(server, shelf, plan(FetchPlan.Which.ALL, "keep"));
            store.message("postel", "INBOX", ONE);
            String before = Files.readString(directory.resolve("state"));
            Pop2Client client = Pop2Client.of(
                    ClientSettings.of("127.0.0.1", server.address().getPort()));
            try (FileJournal file = FileJournal.open(directory.resolve("state"), "fetch", "postel to the shelf")) {
                Fetcher fetcher = Fetcher.of(
                        shelf,
                        file,
                        plan(FetchPlan.Which.ALL, "delete"),
                        LeadingLine.Finder.NONE,
                        FetchObserver.NONE,
                        () -> false,
                        CLOCK);
                Pop2Session session = client.connect(user, Secret.of("secret".getBytes(UTF_8)))
                        .blockOptional()
                        .orElseThrow();
                assertThat(fetcher.preview(session, Optional.empty()))
                        .isEqualTo(new FetchPreview(3, List.of("3"), false));
            }
            assertThat(Files.readString(directory.resolve("state"))).isEqualTo(before);
        }
        assertThat(shelf.texts).hasSize(2);
        assertThat(left(store)).hasSize(3);
    }

    @Test
    void whatPop2CannotDoIsRefused() {
        for (FetchPlan plan : List.of(plan(FetchPlan.Which.UNSEEN, "keep"), plan(FetchPlan.Which.ALL, "move:Done"))) {
            assertThatThrownBy(() -> Fetcher.of(
                            new Shelf(),
                            FileJournal.open(directory.resolve(plan.which().name()), "fetch", "postel"),
                            plan,
                            LeadingLine.Finder.NONE,
                            FetchObserver.NONE,
                            () -> false,
                            CLOCK))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aLineBeforeTheHeaderIsTakenOffAndDoesNotMakeANewMessage() throws IOException {
        Shelf shelf = new Shelf();
        LeadingLine.Finder ofMine = start -> start.length > 2 && start[0] == '#'
                ? Optional.of(new LeadingLine(4, "fred@isi.edu", Optional.empty()))
                : Optional.empty();
        String large = TWO + "a line of a large message\r\n".repeat(2 * LeadingLine.MOST / 20);
        for (String line : List.of("#1\r\n", "#2\r\n")) {
            MemoryMailStore store = MemoryMailStore.create()
                    .account("postel", "{PLAIN}secret")
                    .message("postel", "INBOX", line + TWO)
                    .message("postel", "INBOX", line + large);
            try (TestServer server = TestServer.over(store)) {
                fetch(server, shelf, ofMine);
            }
        }
        assertThat(shelf.texts).containsExactly(TWO, large);
        assertThat(shelf.senders).containsExactly("fred@isi.edu", "fred@isi.edu");
    }
}
