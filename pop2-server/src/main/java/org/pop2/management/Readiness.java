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
 * Whether sessions can be served: the storage answers, the listeners are bound, and the server is not stopping.
 * {@link ManagementServer} answers {@code /health/ready} with it; programs with a health check of their own can use it
 * directly. Safe for many threads.
 */
public final class Readiness {
    private static final Logger LOG = LoggerFactory.getLogger(Readiness.class);

    private static final Duration LIMIT = Duration.ofSeconds(5);

    /** How long an answer of the storage is reused, so that frequent checks do not burden it. */
    private static final Duration KEPT = Duration.ofSeconds(2);

    /** Looking it up exercises the accounts, whether or not such a user exists. */
    private static final UserName NOBODY = new UserName("pop2-readiness");

    private final BooleanSupplier serving;
    private final Mono<Boolean> storage;

    /** Does nothing before {@link #check}. */
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
     * The state of {@code storage} and {@code listeners}. Works when subscribed to, takes at most 5 s, and never fails.
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
