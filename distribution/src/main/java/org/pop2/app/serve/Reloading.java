package org.pop2.app.serve;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.pop2.app.bench.Result;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.config.Configuration;
import org.pop2.app.logging.Logging;
import org.pop2.management.Reload;
import org.pop2.server.Pop2Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Reads the configuration again, and serves by what of it can be changed while sessions run. */
final class Reloading implements Reload {
    private static final Logger LOG = LoggerFactory.getLogger(Reloading.class);

    /** Keys that are effective for sessions that begin; the manual lists them. Every other needs a restart. */
    private static final Pattern LIVE = Pattern.compile("server\\.name|limits\\..*|log\\..*"
            + "|listen\\.profile|listeners\\.[^.]*\\.profile|profile\\..*|profiles\\..*"
            + "|session\\.(login-timeout|idle-timeout|stall-timeout|on-disconnect)");

    /** Where the configuration is. */
    @FunctionalInterface
    interface Source {
        Configuration read() throws CommandFailedException;
    }

    private final Map<String, String> atStart = new LinkedHashMap<>();
    private final Pop2Server server;
    private final Source source;

    Reloading(Configuration configuration, Pop2Server server, Source source) {
        configuration.entries().forEach(entry -> atStart.put(entry.key(), entry.value()));
        this.server = server;
        this.source = source;
    }

    @Override
    public Mono<Result> reload() {
        return Mono.fromCallable(this::now).subscribeOn(Schedulers.boundedElastic());
    }

    /** Blocks. */
    synchronized Result now() {
        Configuration next;
        try {
            next = source.read();
        } catch (CommandFailedException e) {
            List<String> problems = String.valueOf(e.getMessage()).lines().toList();
            LOG.atError().addKeyValue("error", String.join("; ", problems)).log("configuration-rejected");
            return new Result(false, problems);
        }
        server.reconfigure(Serving.settings(next)).block();
        Logging.follow(next.log());
        List<String> messages = new ArrayList<>();
        Map<String, String> now = new LinkedHashMap<>();
        next.entries().forEach(entry -> now.put(entry.key(), entry.value()));
        // those of a listener that is gone
        atStart.keySet().forEach(key -> now.putIfAbsent(key, ""));
        now.forEach((key, value) -> {
            if (!value.equals(atStart.getOrDefault(key, ""))
                    && !LIVE.matcher(key).matches()) {
                messages.add(key + ": takes effect after a restart");
            }
        });
        LOG.atInfo().addKeyValue("restart", String.join("; ", messages)).log("configuration-reloaded");
        return new Result(true, messages);
    }
}
