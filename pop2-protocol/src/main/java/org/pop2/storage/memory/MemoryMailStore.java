package org.pop2.storage.memory;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The reference storage: everything in memory, nothing clever. It passes the whole contract and serves as a test
 * double:
 *
 * <pre>{@code
 * MailStore store = MemoryMailStore.create()
 *         .account("postel", "{PLAIN}secret")
 *         .message("postel", "INBOX", "Subject: one\r\n\r\nHello\r\n");
 * }</pre>
 *
 * <p>Several instances {@linkplain #over over} the same {@link MemoryData} behave like several nodes. It keeps whole
 * messages on the heap and works in the thread that asks: for tests, not for servers.
 */
public final class MemoryMailStore implements MailStore {
    private final MemoryData data;
    private final HoldPolicy policy;
    private final Set<MemoryMailbox> opened = ConcurrentHashMap.newKeySet();

    private MemoryMailStore(MemoryData data, HoldPolicy policy) {
        this.data = data;
        this.policy = policy;
    }

    /** An empty storage of its own, with {@link HoldPolicy#DEFAULT}. */
    public static MemoryMailStore create() {
        return over(new MemoryData(), HoldPolicy.DEFAULT);
    }

    /** One more instance over the same accounts and mail. */
    public static MemoryMailStore over(MemoryData data, HoldPolicy policy) {
        return new MemoryMailStore(data, policy);
    }

    /** Adds an enabled account, or replaces the one of that user. */
    public MemoryMailStore account(String user, String passwordHash) {
        data.put(new Account(new UserName(user), passwordHash, true));
        return this;
    }

    /**
     * Appends a message, written as Latin-1: one character, one octet.
     *
     * @throws IllegalArgumentException if the user has no account
     */
    public MemoryMailStore message(String user, String folder, String content) {
        byte[] wire = WireForm.of(content.getBytes(StandardCharsets.ISO_8859_1));
        if (!data.append(new UserName(user), new FolderName(folder), wire)) {
            throw new IllegalArgumentException("no account: " + user);
        }
        return this;
    }

    /** What this instance shares with others. */
    public MemoryData data() {
        return data;
    }

    @Override
    public Accounts accounts() {
        return new MemoryAccounts(data);
    }

    @Override
    public Publisher<Mailbox> open(UserName user, FolderName folder) {
        return subscriber -> {
            Opening opening = new Opening(subscriber, user, folder);
            subscriber.onSubscribe(opening);
        };
    }

    @Override
    public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
        return subscriber -> {
            Delivery delivery = new Delivery(subscriber, user, folder);
            subscriber.onSubscribe(delivery);
            if (data.account(user) == null) {
                delivery.onError(new StoreException(Reason.NOT_FOUND, "no account: " + user));
            } else {
                message.content().subscribe(delivery);
            }
        };
    }

    @Override
    public Publisher<FolderName> folders(UserName user) {
        return Publishers.emit(() -> data.folders(user).iterator());
    }

    @Override
    public Publisher<Usage> usage(UserName user) {
        return Publishers.emit(() -> List.of(data.usage(user)).iterator());
    }

    @Override
    public Publisher<Void> close() {
        return Publishers.run(() -> {
            opened.forEach(MemoryMailbox::abandon);
        });
    }

    private record MemoryAccounts(MemoryData data) implements Accounts {
        @Override
        public Publisher<Account> find(UserName user) {
            return Publishers.emit(() -> {
                Account account = data.account(user);
                return account == null
                        ? List.<Account>of().iterator()
                        : List.of(account).iterator();
            });
        }

        @Override
        public Publisher<Void> put(Account account) {
            return Publishers.run(() -> data.put(account));
        }

        @Override
        public Publisher<Boolean> replace(Account expected, Account replacement) {
            if (!expected.user().equals(replacement.user())) {
                throw new IllegalArgumentException("a replacement of another user's account");
            }
            return Publishers.emit(
                    () -> List.of(data.replace(expected, replacement)).iterator());
        }

        @Override
        public Publisher<Void> remove(UserName user) {
            return Publishers.run(() -> {
                if (!data.remove(user)) {
                    throw new StoreException(Reason.NOT_FOUND, "no account: " + user);
                }
            });
        }

        @Override
        public Publisher<Account> list() {
            return Publishers.emit(() -> iterator(data.accounts()));
        }

        private static Iterator<Account> iterator(List<Account> accounts) {
            return accounts.iterator();
        }
    }

    /**
     * One subscription to {@link #open}: tries as soon as the mailbox is asked for, and again until the holder is gone,
     * was silent for long enough, or the wait is over. It never has a hold that nobody knows of: it takes one only to
     * emit it, and gives it back if it was cancelled just then.
     */
    private final class Opening implements Subscription {
        private static final long RETRY_MILLIS = 2;

        private enum State {
            SUBSCRIBED,
            REQUESTED,
            CANCELLED,
            DONE
        }

        private final Subscriber<? super Mailbox> subscriber;
        private final MemoryMailbox mailbox;
        private final AtomicReference<State> state = new AtomicReference<>(State.SUBSCRIBED);
        private final Executor later = CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS);
        private final long start = System.nanoTime();

        Opening(Subscriber<? super Mailbox> subscriber, UserName user, FolderName folder) {
            this.subscriber = subscriber;
            this.mailbox = new MemoryMailbox(data, opened, user, folder);
        }

        @Override
        public void request(long n) {
            if (n > 0 && state.compareAndSet(State.SUBSCRIBED, State.REQUESTED)) {
                attempt();
            }
        }

        @Override
        public void cancel() {
            state.updateAndGet(was -> was == State.DONE ? State.DONE : State.CANCELLED);
        }

        private void attempt() {
            if (state.get() == State.CANCELLED) {
                return;
            }
            MemoryMailbox holder = data.holder(mailbox.user(), mailbox.folder());
            boolean silent = holder != null
                    && holder.silentNanos() >= policy.takeoverAfter().toNanos();
            Optional<MemoryData.Acquired> acquired = data.acquire(mailbox, silent ? holder : null);
            if (acquired.isPresent()) {
                opened.add(mailbox);
                MemoryMailbox loser = acquired.get().loser();
                if (loser != null) {
                    loser.lose();
                }
                if (state.compareAndSet(State.REQUESTED, State.DONE)) {
                    subscriber.onNext(mailbox);
                    subscriber.onComplete();
                } else {
                    mailbox.abandon();
                }
            } else if (System.nanoTime() - start < policy.busyWait().toNanos()) {
                later.execute(this::attempt);
            } else if (state.compareAndSet(State.REQUESTED, State.DONE)) {
                subscriber.onError(new StoreException(Reason.BUSY, "held by another session"));
            }
        }
    }

    /** One subscription to {@link #deliver}: gathers the message, then adds it whole. */
    private final class Delivery implements Subscriber<ByteBuffer>, Subscription {
        private final Subscriber<? super Void> subscriber;
        private final UserName user;
        private final FolderName folder;
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final AtomicReference<@Nullable Subscription> source = new AtomicReference<>();
        private volatile boolean done;

        Delivery(Subscriber<? super Void> subscriber, UserName user, FolderName folder) {
            this.subscriber = subscriber;
            this.user = user;
            this.folder = folder;
        }

        @Override
        public void onSubscribe(Subscription s) {
            source.set(s);
            if (done) {
                s.cancel();
            } else {
                s.request(1);
            }
        }

        @Override
        public void onNext(ByteBuffer octets) {
            byte[] copy = new byte[octets.remaining()];
            octets.get(copy);
            received.writeBytes(copy);
            Subscription s = source.get();
            if (s != null && !done) {
                s.request(1);
            }
        }

        @Override
        public void onError(Throwable t) {
            if (done) {
                return;
            }
            done = true;
            subscriber.onError(
                    t instanceof StoreException
                            ? t
                            : new StoreException(Reason.UNAVAILABLE, "the message could not be read", t));
        }

        @Override
        public void onComplete() {
            if (done) {
                return;
            }
            done = true;
            boolean known;
            try {
                known = data.append(user, folder, WireForm.of(received.toByteArray()));
            } catch (StoreException overQuota) {
                subscriber.onError(overQuota);
                return;
            }
            if (known) {
                subscriber.onComplete();
            } else {
                subscriber.onError(new StoreException(Reason.NOT_FOUND, "no account: " + user));
            }
        }

        @Override
        public void request(long n) {}

        @Override
        public void cancel() {
            done = true;
            Subscription s = source.getAndSet(null);
            if (s != null) {
                s.cancel();
            }
        }
    }
}
