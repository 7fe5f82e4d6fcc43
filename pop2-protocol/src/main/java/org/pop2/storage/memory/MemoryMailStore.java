package org.pop2.storage.memory;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executor;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.support.Flows;
import org.pop2.storage.support.Holds;
import org.pop2.storage.support.Incoming;
import org.pop2.storage.support.WireForm;
import org.reactivestreams.Publisher;

/**
 * Accounts and mail in memory, kept simple. It passes the whole contract, and shows how to use
 * {@link org.pop2.storage.support}:
 *
 * <pre>{@code
 * MailStore store = MemoryMailStore.create()
 *         .account("postel", "{PLAIN}secret")
 *         .message("postel", "INBOX", "Subject: one\r\n\r\nHello\r\n");
 * }</pre>
 *
 * <p>Several instances {@linkplain #over over} the same {@link MemoryData} behave like several nodes. It keeps whole
 * messages on the heap, never waits, and works on the caller's thread.
 */
public final class MemoryMailStore implements MailStore {
    static final Executor AT_ONCE = Runnable::run;

    private final MemoryData data;
    private final Quota quota;
    private final Holds holds;

    private MemoryMailStore(MemoryData data, HoldPolicy policy, Quota quota) {
        this.data = data;
        this.quota = quota;
        this.holds = new Holds(data.holds(), policy, AT_ONCE);
    }

    /** An empty storage of its own, with {@link HoldPolicy#DEFAULT}. */
    public static MemoryMailStore create() {
        return over(new MemoryData(), HoldPolicy.DEFAULT);
    }

    /** One more instance over the same accounts and mail. */
    public static MemoryMailStore over(MemoryData data, HoldPolicy policy) {
        return over(data, policy, Quota.UNLIMITED);
    }

    /** The same, with a default quota. */
    public static MemoryMailStore over(MemoryData data, HoldPolicy policy, Quota quota) {
        return new MemoryMailStore(data, policy, quota);
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
        UserName name = new UserName(user);
        if (data.account(name).isEmpty()) {
            throw new IllegalArgumentException("no account: " + user);
        }
        byte[] wire = WireForm.of(content.getBytes(StandardCharsets.ISO_8859_1));
        data.append(name, new FolderName(folder), wire, Quota.UNLIMITED);
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
        return holds.open(List.of(user, folder), () -> MemorySnapshot.of(data, user, folder));
    }

    @Override
    public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
        return new Incoming(message, AT_ONCE, () -> {
            data.requireAccount(user);
            return new Gathering(user, folder);
        });
    }

    @Override
    public Publisher<FolderName> folders(UserName user) {
        return Flows.list(AT_ONCE, () -> data.folders(user));
    }

    @Override
    public Publisher<Usage> usage(UserName user) {
        return Flows.list(AT_ONCE, () -> List.of(data.usage(user, quota)));
    }

    @Override
    public Publisher<Void> close() {
        return Flows.run(AT_ONCE, holds::close);
    }

    /** An incoming message: gathered, then added whole. */
    private final class Gathering implements Incoming.Sink {
        private final UserName user;
        private final FolderName folder;
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();

        Gathering(UserName user, FolderName folder) {
            this.user = user;
            this.folder = folder;
        }

        @Override
        public void write(byte[] wire) {
            received.writeBytes(wire);
        }

        @Override
        public void commit(long octets) {
            data.append(user, folder, received.toByteArray(), quota);
        }

        @Override
        public void abort() {
            received.reset();
        }
    }

    private record MemoryAccounts(MemoryData data) implements Accounts {
        @Override
        public Publisher<Account> find(UserName user) {
            return Flows.list(AT_ONCE, () -> data.account(user));
        }

        @Override
        public Publisher<Void> put(Account account) {
            return Flows.run(AT_ONCE, () -> data.put(account));
        }

        @Override
        public Publisher<Boolean> replace(Account expected, Account replacement) {
            if (!expected.user().equals(replacement.user())) {
                throw new IllegalArgumentException("a replacement of another user's account");
            }
            return Flows.list(AT_ONCE, () -> List.of(data.replace(expected, replacement)));
        }

        @Override
        public Publisher<Void> remove(UserName user) {
            return Flows.run(AT_ONCE, () -> {
                if (!data.remove(user)) {
                    throw new StoreException(Reason.NOT_FOUND, "no account: " + user);
                }
            });
        }

        @Override
        public Publisher<Account> list() {
            return Flows.list(AT_ONCE, data::accounts);
        }
    }
}
