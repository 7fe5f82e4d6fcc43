package org.pop2.server;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A storage that does what a test says. One user, postel with the password secret; every folder has the same mail. */
public final class ScriptedStore implements MailStore {
    private static final Account POSTEL = new Account(new UserName("postel"), "{PLAIN}secret", true);

    final AtomicInteger opened = new AtomicInteger();
    final AtomicInteger activity = new AtomicInteger();
    volatile Runnable onActive = () -> {};
    final AtomicInteger liveBuffers = new AtomicInteger();
    final AtomicInteger mostBuffers = new AtomicInteger();

    /** What every release was asked to delete. */
    final List<BitSet> releases = new CopyOnWriteArrayList<>();

    final Sinks.Empty<Void> lost = Sinks.empty();

    public volatile Function<UserName, Publisher<Account>> accounts =
            name -> name.equals(POSTEL.user()) ? Mono.just(POSTEL) : Mono.empty();
    public volatile Function<Mailbox, Publisher<Mailbox>> open = Mono::just;
    volatile Function<BitSet, Publisher<Void>> release = deleted -> Mono.empty();
    volatile List<Long> sizes = List.of();
    volatile IntFunction<Publisher<ContentBuffer>> content = number -> Flux.empty();

    /** Messages of these octets, sent in pieces of that size. */
    public ScriptedStore mail(int piece, String... messages) {
        sizes = List.of(messages).stream().map(m -> (long) m.length()).toList();
        content = number -> pieces(messages[number - 1].getBytes(StandardCharsets.ISO_8859_1), piece);
        return this;
    }

    /** One message of so many octets, pieces of 64 KiB, each line its own number. */
    ScriptedStore big(long octets) {
        sizes = List.of(octets);
        int count = (int) ((octets + ContentBuffer.MAX_OCTETS - 1) / ContentBuffer.MAX_OCTETS);
        content = number -> Flux.range(0, count).map(i -> {
            long from = (long) i * ContentBuffer.MAX_OCTETS;
            byte[] piece = new byte[(int) Math.min(ContentBuffer.MAX_OCTETS, octets - from)];
            for (int k = 0; k < piece.length; k++) {
                piece[k] = octetAt(from + k);
            }
            return counted(piece);
        });
        return this;
    }

    /** What {@link #big} has at that place. */
    static byte octetAt(long index) {
        return (byte) (index * 31 + (index >>> 16));
    }

    Flux<ContentBuffer> pieces(byte[] octets, int piece) {
        return Flux.range(0, (octets.length + piece - 1) / piece).map(i -> {
            byte[] copy = java.util.Arrays.copyOfRange(octets, i * piece, Math.min(octets.length, (i + 1) * piece));
            return counted(copy);
        });
    }

    /** A buffer that is counted until it is released. */
    ContentBuffer counted(byte[] octets) {
        mostBuffers.accumulateAndGet(liveBuffers.incrementAndGet(), Math::max);
        ByteBuffer view = ByteBuffer.wrap(octets);
        return new ContentBuffer() {
            @Override
            public ByteBuffer octets() {
                return view;
            }

            @Override
            public void release() {
                liveBuffers.decrementAndGet();
            }
        };
    }

    @Override
    public Accounts accounts() {
        return new Accounts() {
            @Override
            public Publisher<Account> find(UserName user) {
                return accounts.apply(user);
            }

            @Override
            public Publisher<Void> put(Account account) {
                throw new UnsupportedOperationException();
            }

            @Override
            public Publisher<Boolean> replace(Account expected, Account replacement) {
                return Mono.just(false);
            }

            @Override
            public Publisher<Void> remove(UserName user) {
                throw new UnsupportedOperationException();
            }

            @Override
            public Publisher<Account> list() {
                return Mono.just(POSTEL);
            }
        };
    }

    @Override
    public Publisher<Mailbox> open(UserName user, FolderName folder) {
        return Mono.defer(() -> {
            opened.incrementAndGet();
            return Mono.from(open.apply(new ScriptedMailbox(this)));
        });
    }

    @Override
    public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Publisher<Usage> usage(UserName user) {
        return Mono.just(
                new Usage(sizes.size(), sizes.stream().mapToLong(size -> size).sum(), Quota.UNLIMITED));
    }

    @Override
    public Publisher<FolderName> folders(UserName user) {
        return Mono.just(FolderName.INBOX);
    }

    @Override
    public Publisher<Void> close() {
        return Mono.empty();
    }

    private record ScriptedMailbox(ScriptedStore script) implements Mailbox {
        @Override
        public int count() {
            return script.sizes.size();
        }

        @Override
        public long octets(int number) {
            return script.sizes.get(number - 1);
        }

        @Override
        public boolean writable() {
            return true;
        }

        @Override
        public Publisher<ContentBuffer> content(int number) {
            return script.content.apply(number);
        }

        @Override
        public Publisher<Void> release(BitSet deleted) {
            BitSet copy = (BitSet) deleted.clone();
            return Mono.defer(() -> {
                script.releases.add(copy);
                return Mono.from(script.release.apply(copy));
            });
        }

        @Override
        public void active() {
            script.activity.incrementAndGet();
            script.onActive.run();
        }

        @Override
        public Publisher<Void> lost() {
            return script.lost.asMono();
        }
    }
}
