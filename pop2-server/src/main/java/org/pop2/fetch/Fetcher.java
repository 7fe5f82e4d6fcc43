package org.pop2.fetch;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.pop2.client.Acknowledgement;
import org.pop2.client.Pop2Client;
import org.pop2.client.Pop2Message;
import org.pop2.protocol.Secret;
import org.pop2.storage.transfer.Fingerprint;
import org.pop2.storage.transfer.Progress;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Fetches the messages of a mailbox of another server to a target. Each is stored safely before it is acknowledged, and
 * none is delivered twice, however often it is run with the same state.
 *
 * <p>A message that was being delivered when an earlier run was killed is looked for in the target, if the target can
 * count: one more such message than the state knows of means that it was delivered. In doubt, it is delivered again.
 */
public final class Fetcher {
    /** Buffers on their way from the network to the disk. */
    private static final int AHEAD = 8;

    private final Target target;
    private final @Nullable FetchState state;
    private final Plan plan;
    private final Observer observer;

    /** Messages that this session saw on the server and that are at the target. */
    private final Map<Fingerprint, Integer> seen = new HashMap<>();

    private long taken;
    /** The number of the last one. */
    private int last;

    private long fetched;

    private long before;
    private long rejected;

    /**
     * What a run does.
     *
     * @param delete whether messages are deleted on the server
     * @param most most messages to deliver in this run; those delivered earlier do not count
     * @param leading finds lines that servers send before a message
     */
    public record Plan(boolean delete, long most, LeadingLine.Finder leading) {}

    /** Listens to events. */
    public interface Observer extends Progress {
        /** The target refused a message for good. It stays on the server. */
        void refused(int number, DeliveryException why);
    }

    /**
     * A run. The caller closes target and state.
     *
     * @param state remembers what was delivered; empty: everything is delivered
     */
    public Fetcher(Target target, Optional<FetchState> state, Plan plan, Observer observer) {
        this.target = target;
        this.state = state.orElse(null);
        this.plan = plan;
        this.observer = observer;
    }

    /** Messages delivered. */
    public long fetched() {
        return fetched;
    }

    /** Messages that an earlier run had delivered. */
    public long before() {
        return before;
    }

    /** Messages that the target refused for good; they are still on the server. */
    public long rejected() {
        return rejected;
    }

    /**
     * Runs a whole session. Blocks. Call once.
     *
     * @throws IOException if the target fails
     * @throws org.pop2.storage.StoreException if the target is a storage and fails
     * @throws org.pop2.client.Pop2ClientException if the server does
     */
    public void run(Pop2Client client, String user, Secret password, Optional<String> folder) throws IOException {
        try {
            client.fetch(user, password, folder, this::take, this::isEnough).block();
        } catch (RuntimeException e) {
            Throwable cause = Exceptions.unwrap(e);
            if (cause instanceof UncheckedIOException failed) {
                throw failed.getCause();
            }
            if (cause instanceof IOException failed) {
                throw failed;
            }
            throw e;
        }
        if (state != null && taken > 0 && taken == last) {
            // All that the server has was seen, and it has confirmed the end: what was deleted does not come again.
            // After gaps, or of a mailbox that could not be opened and counts 0, messages may come back.
            if (!isEnough()) {
                state.replace(plan.delete() ? Map.of() : seen);
            } else if (plan.delete()) {
                // a copy of a message that was deleted now may be among those that were not looked at: it is a new one
                state.forget(seen);
            }
        }
    }

    private boolean isEnough() {
        return fetched >= plan.most();
    }

    private Mono<Acknowledgement> take(Pop2Message message) {
        return Mono.using(
                        () -> Spool.open(plan.leading()),
                        spool -> message.content()
                                .publishOn(Schedulers.boundedElastic(), AHEAD)
                                .doOnNext(octets -> write(spool, octets))
                                .doOnDiscard(ByteBuf.class, ReferenceCountUtil::safeRelease)
                                .then(Mono.fromCallable(() -> settle(message, spool))),
                        Fetcher::close)
                .subscribeOn(Schedulers.boundedElastic());
    }

    private void write(Spool spool, ByteBuf octets) {
        try {
            observer.octets(octets.readableBytes());
            for (ByteBuffer part : octets.nioBuffers()) {
                spool.write(part);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            octets.release();
        }
    }

    private static void close(Spool spool) {
        try {
            spool.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Delivers a message that came completely. */
    private Acknowledgement settle(Pop2Message message, Spool spool) throws IOException {
        taken++;
        last = message.number();
        Fingerprint fingerprint = spool.fingerprint();
        int number = seen.getOrDefault(fingerprint, 0) + 1;
        try {
            if (state == null) {
                target.deliver(spool, "");
                fetched++;
            } else if (number <= state.count(fingerprint)) {
                before++;
            } else {
                deliver(state, fingerprint, spool);
            }
        } catch (DeliveryException e) {
            if (e.kind() != DeliveryException.Kind.REJECTED) {
                throw e;
            }
            rejected++;
            observer.refused(message.number(), e);
            return Acknowledgement.KEEP;
        }
        seen.put(fingerprint, number);
        observer.message();
        return plan.delete() ? Acknowledgement.DELETE : Acknowledgement.KEEP;
    }

    private void deliver(FetchState notes, Fingerprint fingerprint, Spool spool) throws IOException {
        if (notes.isInDoubt(fingerprint)) {
            OptionalInt there = target.count(fingerprint);
            if (there.isPresent() && there.getAsInt() > notes.count(fingerprint)) {
                notes.finish(fingerprint);
                before++;
                return;
            }
        }
        target.deliver(spool, notes.begin(fingerprint));
        notes.finish(fingerprint);
        fetched++;
    }
}
