package org.pop2.fetch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.fetch.source.AtProvider;
import org.pop2.fetch.source.SourceException;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryMailStore;
import org.pop2.storage.transfer.Fingerprint;

/** Collecting: what is stored here, what is changed there, and what is known after a kill. */
class CollectorTest {
    private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");
    private static final FetchPlan ALL =
            new FetchPlan(FetchPlan.Which.ALL, Optional.empty(), FetchPlan.ANY_OCTETS, AtProvider.KEEP);

    @TempDir
    private Path directory;

    private final MemoryJournal notes = new MemoryJournal();
    private final List<String> events = new ArrayList<>();
    private final Shelf shelf = new Shelf();

    /** A kill. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** Dies at a step. */
    private static final class Fate {
        private int left = Integer.MAX_VALUE;

        void step() {
            if (--left < 0) {
                throw new Killed();
            }
        }
    }

    private static class Shelf implements Target {
        final List<String> texts = new ArrayList<>();
        String refused = "";
        Runnable step = () -> {};

        @Override
        public void deliver(FetchedMessage message, String id) throws IOException {
            step.run();
            ByteArrayOutputStream octets = new ByteArrayOutputStream();
            message.to(buffer ->
                    octets.writeBytes(ISO_8859_1.decode(buffer).toString().getBytes(ISO_8859_1)));
            String text = octets.toString(ISO_8859_1);
            if (text.equals(refused)) {
                throw new DeliveryException(DeliveryException.Kind.TEMPORARY, "no room", null);
            }
            texts.add(text);
            step.run();
        }

        @Override
        public OptionalInt count(Fingerprint wanted) {
            int found = 0;
            for (String text : texts) {
                Fingerprint.Builder builder = new Fingerprint.Builder();
                builder.add(ISO_8859_1.encode(text));
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
            events.add("refused " + key);
        }

        @Override
        public void left(String key, String why) {
            events.add("left " + key + ": " + why);
        }

        @Override
        public void renumbered(String before, String now) {
            events.add("renumbered");
        }

        @Override
        public void vanished(String key) {
            events.add("vanished " + key);
        }
    }

    private FetchResult run(FakeAccount account, FetchPlan plan) throws IOException {
        return run(account, plan, () -> {});
    }

    private FetchResult run(FakeAccount account, FetchPlan plan, Runnable step) throws IOException {
        try (Journal journal = new SteppingJournal(notes, step)) {
            Collector collector =
                    Collector.of(shelf, journal, plan, new Ears(), () -> false, Clock.fixed(NOW, ZoneOffset.UTC));
            return collector.run(account);
        }
    }

    private static FetchPlan at(String provider) {
        return new FetchPlan(FetchPlan.Which.ALL, Optional.empty(), FetchPlan.ANY_OCTETS, AtProvider.of(provider));
    }

