package org.pop2.management;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.pop2.lmtp.LmtpServer;
import org.pop2.server.Pop2Server;
import org.pop2.storage.MailStore;
import org.pop2.storage.UserName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Whether sessions can be served: the storage answers, listeners are bound, and nobody has asked for the end. By itself
 * it is for programs that have a health check of their own; {@link ManagementServer} answers {@code /health/ready} with
 * it. Safe for many threads.
 */
public final class Readiness {
    private static final Logger LOG = LoggerFactory.getLogger(Readiness.class);

    private static final Duration LIMIT = Duration.ofSeconds(5);

    /** So long an answer of the storage is good: who asks often does not make the storage work for it. */
    private static final Duration KEPT = Duration.ofSeconds(2);

    /** Whether there is such a user or not, the accounts have to be looked at. */
    private static final UserName NOBODY = new UserName("pop2-readiness");

    private final BooleanSupplier serving;
    private final Mono<Boolean> storage;

    /** Nothing is asked before {@link #check}. */
    public Readiness(Pop2Server server, Optional<LmtpServer> lmtp, MailStore store) {
        this(() -> server.isServing() && lmtp.map(LmtpServer::isServing).orElse(true), store);
    }

    Readiness(BooleanSupplier serving, MailStore store) {
        this.serving = serving;
        this.storage = Mono.defer(() -> Mono.from(store.accounts().find(NOBODY)))
                .timeout(LIMIT)
                .then(Mono.just(true))
                .onErrorResume(error -> {
                    LOG.atWarn().addKeyValue("error", error.toString()).log("storage-unready");
                    return Mono.just(false);
                })
                .cache(KEPT);
    }

    /**
     * Each of the things that have to be, {@code storage} and {@code listeners}, and whether it is. Works when
     * subscribed to, takes 5 s at most, and never fails.
     */
    public Mono<Map<String, Boolean>> check() {
        return storage.map(reachable -> {
            Map<String, Boolean> checks = new LinkedHashMap<>();
            checks.put("storage", reachable);
            checks.put("listeners", serving.getAsBoolean());
            return checks;
        });
    }
}
