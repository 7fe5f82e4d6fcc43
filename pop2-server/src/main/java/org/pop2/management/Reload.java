package org.pop2.management;

import java.util.List;
import reactor.core.publisher.Mono;

/** Reads the configuration again, and applies what can be changed while the server runs. */
@FunctionalInterface
public interface Reload {

    /**
     * The result.
     *
     * @param done whether the new configuration is in force; if not, all of the old one is
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
