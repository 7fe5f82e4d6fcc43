package org.pop2.net;

import static io.netty.channel.SelectStrategy.CONTINUE;
import static io.netty.channel.SelectStrategy.SELECT;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class BusyPollTest {
    private static final long LONGEST = BusyPoll.LONGEST.toNanos();

    private long now = 1;
    private int ready;
    private final BusyPoll poll = new BusyPoll(() -> now);

    private int ask(boolean hasTasks) {
        try {
            return poll.calculateStrategy(() -> ready, hasTasks);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private int look() {
        ready = 0;
        return ask(false);
    }

    private void event() {
        ready = 3;
        assertThat(ask(false)).isEqualTo(3);
    }

    /** It sleeps at last, and something comes as many nanoseconds after the first look. */
    private void waitInVain(long nanos) {
        look();
        now += nanos;
        assertThat(look()).isEqualTo(SELECT);
    }

    @Test
    void looksAgainForAsLongAsItMayAndThenSleeps() {
        assertThat(look()).isEqualTo(CONTINUE);
        now += LONGEST - 1;
        assertThat(look()).isEqualTo(CONTINUE);
        now += 1;
        assertThat(look()).isEqualTo(SELECT);
    }

    @Test
    void eventsAndTasksAreReportedAtOnceAndBeginAnotherWait() {
        look();
        now += LONGEST - 1;
        event();
        assertThat(look()).isEqualTo(CONTINUE);
        now += LONGEST - 1;
        ready = 0;
        assertThat(ask(true)).isZero();
        assertThat(look()).isEqualTo(CONTINUE);
    }

    @Test
    void afterTooManyWaitsInVainItSleepsAtOnceUntilSomethingComesFast() {
        for (int i = 0; i < BusyPoll.PATIENCE; i++) {
            waitInVain(LONGEST);
            now += 1;
            event();
        }
        assertThat(look()).isEqualTo(SELECT);
        now += LONGEST + 1;
        event();
        assertThat(look()).isEqualTo(SELECT);
        now += LONGEST;
        event();
        assertThat(look()).isEqualTo(CONTINUE);
    }

    @Test
    void waitsThatAreInVainNowAndThenDoNotAddUp() {
        for (int i = 0; i < 10 * BusyPoll.PATIENCE; i++) {
            waitInVain(LONGEST);
            now += 1;
            event();
            look();
            event();
        }
        assertThat(look()).isEqualTo(CONTINUE);
    }

    @Test
    void wokenWithNothingToDoCountsAsTheEndOfAWaitAsWell() {
        for (int i = 0; i < BusyPoll.PATIENCE; i++) {
            waitInVain(LONGEST);
            now += 1;
        }
        assertThat(look()).isEqualTo(SELECT);
    }
}
