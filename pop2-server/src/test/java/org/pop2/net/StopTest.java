package org.pop2.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pop2.server.TestServer;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class StopTest {
    @Test
    void whatFailsIsToldAndHoldsUpNothing() {
        List<String> done = new ArrayList<>();
        List<Throwable> failed = new ArrayList<>();
        Mono<Void> stop = Stop.inOrder(
                failed::add,
                List.of(
                        Mono.fromRunnable(() -> done.add("first")),
                        Mono.error(new IllegalStateException("second")),
                        Mono.fromRunnable(() -> {
                            throw new NoClassDefFoundError("third");
                        }),
                        Mono.delay(Duration.ofMillis(1)).then(Mono.fromRunnable(() -> done.add("fourth"))),
                        Mono.fromRunnable(() -> done.add("fifth"))));
        assertThat(done).isEmpty();

        stop.block(TestServer.LIMIT);

        assertThat(done).containsExactly("first", "fourth", "fifth");
        assertThat(failed).extracting(Throwable::getMessage).containsExactly("second", "third");
    }

    @Test
    void itIsDoneOnceAndAllAwaitTheSameEnd() {
        Stop stop = new Stop();
        List<String> done = new ArrayList<>();
        Sinks.Empty<Void> last = Sinks.empty();
        Mono<Void> steps = Mono.<Void>fromRunnable(() -> done.add("begun")).then(last.asMono());
        assertThat(stop.hasBegun()).isFalse();

        stop.by(steps).subscribe().dispose();
        stop.by(steps).subscribe();
        assertThat(stop.hasBegun()).isTrue();
        last.tryEmitEmpty();

        stop.ended().block(TestServer.LIMIT);
        assertThat(done).containsExactly("begun");
    }
}
