package org.pop2.storage.example;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pop2.storage.Accounts;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.support.AccountFiles;
import org.pop2.storage.support.DurableFiles;
import org.pop2.storage.support.Flows;
import org.pop2.storage.support.Holds;
import org.pop2.storage.support.Incoming;
import org.pop2.storage.support.MessageFiles;
import org.pop2.storage.support.Snapshot;
import org.reactivestreams.Publisher;

/**
 * Mail in Maildirs: a file for each message, in {@code new} or {@code cur}. The inbox is {@code mail/USER}, where an
 * MTA may deliver too; another folder is {@code folders/USER/FOLDER/.mail}. The name of a file that is written here
 * ends in {@code ,W=} and the octets on the wire, so that mail need not be read to be counted.
 */
final class MaildirStore implements MailStore {
    /** Where it is written which files a release deletes, until they are gone. */
    private static final String DELETING = "deleting";

    private static final Pattern TOLD = Pattern.compile(",W=([0-9]{1,18})");

    private final Path root;
    private final DurableFiles.Lock lock;
    private final ExecutorService disk = Executors.newFixedThreadPool(8);
    private final AccountFiles accounts;
    private final Quota quota;
    private final Holds holds;
    private final AtomicLong clock = new AtomicLong();

    /** @throws StoreException if another one works there */
    MaildirStore(Path root, HoldPolicy policy, Quota quota) {
        this.root = root;
        this.quota = quota;
        DurableFiles.directory(root.resolve("accounts"));
        DurableFiles.directory(root.resolve("tmp"));
        lock = DurableFiles.lock(root.resolve("lock"));
        accounts = new AccountFiles(root.resolve("accounts"), disk);
        holds = new Holds(policy, disk);
    }

    @Override
    public Accounts accounts() {
        return accounts;
    }

    @Override
    public Publisher<Mailbox> open(UserName user, FolderName folder) {
        return holds.open(List.of(user, folder), () -> new Maildir(directory(user, folder)));
    }

    @Override
    public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
        return new Incoming(message, disk, () -> {
            accounts.require(user);
            long now = System.currentTimeMillis() * 1000;
            String name = "%019d.pop2".formatted(clock.accumulateAndGet(now, (last, at) -> Math.max(last + 1, at)));
            Path file = root.resolve("tmp").resolve(name);
            return MessageFiles.sink(
                    file, octets -> add(user, file, directory(user, folder).resolve("new"), octets));
        });
    }

    /** Of deliveries at once each counts those before it. */
    private synchronized void add(UserName user, Path file, Path directory, long octets) {
        Usage before = count(user);
        before.quota().require(user, before.messages() + 1, before.octets() + octets);
        DurableFiles.directory(directory);
        DurableFiles.move(file, directory.resolve(file.getFileName() + ",W=" + octets));
    }

    @Override
    public Publisher<FolderName> folders(UserName user) {
        return Flows.list(disk, () -> names(user));
    }

    @Override
    public Publisher<Usage> usage(UserName user) {
        return Flows.list(disk, () -> List.of(count(user)));
    }

    @Override
    public Publisher<Void> close() {
        return Flows.run(Runnable::run, () -> {
            holds.close();
            disk.shutdown();
            lock.close();
        });
    }

    private Path directory(UserName user, FolderName folder) {
        // no part of a folder's name begins with a dot
        return root.resolve(folder.isInbox() ? "mail/" + user : "folders/" + user + "/" + folder + "/.mail");
    }

    private List<FolderName> names(UserName user) {
        Path others = root.resolve("folders").resolve(user.value());
        Stream<FolderName> inbox = Stream.of(FolderName.INBOX).filter(it -> Files.isDirectory(directory(user, it)));
        if (!Files.isDirectory(others)) {
            return inbox.toList();
        }
        try (Stream<Path> all = Files.walk(others)) {
            Stream<FolderName> names = all.filter(it -> it.endsWith(".mail"))
                    .map(it -> new FolderName(others.relativize(it.getParent()).toString()));
            return Stream.concat(inbox, names)
                    .sorted(Comparator.comparing(FolderName::value))
                    .toList();
        } catch (IOException e) {
            throw DurableFiles.failed(e);
        }
    }

    private Usage count(UserName user) {
        List<Long> octets = names(user).stream()
                .flatMap(it -> files(directory(user, it)).stream())
                .map(MaildirStore::octets)
                .toList();
        Quota allowed = accounts.look(user).flatMap(it -> it.quota()).orElse(quota);
        return new Usage(octets.size(), octets.stream().mapToLong(it -> it).sum(), allowed);
    }

    /** In the order of their coming. */
    private static List<Path> files(Path maildir) {
        return Stream.of("new", "cur")
                .flatMap(it -> DurableFiles.list(maildir.resolve(it)).stream())
                .sorted(Comparator.comparing(it -> it.getFileName().toString()))
                .toList();
    }

    private static long octets(Path file) {
        Matcher told = TOLD.matcher(file.getFileName().toString());
        return told.find() ? Long.parseLong(told.group(1)) : MessageFiles.octets(file);
    }

    /** A mailbox that is held. */
    private final class Maildir implements Snapshot {
        private final Path directory;
        private final List<Path> files;
        private final List<Long> octets;

        Maildir(Path directory) {
            this.directory = directory;
            DurableFiles.finish(directory.resolve(DELETING));
            files = files(directory);
            octets = files.stream().map(MaildirStore::octets).toList();
        }

        @Override
        public List<Long> octets() {
            return octets;
        }

        @Override
        public boolean writable() {
            return Files.isDirectory(directory);
        }

        @Override
        public Publisher<ContentBuffer> content(int number) {
            return MessageFiles.content(disk, files.get(number - 1), octets.get(number - 1));
        }

        @Override
        public void delete(BitSet numbers) {
            DurableFiles.deleteAll(
                    directory.resolve(DELETING),
                    numbers.stream().mapToObj(it -> files.get(it - 1)).toList());
        }
    }
}
