package org.pop2.management;

import java.util.List;
import reactor.core.publisher.Mono;

/** Reads the configuration again, and uses what of it can be changed while the server runs. */
@FunctionalInterface
public interface Reload {

    /**
     * What came of it.
     *
     * @param done whether the configuration is in force; if not, the old one is, whole
     * @param messages what is wrong, or what needs a restart
     */
    record Result(boolean done, List<String> messages) {
        public Result {
            messages = List.copyOf(messages);
        }
    }

    /** Works at subscription, never on the subscriber's thread. */
    Mono<Result> reload();
}
