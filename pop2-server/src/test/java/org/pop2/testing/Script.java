package org.pop2.testing;

import java.time.Duration;
import java.util.ArrayList;
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

        record Delay(Duration time) implements Action {}

        record Say(String line) implements Action {}

        record Miscount(long by) implements Action {}

        record Silence() implements Action {}
    }

    /** @param nth 0: every time */
    private record Order(String place, int nth, Action action) {}

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
        orders.add(0, new Order(place, nth, action));
    }

    /** The place is reached once more. */
    synchronized Optional<Action> at(String place) {
        int time = times.merge(place, 1, Integer::sum);
        return orders.stream()
                .filter(order -> order.place().equals(place) && (order.nth() == 0 || order.nth() == time))
                .map(Order::action)
                .findFirst();
    }
}
