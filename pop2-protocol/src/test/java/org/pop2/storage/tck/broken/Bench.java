package org.pop2.storage.tck.broken;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.memory.MemoryData;
import org.pop2.storage.memory.MemoryMailStore;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** What the instances of one test share, and what faults do behind the back of the healthy storage. */
final class Bench {
    private static final HoldPolicy TAKE_OVER = new HoldPolicy(Duration.ZERO, Duration.ofSeconds(5));

    final MemoryData data = new MemoryData();

    /** Deliveries since the beginning. */
    final AtomicInteger arrivals = new AtomicInteger();

    /** The quotas of a fault that has its own idea of them. */
    final Map<UserName, Quota> quotas = new ConcurrentHashMap<>();

    /** What was delivered, by a fault that looks at it. */
    final List<ByteBuffer> delivered = new CopyOnWriteArrayList<>();

    MailStore healthy(HoldPolicy policy) {
        return MemoryMailStore.over(data, policy);
    }

    /** Deletes whatever may hold the mailbox. */
    Mono<Void> delete(UserName user, FolderName folder, IntPredicate which) {
        return rewrite(healthy(TAKE_OVER), user, folder, which);
    }

    /** Deletes unless somebody holds the mailbox. */
    Mono<Void> deleteIfFree(UserName user, FolderName folder, IntPredicate which) {
        return rewrite(healthy(new HoldPolicy(Duration.ofHours(1), Duration.ZERO)), user, folder, which);
    }

    private static Mono<Void> rewrite(MailStore store, UserName user, FolderName folder, IntPredicate which) {
        return Mono.from(store.open(user, folder)).flatMap(mailbox -> {
            BitSet deleted = new BitSet();
            for (int n = 1; n <= mailbox.count(); n++) {
                deleted.set(n, which.test(n));
            }
            return Mono.from(mailbox.release(deleted));
        });
    }

    static boolean isBusy(Throwable t) {
        return t instanceof StoreException e && e.reason() == StoreException.Reason.BUSY;
    }

    static Message withContent(Message message, Publisher<ByteBuffer> content) {
        return new Message(content, message.sender(), message.deliveryId(), message.received());
    }

    /** The octets of a message to deliver, copied. */
    static Mono<byte[]> gather(Publisher<ByteBuffer> content) {
        return Flux.from(content).map(Bench::copy).collectList().map(Bench::join);
    }

    /** The octets of a mailbox's message; the storage in memory does not make anybody wait. */
    static byte[] read(Mailbox mailbox, int number) {
        List<byte[]> pieces = new CopyOnWriteArrayList<>();
        Flux.from(mailbox.content(number)).subscribe(buffer -> {
            pieces.add(copy(buffer.octets()));
            buffer.release();
        });
        return join(pieces);
    }

    static byte[] copy(ByteBuffer octets) {
        byte[] copy = new byte[octets.remaining()];
        octets.duplicate().get(copy);
        return copy;
    }

    static byte[] join(List<byte[]> pieces) {
        ByteBuffer whole = ByteBuffer.allocate(
                pieces.stream().mapToInt(piece -> piece.length).sum());
        pieces.forEach(whole::put);
        return whole.array();
    }

    /** In buffers as small as they should be. */
    static Flux<ContentBuffer> buffers(byte[] octets) {
        return Flux.range(0, (octets.length + 8191) / 8192)
                .map(i -> ContentBuffer.unpooled(
                        ByteBuffer.wrap(octets, i * 8192, Math.min(8192, octets.length - i * 8192))));
    }
}
