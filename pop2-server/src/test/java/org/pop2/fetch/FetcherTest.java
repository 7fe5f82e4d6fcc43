package org.pop2.fetch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.client.ClientSettings;
import org.pop2.client.Pop2Client;
import org.pop2.protocol.Secret;
import org.pop2.server.TestServer;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.storage.transfer.Fingerprint;

/** Fetching, as a program of somebody else does it. What {@code pop2d fetch} makes of it is tested with the command. */
class FetcherTest {
    private static final String ONE = "Subject: one\r\n\r\n1\r\n";
    private static final String TWO = "Return-Path: <jkr@isi.edu>\r\nSubject: two\r\n\r\n2\r\n";

    @TempDir
    private Path directory;

    private final List<String> refusals = new ArrayList<>();

    /** A target of one's own: a list. */
    private static final class Shelf implements Target {
        private final List<String> texts = new ArrayList<>();
        private final List<String> senders = new ArrayList<>();
        private DeliveryException.Kind refusal = DeliveryException.Kind.TEMPORARY;
        private String refused = "";

        @Override
        public void deliver(FetchedMessage message, String id) throws IOException {
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            message.to(
                    buffer -> octets.writeBytes(UTF_8.decode(buffer).toString().getBytes(UTF_8)));
            String text = octets.toString(UTF_8);
            if (text.equals(refused)) {
                throw new DeliveryException(refusal, "no room", null);
            }
            texts.add(text);
            senders.add(message.sender());
        }

        @Override
        public OptionalInt count(Fingerprint wanted) {
            return OptionalInt.empty();
        }

        @Override
        public void close() {}
    }

    private final class Ears implements Fetcher.Observer {
        @Override
        public void octets(long more) {}

        @Override
        public void message() {}

        @Override
        public void refused(int number, DeliveryException why) {
            refusals.add(number + ": " + why.getMessage());
        }
    }

    private static MemoryMailStore store() {
        return MemoryMailStore.create()
                .account("postel", "{PLAIN}secret")
                .message("postel", "INBOX", ONE)
                .message("postel", "INBOX", TWO);
    }

    private Fetcher fetch(TestServer server, Shelf shelf, LeadingLine.Finder leading) throws IOException {
        try (FetchState state = FetchState.open(directory.resolve("state"), "postel to the shelf")) {
            Fetcher.Plan plan = new Fetcher.Plan(false, Long.MAX_VALUE, leading);
            Fetcher fetcher = new Fetcher(shelf, Optional.of(state), plan, new Ears());
            Pop2Client client = Pop2Client.of(
                    ClientSettings.of("127.0.0.1", server.address().getPort()));
            fetcher.run(client, "postel", Secret.of("secret".getBytes(UTF_8)), Optional.empty());
            return fetcher;
        }
    }

    @Test
    void aTargetOfOnesOwnGetsEachMessageOnce() throws IOException {
        Shelf shelf = new Shelf();
        MemoryMailStore store = store();
        try (TestServer server = TestServer.over(store)) {
            assertThat(fetch(server, shelf, LeadingLine.Finder.NONE).fetched()).isEqualTo(2);
            store.message("postel", "INBOX", ONE);
            Fetcher again = fetch(server, shelf, LeadingLine.Finder.NONE);
            assertThat(again.fetched()).isEqualTo(1);
            assertThat(again.before()).isEqualTo(2);
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
            assertThat(fetch(server, shelf, LeadingLine.Finder.NONE).rejected()).isEqualTo(1);
        }
        assertThat(refusals).containsExactly("1: no room");
        assertThat(shelf.texts).containsExactly(TWO);
    }

    @Test
    void whatIsRefusedForNowEndsTheRun() {
        Shelf shelf = new Shelf();
        shelf.refused = TWO;
        try (TestServer server = TestServer.over(store())) {
            assertThatThrownBy(() -> fetch(server, shelf, LeadingLine.Finder.NONE))
                    .isInstanceOf(DeliveryException.class);
        }
        assertThat(shelf.texts).containsExactly(ONE);
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
