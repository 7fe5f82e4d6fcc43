package org.pop2.app.fetch;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
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
 * Takes the messages of a mailbox of another server to a target, each safe there before it is acknowledged, and none
 * twice however often it is run with the same state.
 *
 * <p>A message that was being delivered when an earlier run was killed is looked for in the target, where that is
 * possible: if there is one more like it than the state knows of, it was delivered. When in doubt it is delivered
 * again.
 */
public final class Fetcher implements Closeable {
    /** Buffers of a message on their way from the network to the disk. */
    private static final int AHEAD = 8;

    private final Target target;
    private final @Nullable FetchState state;
    private final boolean delete;
    private final long most;
    private final Progress progress;
    private final Consumer<String> warnings;

    /** What was on the server in this session, and is at the target. */
    private final Map<Fingerprint, Integer> seen = new HashMap<>();

    private long taken;
    /** The number of the last one. */
    private int last;

    private long fetched;

    private long before;
    private long rejected;

    private Fetcher(
            Target target,
            @Nullable FetchState state,
            boolean delete,
            long most,
            Progress progress,
            Consumer<String> warnings) {
        this.most = most;
        this.target = target;
        this.state = state;
        this.delete = delete;
        this.progress = progress;
        this.warnings = warnings;
    }

    /**
     * What is to be done.
     *
     * @param source what is fetched, the same each time
     * @param state the file that remembers; nothing: everything is delivered
     * @param delete whether messages are deleted on the server
     * @param most messages that this run delivers at most; what had been delivered before does not count
     * @param host this machine's name
     * @param limit for each answer of a mail system
     */
    public record Plan(
            String source,
            Destination to,
            Optional<Path> state,
            boolean delete,
            long most,
            String host,
            Duration limit) {}

    /** Makes ready: state and target are there, or it fails before anything is asked of the server. */
    public static Fetcher open(Plan plan, PrintStream out, Progress progress, Consumer<String> warnings)
            throws IOException {
        FetchState state =
                plan.state().isEmpty() ? null : FetchState.open(plan.state().get(), plan.source() + " to " + plan.to());
        boolean good = false;
        try {
            Path beside = plan.state().orElse(Path.of("")).toAbsolutePath();
            Target target = plan.to()
                    .open(out, beside.resolveSibling(beside.getFileName() + ".mbox"), plan.host(), plan.limit());
            good = true;
            return new Fetcher(target, state, plan.delete(), plan.most(), progress, warnings);
        } finally {
            if (!good && state != null) {
                state.close();
            }
        }
    }

    /** Messages delivered. */
    public long fetched() {
        return fetched;
    }

    /** Messages that an earlier run had delivered. */
    public long before() {
        return before;
    }

    /** Messages that the mail system refused for good; they are still on the server. */
    public long rejected() {
        return rejected;
    }

    /**
     * A whole session. Blocks.
     *
     * @throws IOException if the target fails
     * @throws org.pop2.storage.StoreException if the target, an mbox, fails
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
            // After
            // gaps, or of a mailbox that could not be opened and counts 0, messages may come back.
            if (!isEnough()) {
                state.replace(delete ? Map.of() : seen);
            } else if (delete) {
                // a copy of a message that was deleted now may be among those that were not looked at: it is a new one
                state.forget(seen);
            }
        }
    }

    private boolean isEnough() {
        return fetched >= most;
    }

    private Mono<Acknowledgement> take(Pop2Message message) {
        return Mono.using(
                        Spool::open,
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
            progress.octets(octets.readableBytes());
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

    /** All of the message is here, exactly as many octets as announced. */
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
            warnings.accept("message " + message.number() + " stays on the server: " + e.getMessage());
            return Acknowledgement.KEEP;
        }
        seen.put(fingerprint, number);
        progress.message();
        return delete ? Acknowledgement.DELETE : Acknowledgement.KEEP;
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

    @Override
    public void close() throws IOException {
        try {
            target.close();
        } finally {
            if (state != null) {
                state.close();
            }
        }
    }
}
