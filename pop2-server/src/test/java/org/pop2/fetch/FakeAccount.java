package org.pop2.fetch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.pop2.fetch.source.AtProvider;
import org.pop2.fetch.source.Source;
import org.pop2.fetch.source.SourceException;
import org.pop2.storage.transfer.OctetSink;

/** An account at a provider, without a network. */
final class FakeAccount implements Source {
    final Map<String, String> messages = new LinkedHashMap<>();
    final List<String> seen = new ArrayList<>();
    final Map<String, SourceException.Reason> broken = new LinkedHashMap<>();
    Optional<Instant> received = Optional.empty();
    String validity = "1";
    boolean numbered = true;
    /** Called at each step, where a kill may be. */
    Runnable step = () -> {};

    private long next = 1;

    FakeAccount with(String... contents) {
        for (String content : contents) {
            messages.put(numbered ? String.valueOf(next) : "uidl-" + validity + "-" + next, content);
            next++;
        }
        return this;
    }

    /** All messages get new names. */
    void renumber(String newValidity) {
        List<String> contents = List.copyOf(messages.values());
        messages.clear();
        validity = newValidity;
        next = 1;
        with(contents.toArray(String[]::new));
    }

    @Override
    public String validity() {
        return numbered ? validity : "";
    }

    @Override
    public OptionalLong last() {
        return numbered ? OptionalLong.of(next - 1) : OptionalLong.empty();
    }

    @Override
    public List<String> keys(Wanted wanted) {
        step.run();
        return messages.keySet().stream()
                .filter(key -> !numbered || Long.parseLong(key) > wanted.after())
                .filter(key -> !wanted.unseen() || !seen.contains(key))
                .toList();
    }

    @Override
    public List<Info> info(Collection<String> keys) {
        return keys.stream()
                .filter(messages::containsKey)
                .map(key -> new Info(key, messages.getOrDefault(key, "").length(), received))
                .toList();
    }

    @Override
    public boolean read(Info info, long most, OctetSink sink) throws IOException {
        step.run();
        SourceException.Reason why = broken.get(info.key());
        if (why != null) {
            throw new SourceException(why, "broken", null);
        }
        byte[] octets = messages.getOrDefault(info.key(), "").getBytes(ISO_8859_1);
        sink.accept(ByteBuffer.wrap(octets, 0, (int) Math.min(most, octets.length)));
        return octets.length <= most;
    }

    @Override
    public void act(Collection<String> keys, AtProvider what) {
        for (String key : keys) {
            step.run();
            switch (what.kind()) {
                case MARK_SEEN -> seen.add(key);
                case DELETE, MOVE -> messages.remove(key);
                default -> {}
            }
        }
    }

    @Override
    public void finish() {}

    @Override
    public boolean canAwait() {
        return false;
    }

    @Override
    public CompletableFuture<Boolean> await(Duration most, Executor threads) {
        return CompletableFuture.completedFuture(false);
    }

    @Override
    public void close() {}
}
