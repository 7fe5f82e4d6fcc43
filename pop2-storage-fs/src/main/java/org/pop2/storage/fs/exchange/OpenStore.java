package org.pop2.storage.fs.exchange;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Account;
import org.pop2.storage.BatchDelivery;
import org.pop2.storage.Examined;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Recoverable;
import org.pop2.storage.Repairable;
import org.pop2.storage.Retention;
import org.pop2.storage.StoreException;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Blocking access to a storage for administration. Never takes a mailbox over from a session: it waits a while for a
 * mailbox in use, then fails with {@link StoreException.Reason#BUSY}. All errors of the storage are
 * {@link StoreException}s.
 */
public final class OpenStore implements AutoCloseable {
    /** Longer than any session is silent, and still representable in nanoseconds. */
    private static final Duration NEVER = Duration.ofDays(100 * 365);

    /** Limit for a step, except for reading and writing mail; a storage waits 10 s for a lock. */
    private static final Duration STEP = Duration.ofMinutes(1);

    /** Limit for opening, which counts the messages of perhaps many gigabytes. */
    private static final Duration COUNT = Duration.ofHours(1);

    /** Deleted messages that are listed, or restored, by one call. */
    private static final int BATCH = 500;

    private final MailStore store;

    private OpenStore(MailStore store) {
        this.store = store;
    }

    /**
     * Opens a storage; the caller closes it.
     *
     * @param storage opens it, with a policy for holds
     * @param busyWait how long to wait for a mailbox in use
     */
    public static OpenStore of(Function<HoldPolicy, ? extends Publisher<MailStore>> storage, Duration busyWait) {
        return new OpenStore(one(storage.apply(new HoldPolicy(NEVER, busyWait)), COUNT));
    }

    public List<UserName> users() {
        return one(Flux.from(store.accounts().list()).map(Account::user).collectList(), STEP);
    }

    /** Problems with these users' mailboxes; empty if the storage cannot tell. */
    public Optional<List<Examined.Finding>> examine(List<UserName> users) {
        return store.examined()
                .map(examined -> one(Flux.from(examined.examine(users)).collectList(), COUNT));
    }

    public Optional<Account> account(UserName user) {
        return Optional.ofNullable(await(store.accounts().find(user), STEP));
    }

    public void put(Account account) {
        await(store.accounts().put(account), STEP);
    }

    /** Removes an account; the mail stays. */
    public void remove(UserName user) {
        await(store.accounts().remove(user), STEP);
    }

    /** All accounts, ordered by name. */
    public List<Account> accounts() {
        return Objects.requireNonNull(await(Flux.from(store.accounts().list()).collectList(), STEP));
    }

    public List<FolderName> folders(UserName user) {
        return one(Flux.from(store.folders(user)).collectList(), STEP);
    }

    /** How much mail a user has in all folders, and may have. */
    public Usage usage(UserName user) {
        return one(store.usage(user), COUNT);
    }

    /** Opens and holds a mailbox; closing it releases it unchanged. */
    public OpenMailbox open(UserName user, FolderName folder) {
        Mailbox mailbox = one(store.open(user, folder), COUNT);
        return new OpenMailbox(mailbox, user + "/" + folder);
    }

    /** Delivers a message: durably when this returns, and not at all if it fails. */
    public void deliver(UserName user, FolderName folder, Message message) {
        Mono.from(store.deliver(user, folder, message)).block();
    }

    /** Most messages that the storage accepts at a time. */
    public int batch() {
        return store.batchDelivery().isPresent() ? BatchDelivery.MOST_MESSAGES : 1;
    }

    /** Delivers at most {@link #batch} messages: all durably when this returns, and none if it fails. */
    public void deliver(UserName user, FolderName folder, List<Message> messages) {
        if (messages.size() == 1) {
            deliver(user, folder, messages.get(0));
        } else if (!messages.isEmpty()) {
            BatchDelivery batches = store.batchDelivery()
                    .orElseThrow(() -> new IllegalArgumentException("the storage takes one message at a time"));
            Mono.from(batches.deliver(user, folder, messages)).block();
        }
    }

    /** Whether the storage keeps deleted messages for a while. */
    public boolean keepsDeleted() {
        return store.retention().isPresent();
    }

    /**
     * Deleted messages of a folder that can be restored, read while iterating.
     *
     * @throws IllegalStateException if the storage does not {@linkplain #keepsDeleted keep} it
     */
    public Iterable<Retention.Expunged> expunged(UserName user, FolderName folder) {
        return Flux.from(retention().expunged(user, folder)).toIterable(BATCH);
    }

    /**
     * Restores deleted messages, in batches. If one fails, those before it are restored, and the call can be repeated.
     *
     * @return how many came back
     * @throws IllegalStateException if the storage does not {@linkplain #keepsDeleted keep} what was deleted
     */
    public long undelete(UserName user, FolderName folder, List<Long> uids) {
        long back = 0;
        for (int from = 0; from < uids.size(); from += BATCH) {
            List<Long> batch = uids.subList(from, Math.min(uids.size(), from + BATCH));
            back += one(retention().undelete(user, folder, batch), STEP);
        }
        return back;
    }

    /** Deletions that a crash interrupted and that were set aside, if the storage has such. */
    public Optional<Recoverable> recoverable() {
        return store.recoverable();
    }

    /** Repair of mailboxes, if the storage has it. */
    public Optional<Repairable> repairable() {
        return store.repairable();
    }

    /** Repairs a mailbox, or reports what would be done. */
    public static Repairable.Repair repair(Repairable storage, UserName user, FolderName folder, boolean dry) {
        return one(storage.repair(user, folder, dry), COUNT);
    }

    /** All deletions that were set aside. */
    public static List<Recoverable.SetAside> setAside(Recoverable storage) {
        return one(Flux.from(storage.setAside()).collectList(), COUNT);
    }

    /** Finishes a deletion; durable when this returns. */
    public static void apply(Recoverable storage, String id) {
        await(storage.apply(id), COUNT);
    }

    public static void drop(Recoverable storage, String id) {
        await(storage.drop(id), STEP);
    }

    private Retention retention() {
        return store.retention().orElseThrow(() -> new IllegalStateException("the storage keeps nothing"));
    }

    @Override
    public void close() {
        await(store.close(), STEP);
    }

    private static <T> T one(Publisher<T> publisher, Duration limit) {
        T value = await(publisher, limit);
        if (value == null) {
            throw new StoreException(StoreException.Reason.UNAVAILABLE, "the storage gave no answer");
        }
        return value;
    }

    /**
     * Waits for one step of a storage.
     *
     * @return what it emitted; {@code null} if it only completed
     * @throws StoreException as the storage throws it; with {@link StoreException.Reason#BUSY} after the limit
     */
    public static <T> @Nullable T await(Publisher<T> publisher, Duration limit) {
        return Mono.from(publisher)
                .timeout(limit)
                .onErrorMap(
                        TimeoutException.class,
                        e -> new StoreException(
                                StoreException.Reason.BUSY,
                                "the storage did not answer within " + limit.toSeconds() + " s",
                                e))
                .block();
    }
}
