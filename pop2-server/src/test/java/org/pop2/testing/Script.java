package org.pop2.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The faults that were ordered. Guarded by itself. */
final class Script {
    static final String GREETING = "(greeting)";

    /** What is to be done with an answer. */
    sealed interface Action {
        record Drop(long octets) implements Action {}

        record Say(String line) implements Action {}

        record Miscount(long by) implements Action {}

        record Silence() implements Action {}
    }

    /**
     * What is to be done with one answer.
     *
     * @param delay before it
     */
    record Orders(Duration delay, Optional<Action> action) {}

    /**
     * @param nth 0: every time
     * @param action nothing: it is only late
     */
    private record Order(String place, int nth, Duration delay, Optional<Action> action) {}

    private final List<Order> orders = new ArrayList<>();
    private final Map<String, Integer> times = new HashMap<>();
    private int refusals;

    synchronized void clear() {
        orders.clear();
        times.clear();
        refusals = 0;
    }

    synchronized void refuse(int connections) {
        refusals = connections;
    }

    synchronized boolean refuses() {
        return refusals > 0 && refusals-- > 0;
    }

    synchronized void add(String place, int nth, Action action) {
        orders.add(0, new Order(place, nth, Duration.ZERO, Optional.of(action)));
    }

    synchronized void delay(String place, int nth, Duration time) {
        orders.add(0, new Order(place, nth, time, Optional.empty()));
    }

    /** The place is reached once more. */
    synchronized Orders at(String place) {
        int time = times.merge(place, 1, Integer::sum);
        List<Order> here = orders.stream()
                .filter(order -> order.place().equals(place) && (order.nth() == 0 || order.nth() == time))
                // one for this time alone counts more, whenever it was given
                .sorted(Comparator.comparing(order -> order.nth() == 0))
                .toList();
        return new Orders(
                here.stream()
                        .filter(order -> order.action().isEmpty())
                        .map(Order::delay)
                        .findFirst()
                        .orElse(Duration.ZERO),
                here.stream().flatMap(order -> order.action().stream()).findFirst());
    }
}
