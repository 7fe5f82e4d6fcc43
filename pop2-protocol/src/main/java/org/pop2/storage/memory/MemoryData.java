package org.pop2.storage.memory;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.support.Holds;

/** What the instances of {@link MemoryMailStore} share, as files or a database would be shared. Guarded by itself. */
public final class MemoryData {
    private final Map<String, Account> accounts = new TreeMap<>();
    private final Map<UserName, Map<String, Folder>> folders = new HashMap<>();
    private final AtomicLong liveBuffers = new AtomicLong();
    private final Holds.Table holds = new Holds.Table();

    /** Empty: no accounts, no mail. */
    public MemoryData() {}

    /** Buffers that were emitted and not released yet. */
    public long liveBuffers() {
        return liveBuffers.get();
    }

    /** The messages of a folder, each in its wire form; none if there is no such folder. */
    public synchronized List<byte[]> messages(UserName user, FolderName name) {
        Folder folder = find(user, name);
        return folder == null
                ? List.of()
                : folder.messages.stream().map(byte[]::clone).toList();
    }

    AtomicLong liveBufferCount() {
        return liveBuffers;
    }

    Holds.Table holds() {
        return holds;
    }

    synchronized List<Account> account(UserName user) {
        Account account = accounts.get(user.value());
        return account == null ? List.of() : List.of(account);
    }

    synchronized void put(Account account) {
        accounts.put(account.user().value(), account);
    }

    synchronized boolean replace(Account expected, Account replacement) {
        return accounts.replace(expected.user().value(), expected, replacement);
    }

    synchronized boolean remove(UserName user) {
        return accounts.remove(user.value()) != null;
    }

    synchronized List<Account> accounts() {
        return List.copyOf(accounts.values());
    }

    synchronized List<FolderName> folders(UserName user) {
        return folders.getOrDefault(user, Map.of()).values().stream()
                .map(folder -> folder.name)
                .toList();
    }

    /** How much mail the user has in all folders. */
    synchronized Usage usage(UserName user, Quota usual) {
        long messages = 0;
        long octets = 0;
        for (Folder folder : folders.getOrDefault(user, Map.of()).values()) {
            messages += folder.messages.size();
            octets += folder.messages.stream().mapToLong(wire -> wire.length).sum();
        }
        Account account = accounts.get(user.value());
        return new Usage(
                messages, octets, account == null ? usual : account.quota().orElse(usual));
    }

    /**
     * Adds a message in its wire form.
     *
     * @throws StoreException if the user has no account, or the quota does not allow it
     */
    synchronized void append(UserName user, FolderName name, byte[] wire, Quota usual) {
        requireAccount(user);
        Usage before = usage(user, usual);
        before.quota().require(user, before.messages() + 1, before.octets() + wire.length);
        folders.computeIfAbsent(user, any -> new TreeMap<>())
                .computeIfAbsent(name.value(), any -> new Folder(name))
                .messages
                .add(wire);
    }

    synchronized void requireAccount(UserName user) {
        if (!accounts.containsKey(user.value())) {
            throw new StoreException(StoreException.Reason.NOT_FOUND, "no account: " + user);
        }
    }

    /** The messages of a folder now; {@code null} if there is no such folder. */
    synchronized @Nullable List<byte[]> look(UserName user, FolderName name) {
        Folder folder = find(user, name);
        return folder == null ? null : List.copyOf(folder.messages);
    }

    /** Removes messages by their numbers in a mailbox that is held. */
    synchronized void delete(UserName user, FolderName name, BitSet deleted) {
        Folder folder = find(user, name);
        if (folder == null) {
            return;
        }
        // what arrived meanwhile was appended: the snapshot is still the head of the list
        List<byte[]> kept = new ArrayList<>();
        for (int i = 0; i < folder.messages.size(); i++) {
            if (!deleted.get(i + 1)) {
                kept.add(folder.messages.get(i));
            }
        }
        folder.messages = kept;
    }

    synchronized List<byte[]> note(UserName user, FolderName name, String note) {
        Folder folder = find(user, name);
        byte[] octets = folder == null ? null : folder.notes.get(note);
        return octets == null ? List.of() : List.of(octets.clone());
    }

    synchronized void note(UserName user, FolderName name, String note, byte[] octets) {
        Folder folder = find(user, name);
        if (folder != null && octets.length == 0) {
            folder.notes.remove(note);
        } else if (folder != null) {
            folder.notes.put(note, octets);
        }
    }

    private @Nullable Folder find(UserName user, FolderName name) {
        return folders.getOrDefault(user, Map.of()).get(name.value());
    }

    private static final class Folder {
        final FolderName name;
        List<byte[]> messages = new ArrayList<>();
        final Map<String, byte[]> notes = new HashMap<>();

        Folder(FolderName name) {
            this.name = name;
        }
    }
}
