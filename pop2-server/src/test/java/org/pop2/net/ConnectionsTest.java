package org.pop2.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Connections counted and drained. */
class ConnectionsTest {
    private final Connections connections = new Connections();
    private final List<String> told = new ArrayList<>();

    private Connections.Connection named(String name) {
        return new Connections.Connection() {
            @Override
            public void stop() {
                told.add("stop " + name);
            }

            @Override
            public void stopNow() {
                told.add("stop " + name + " now");
            }
        };
    }

    private void stop() {
        connections.stop();
        connections.idle().subscribe(nothing -> {}, error -> {}, () -> told.add("idle"));
    }

    @Test
    void aStopWaitsForConnectionsAndForWhatOutlivesThem() {
        Connections.Connection one = named("one");
        assertThat(connections.add(one)).isEqualTo(1);
        connections.begins();
        stop();
        connections.remove(one);
        assertThat(connections.count()).isZero();
        assertThat(told).containsExactly("stop one");
        connections.ends();
        assertThat(told).containsExactly("stop one", "idle");
    }

    @Test
    void whoComesOrGoesOnDuringAStopIsStopped() {
        Connections.Connection arrival = named("arrival");
        connections.add(arrival);
        stop();
        connections.replace(arrival, named("session"));
        connections.add(named("late"));
        connections.stopNow();
        assertThat(told)
                .startsWith("stop arrival", "stop session", "stop late")
                .contains("stop session now", "stop late now")
                .doesNotContain("stop arrival now");
        assertThat(connections.count()).isEqualTo(2);
    }
}
