package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadAheadTest {
    private final ReadAhead budget = new ReadAhead();

    @Test
    void octetsAreKeptUntilTheStoresBudgetIsUsedUpAndAgainWhenSomeAreGivenBack() {
        int kept = 0;
        while (budget.keep(ReadAhead.MOST)) {
            kept++;
        }
        assertThat(kept).isEqualTo(128);
        assertThat(budget.keep(1)).isFalse();

        budget.free(10);
        assertThat(budget.keep(11)).isFalse();
        assertThat(budget.keep(10)).isTrue();
    }

    @Test
    void aFewTransfersReadAheadAtATime() {
        int begun = 0;
        while (budget.transferBegins()) {
            begun++;
        }
        assertThat(begun).isEqualTo(32);

        budget.transferEnds();
        assertThat(budget.transferBegins()).isTrue();
        assertThat(budget.transferBegins()).isFalse();
    }
}
