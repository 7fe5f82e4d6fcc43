package org.pop2.storage.memory;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.Notes;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;

/** What the instances of {@link MemoryMailStore} share, as files or a database would be shared. Guarded by itself. */
public final class MemoryData {
    private final Map<String, Account> accounts = new TreeMap<>();
    private final Map<UserName, Map<String, Folder>> folders = new HashMap<>();
    private final AtomicLong liveBuffers = new AtomicLong();

    /** Buffers that were emitted and not released yet. */
    public long liveBuffers() {
        return liveBuffers.get();
    }

    /** What a folder has now, each message in its wire form; none if there is no such folder. */
    public synchronized List<byte[]> messages(UserName user, FolderName name) {
        return folder(user, name).messages.stream().map(byte[]::clone).toList();
    }

    AtomicLong liveBufferCount() {
        return liveBuffers;
    }

    synchronized @Nullable Account account(UserName user) {
        return accounts.get(user.value());
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
        List<FolderName> existing = new ArrayList<>();
        folders.getOrDefault(user, Map.of()).values().forEach(folder -> {
            if (folder.exists) {
                existing.add(folder.name);
            }
        });
        return existing;
    }

    /** What the user has in all folders. Nobody has a quota without an account. */
    synchronized Usage usage(UserName user) {
        long messages = 0;
        long octets = 0;
        for (Folder folder : folders.getOrDefault(user, Map.of()).values()) {
            messages += folder.messages.size();
            octets += folder.messages.stream().mapToLong(wire -> wire.length).sum();
        }
        Account account = accounts.get(user.value());
        return new Usage(
                messages,
                octets,
                account == null ? Quota.UNLIMITED : account.quota().orElse(Quota.UNLIMITED));
    }

    /**
     * Adds a message in its wire form, unless the user has no account.
     *
     * @throws StoreException if it is too much for the user's quota
     */
    synchronized boolean append(UserName user, FolderName name, byte[] wire) {
        if (!accounts.containsKey(user.value())) {
            return false;
        }
        Usage before = usage(user);
        before.quota().require(user, before.messages() + 1, before.octets() + wire.length);
        Folder folder = folder(user, name);
        folder.exists = true;
        folder.messages.add(wire);
        return true;
    }

    /**
     * Lets a newcomer have the mailbox if nobody holds it, or the one who does is the one that may lose it.
     *
     * @return nothing if it is held by somebody else
     */
    synchronized Optional<Acquired> acquire(MemoryMailbox newcomer, @Nullable MemoryMailbox mayLose) {
        Folder folder = folder(newcomer.user(), newcomer.folder());
        MemoryMailbox holder = folder.holder;
        if (holder != null && holder != mayLose) {
            return Optional.empty();
        }
        folder.holder = newcomer;
        newcomer.hold(folder.exists, List.copyOf(folder.messages));
        return Optional.of(new Acquired(holder));
    }

    synchronized @Nullable MemoryMailbox holder(UserName user, FolderName name) {
        Folder folder = find(user, name);
        return folder == null ? null : folder.holder;
    }

    private @Nullable Folder find(UserName user, FolderName name) {
        return folders.getOrDefault(user, Map.of()).get(name.value());
    }

    /** Removes messages, if the mailbox is still held by that holder, and ends its hold. */
    synchronized boolean release(MemoryMailbox holder, BitSet deleted) {
        Folder folder = find(holder.user(), holder.folder());
        if (folder == null || folder.holder != holder) {
            return false;
        }
        // what arrived meanwhile was appended: the snapshot is still the head of the list
        List<byte[]> kept = new ArrayList<>();
        for (int i = 0; i < folder.messages.size(); i++) {
            if (!deleted.get(i + 1)) {
                kept.add(folder.messages.get(i));
            }
        }
        folder.messages = kept;
        folder.holder = null;
        if (!folder.exists) {
            // nothing stays of a name that somebody asked for
            folders.getOrDefault(holder.user(), new TreeMap<>()).remove(folder.name.value());
        }
        return true;
    }

    /** The notes about a folder that exists. */
    Notes notes(UserName user, FolderName name) {
        return new Notes() {
            @Override
            public Publisher<byte[]> read(String note) {
                return Publishers.emit(() -> {
                    synchronized (MemoryData.this) {
                        byte[] octets = folder(user, name).notes.get(note);
                        return octets == null
                                ? Collections.emptyIterator()
                                : List.of(octets.clone()).iterator();
                    }
                });
            }

            @Override
            public Publisher<Void> write(String note, byte[] octets) {
                Notes.require(note, octets);
                byte[] copy = octets.clone();
                return Publishers.run(() -> {
                    synchronized (MemoryData.this) {
                        Map<String, byte[]> notes = folder(user, name).notes;
                        if (copy.length == 0) {
                            notes.remove(note);
                        } else {
                            notes.put(note, copy);
                        }
                    }
                });
            }
        };
    }

    /** Folders, also those that are held and do not exist. */
    public synchronized int known() {
        return folders.values().stream().mapToInt(Map::size).sum();
    }

    private Folder folder(UserName user, FolderName name) {
        return folders.computeIfAbsent(user, any -> new TreeMap<>())
                .computeIfAbsent(name.value(), any -> new Folder(name));
    }

    /**
     * The mailbox is the newcomer's.
     *
     * @param loser whose it was until then, to be told
     */
    record Acquired(@Nullable MemoryMailbox loser) {}

    /** A folder; one that does not exist has no messages but can be held. */
    private static final class Folder {
        final FolderName name;
        boolean exists;
        List<byte[]> messages = new ArrayList<>();
        final Map<String, byte[]> notes = new HashMap<>();

        @Nullable
        MemoryMailbox holder;

        Folder(FolderName name) {
            this.name = name;
        }
    }
}
