package org.pop2.storage.tck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Ledgers;
import org.pop2.storage.Ledgers.Ledger;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreException;
import org.reactivestreams.Publisher;

/** What a storage promises that keeps {@link Ledgers}. Each test begins with no data. */
public abstract class LedgersContract {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @SuppressWarnings("NullAway.Init")
    private MailStore store;

    /** Opens the storage; called again, the same data. The contract closes it. */
    protected abstract MailStore open() throws Exception;

    /** Removes the data of a test; the storage is closed by then. */
    protected void discard() throws Exception {}

    @BeforeEach
    protected final void start() throws Exception {
        store = open();
    }

    @AfterEach
    protected final void end() throws Exception {
        all(store.close());
        discard();
    }

    @Test
    void linesAreReadAsTheyWereWrittenByTheNextHolder() throws Exception {
        Ledger ledger = ledger("jon");
        assertThat(lines(ledger)).isEmpty();
        all(ledger.append(List.of("1 a", "2 b")));
        all(ledger.append(List.of()));
        all(ledger.append(List.of("3")));
        all(ledger.close());

        ledger = ledger("jon");
        assertThat(lines(ledger)).containsExactly("1 a", "2 b", "3");
        all(ledger.replace(List.of("4")));
        all(ledger.append(List.of("5")));
        all(ledger.close());
        all(store.close());
        store = open();

        ledger = ledger("jon");
        assertThat(lines(ledger)).as("after a restart").containsExactly("4", "5");
        all(ledger.replace(List.of()));
        all(ledger.close());
        assertThat(lines(ledger("jon"))).isEmpty();
        assertThat(lines(ledger("other"))).isEmpty();
    }

    @Test
    void oneHoldsIt() {
        Ledger ledger = ledger("jon");
        assertThatThrownBy(() -> ledger("jon"))
                .hasRootCauseInstanceOf(StoreException.class)
                .rootCause()
                .extracting(e -> ((StoreException) e).reason())
                .isEqualTo(StoreException.Reason.BUSY);
        all(ledger.close());

        all(ledger("jon").close());
    }

    @Test
    void manyLinesAreKept() {
        List<String> many =
                IntStream.range(0, 50_000).mapToObj(i -> "line " + i).toList();
        Ledger ledger = ledger("jon");
        all(ledger.append(many));
        for (int i = 0; i < 300; i++) {
            all(ledger.append(List.of("more " + i)));
        }
        all(ledger.close());

        assertThat(lines(ledger("jon"))).hasSize(50_300).startsWith("line 0").endsWith("more 299");
    }

    @Test
    void whatIsNoNameAndNoLineIsRefused() {
        Ledgers ledgers = store.ledgers().orElseThrow();
        for (String name : List.of("", "A", "a/b", "..", "x".repeat(61))) {
            assertThatThrownBy(() -> ledgers.ledger(name)).isInstanceOf(IllegalArgumentException.class);
        }
        Ledger ledger = ledger("jon");
        for (String line : List.of("a\nb", "\0", "\u00e9", "x".repeat(Ledgers.MAX_LINE + 1))) {
            assertThatThrownBy(() -> ledger.append(List.of(line))).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private Ledger ledger(String name) {
        return all(store.ledgers().orElseThrow().ledger(name)).get(0);
    }

    private static List<String> lines(Ledger ledger) {
        return all(ledger.lines()).get(0);
    }

    private static <T> List<T> all(Publisher<T> publisher) {
        Probe<T> probe = Probe.on(publisher, LIMIT, Long.MAX_VALUE);
        probe.awaitCompletion();
        return probe.takeAll();
    }
}
