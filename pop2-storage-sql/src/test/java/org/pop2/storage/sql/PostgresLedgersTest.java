package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.Ledgers;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreException;
import org.pop2.storage.tck.LedgersContract;
import reactor.core.publisher.Mono;

@Tag("any-database")
class PostgresLedgersTest extends LedgersContract {
    private static TestDatabase database;

    @BeforeAll
    static void createDatabase() {
        database = TestDatabase.migrated();
    }

    @Override
    protected MailStore open() {
        return database.open(HoldPolicy.DEFAULT, Map.of());
    }

    @Override
    protected void discard() {
        database.clear();
    }

    @Test
    void theLedgerOfANodeThatDiedIsTakenAndWhatThatWritesIsNot() {
        try (var closing = new Closing(open(), open())) {
            Ledgers.Ledger first = ledger(closing.one());
            Objects.requireNonNull(Mono.from(first.lines()).block());
            database.execute("UPDATE ledger SET expires_at = now() - interval '1 second'");

            Ledgers.Ledger second = ledger(closing.other());
            Mono.from(second.append(List.of("second"))).block();

            assertThatThrownBy(() -> Mono.from(first.append(List.of("first"))).block())
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("another took the ledger");
            assertThat(Mono.from(second.lines()).block()).containsExactly("second");
        }
    }

    private static Ledgers.Ledger ledger(MailStore store) {
        return Objects.requireNonNull(
                Mono.from(store.ledgers().orElseThrow().ledger("jon")).block());
    }

    private record Closing(MailStore one, MailStore other) implements AutoCloseable {
        @Override
        public void close() {
            Mono.from(one.close()).then(Mono.from(other.close())).block();
        }
    }
}