    @Test
    void whatIsThereComesOnceAndWhatIsNewComesNext() throws IOException {
        FakeAccount account = new FakeAccount().with("1", "2");

        assertThat(run(account, ALL).stored()).isEqualTo(2);
        assertThat(run(account, ALL).didSomething()).isFalse();
        account.with("3");

        assertThat(run(account, ALL).stored()).isEqualTo(1);
        assertThat(shelf.texts).containsExactly("1", "2", "3");
        assertThat(account.messages).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void newIsWhatComesAfterTheFirstRun(boolean numbered) throws IOException {
        FakeAccount account = new FakeAccount();
        account.numbered = numbered;
        account.with("old", "older");

        run(account, FetchPlan.DEFAULT);
        account.with("new");
        run(account, FetchPlan.DEFAULT);

        assertThat(shelf.texts).containsExactly("new");
    }

    @Test
    void unseenIsWhatNobodyHasRead() throws IOException {
        FakeAccount account = new FakeAccount().with("1", "2");
        account.seen.add("1");

        run(account, new FetchPlan(FetchPlan.Which.UNSEEN, Optional.empty(), FetchPlan.ANY_OCTETS, AtProvider.KEEP));

        assertThat(shelf.texts).containsExactly("2");
    }

    @Test
    void whatIsTooOldStaysThere() throws IOException {
        FakeAccount account = new FakeAccount().with("1");
        account.received = Optional.of(NOW.minus(Duration.ofDays(31)));
        FetchPlan plan = new FetchPlan(
                FetchPlan.Which.ALL, Optional.of(Duration.ofDays(30)), FetchPlan.ANY_OCTETS, AtProvider.of("delete"));

        run(account, plan);
        account.received = Optional.empty();
        account.with(
                "Date: Mon, 02 Nov 2026 00:00:00 +0000\r\n\r\nyoung",
                "Date: Thu, 01 Oct 2026 00:00:00 +0000\r\n\r\nold");
        run(account, plan);

        assertThat(shelf.texts).singleElement().asString().endsWith("young");
        assertThat(account.messages).hasSize(2);
    }

    @Test
    void ofWhatIsTooLargeTheBeginningComesAndAllOfItStaysThere() throws IOException {
        FakeAccount account = new FakeAccount().with("Subject: large\r\n\r\n" + "x".repeat(1000), "small");

        run(account, new FetchPlan(FetchPlan.Which.ALL, Optional.empty(), 100, AtProvider.of("delete")));

        assertThat(shelf.texts.get(0)).startsWith("Subject: large\r\n\r\nxxx").contains("has 1,018 octets");
        assertThat(shelf.texts.get(1)).isEqualTo("small");
        assertThat(account.messages).containsOnlyKeys("1");
    }

    @ParameterizedTest
    @CsvSource({"delete", "move:Done", "mark-seen", "keep"})
    void atTheProviderHappensWhatWasAskedFor(String what) throws IOException {
        FakeAccount account = new FakeAccount().with("1", "2");

        run(account, at(what));

        assertThat(account.messages).hasSize(what.matches("delete|move.*") ? 0 : 2);
        assertThat(account.seen).hasSize(what.equals("mark-seen") ? 2 : 0);
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void whatWasStoredToBeKeptThereIsKept(boolean numbered) throws IOException {
        FakeAccount account = new FakeAccount();
        account.numbered = numbered;
        account.with("1", "2");
        run(account, ALL);
        account.with("3");
        run(account, at("delete"));

        assertThat(shelf.texts).containsExactly("1", "2", "3");
        assertThat(account.messages.values()).containsExactly("1", "2");
    }

    @Test
    void whatIsRefusedHereStaysThereAndIsTriedAgain() throws IOException {
        FakeAccount account = new FakeAccount().with("1", "2", "3");
        shelf.refused = "2";

        assertThat(run(account, at("delete")).refused()).isEqualTo(1);
        assertThat(account.messages).containsOnlyKeys("2");
        shelf.refused = "";
        run(account, at("delete"));

        assertThat(shelf.texts).containsExactly("1", "3", "2");
        assertThat(account.messages).isEmpty();
    }

    @Test
    void whatCannotBeReadDelaysNothingAndIsLeftThereInTheEnd() throws IOException {
        FakeAccount account = new FakeAccount().with("1", "2");
        account.broken.put("1", SourceException.Reason.PROTOCOL);

        assertThatThrownBy(() -> run(account, ALL)).isInstanceOf(SourceException.class);
        for (int i = 0; i < 19; i++) {
            assertThatThrownBy(() -> run(account, ALL)).isInstanceOf(SourceException.class);
        }
        run(account, ALL);

        assertThat(shelf.texts).containsExactly("2");
        assertThat(events).containsExactly("left 1: cannot be read");
    }

    @Test
    void aLineThatDropsIsNoReasonToLeaveAMessage() throws IOException {
        FakeAccount account = new FakeAccount().with("1", "2");
        account.broken.put("1", SourceException.Reason.CONNECTION);

        for (int i = 0; i < 30; i++) {
            assertThatThrownBy(() -> run(account, ALL)).isInstanceOf(SourceException.class);
        }
        account.broken.clear();
        run(account, ALL);

        assertThat(shelf.texts).containsExactly("2", "1");
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aProviderThatCountsAnewBringsNothingTwice(boolean numbered) throws IOException {
        FakeAccount account = new FakeAccount();
        account.numbered = numbered;
        account.with("1", "2", "2");
        run(account, ALL);

        account.renumber("7");
        account.with("3", "2");
        run(account, ALL);
        run(account, ALL);

        assertThat(shelf.texts).containsExactly("1", "2", "2", "3", "2");
        assertThat(events).containsExactly("renumbered");
    }

    @Test
    void whatVanishesWhileItIsStoredIsSaid() throws IOException {
        FakeAccount account = new FakeAccount().with("1");
        Fate fate = new Fate();
        shelf.step = fate::step;
        fate.left = 0;
        assertThatThrownBy(() -> run(account, ALL)).isInstanceOf(Killed.class);
        shelf.step = () -> {};
        account.messages.clear();

        run(account, ALL);

        assertThat(events).containsExactly("vanished 1");
    }

    /** At each step in turn, at the provider, here and in the journal; what follows goes through. */
    @ParameterizedTest
    @CsvSource({
        "true, ALL, delete",
        "true, ALL, keep",
        "true, NEW, mark-seen",
        "false, ALL, delete",
        "false, NEW, keep",
        "true, UNSEEN, move:Done"
    })
    void aKillAtAnyStepLosesNothingAndBringsNothingTwice(boolean numbered, FetchPlan.Which which, String provider)
            throws IOException {
        FetchPlan plan = new FetchPlan(which, Optional.empty(), 500, AtProvider.of(provider));
        int kills = 0;
        for (int at = 0; ; at++) {
            shelf.texts.clear();
            notes.lines.clear();
            FakeAccount account = new FakeAccount();
            account.numbered = numbered;
            account.with("old", "old");
            Fate fate = new Fate();
            account.step = fate::step;
            shelf.step = fate::step;
            if (which == FetchPlan.Which.NEW) {
                run(account, plan);
            }
            account.with("1", "2", "2", "x".repeat(1000));
            fate.left = at;
            Supplier<Boolean> killed = () -> {
                try {
                    run(account, plan, fate::step);
                    return false;
                } catch (Killed e) {
                    return true;
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            };
            boolean died = killed.get();
            fate.left = Integer.MAX_VALUE;
            run(account, plan);
            run(account, plan);

            List<String> expected =
                    which == FetchPlan.Which.NEW ? List.of("1", "2", "2") : List.of("old", "old", "1", "2", "2");
            assertThat(shelf.texts)
                    .as("killed at step %d", at)
                    .hasSize(expected.size() + 1)
                    .containsAll(expected);
            assertThat(shelf.texts.stream().filter(text -> text.equals("2"))).hasSize(2);
            assertThat(account.messages).hasSize(provider.matches("delete|move.*") ? 1 : 6);
            if (!died) {
                break;
            }
            kills++;
        }
        assertThat(kills).isGreaterThan(15);
    }

    @Test
    void aFileIsAJournal() throws IOException {
        FakeAccount account = new FakeAccount().with("1");
        for (int i = 0; i < 2; i++) {
            account.renumber("v" + i);
            try (Journal journal = FileJournal.open(directory.resolve("jon"), "collect", "test")) {
                assertThatThrownBy(() -> FileJournal.open(directory.resolve("jon"), "collect", "test"))
                        .hasMessageContaining("another fetch");
                Collector.of(shelf, journal, ALL, new Ears(), () -> false, Clock.systemUTC())
                        .run(account);
            }
        }

        assertThat(shelf.texts).containsExactly("1");
        assertThatThrownBy(() -> FileJournal.open(directory.resolve("jon"), "collect", "other")
                        .lines())
                .hasMessageContaining("is of something else: test");
    }

    @Test
    void aStorageIsATarget() throws IOException {
        MemoryMailStore store = MemoryMailStore.create().account("jon", "{PLAIN}x");
        try (Target target = new StoreTarget(store, new UserName("jon"), FolderName.INBOX);
                Journal journal = FileJournal.open(directory.resolve("jon"), "collect", "test")) {
            Collector collector =
                    Collector.of(target, journal, ALL, FetchObserver.NONE, () -> false, Clock.systemUTC());

            collector.run(new FakeAccount().with("one\n", "two"));
        }

        Fingerprint.Builder one = new Fingerprint.Builder();
        one.add(ISO_8859_1.encode("one\r\n"));
        assertThat(new StoreTarget(store, new UserName("jon"), FolderName.INBOX).count(one.build()))
                .hasValue(1);
    }
}
