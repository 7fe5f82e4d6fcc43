package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.Examined;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Measured;
import org.pop2.storage.Message;
import org.pop2.storage.Quota;
import org.pop2.storage.Recoverable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.support.Opening;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The mbox storage: puts the pieces together and keeps every file operation on its own threads. */
final class MboxStore implements MailStore, Measured, Examined, Recoverable {
    private static final Logger LOG = LoggerFactory.getLogger(MboxStore.class);
    private static final Pattern NETWORK = Pattern.compile("nfs.*|cifs|smb.*|fuse.*|9p|afs|ceph|glusterfs|lustre");
    private static final int KEPT_BUFFERS = 128;

    private final MboxSettings settings;
    private final StorageIo io;
    private final Pause pause;
    private final Liveness.Files liveness;
    private final Holds holds;
    private final MboxFiles files;
    private final Quarantine quarantine;
    private final PasswordFile passwords;
    private final StateLock quotaLock;
    private final Path spool;
    private final Work work;
    private final BufferPool buffers = new BufferPool(KEPT_BUFFERS);
    private final ReadAhead readAhead = new ReadAhead();
    private final Set<MboxMailbox> mailboxes = ConcurrentHashMap.newKeySet();
    private final Mono<Void> closing;

    private MboxStore(MboxSettings settings, StorageIo io, Pause pause) throws IOException {
        this.settings = settings;
        this.io = io;
        this.pause = pause;
        Path state = settings.state();
        makeDirectories(state);
        for (Path base : settings.paths().bases()) {
            makeDirectories(base);
            requireLocal(base);
        }
        makeDirectories(parent(settings.accounts()));
        requireLocal(state);
        requireOwn(settings.accounts());
        Path journals = directory(state, "journals");
        Path indexes = directory(state, "indexes");
        Path held = directory(state, "holds");
        this.spool = directory(state, "spool");
        liveness = new Liveness.Files(io, directory(state, "processes"));
        Sightings sightings =
                new Sightings(io, directory(state, "locks"), liveness.self().boot(), pause);
        work = new Work(settings.workers(), settings.readers());
        boolean opened = false;
        try {
            long lockMillis = settings.lockTimeout().toMillis();
            holds = new Holds(
                    io,
                    held,
                    StateLock.at(io, state.resolve("holds.lock")),
                    liveness,
                    pause,
                    settings.holdPolicy(),
                    settings.lockTimeout(),
                    settings.holdPoll());
            passwords = new PasswordFile(
                    io, settings.accounts(), StateLock.at(io, state.resolve("accounts.lock")), pause, lockMillis);
            quotaLock = StateLock.at(io, state.resolve("quotas.lock"));
            MboxLocks locks = new MboxLocks(
                    io,
                    ChannelRegistry.JVM,
                    liveness,
                    sightings,
                    pause,
                    settings.locking(),
                    lockMillis,
                    settings.dotLockStaleAfter().toMillis());
            for (Path directory : settings.paths().fixedDirectories()) {
                locks.requireDotLocks(directory);
            }
            Commits commits = new Commits(io, journals);
            Deliveries deliveries = new Deliveries(io, journals);
            quarantine = new Quarantine(io, journals, settings.paths(), locks, commits, holds);
            IndexFile indexFile = new IndexFile(io, indexes, settings.format());
            files = new MboxFiles(
                    io,
                    ChannelRegistry.JVM,
                    locks,
                    commits,
                    deliveries,
                    indexFile,
                    settings.format(),
                    pause,
                    work.readers());
            recover(commits, deliveries, indexFile);
            opened = true;
        } finally {
            if (!opened) {
                work.close();
                liveness.close();
            }
        }
        closing = Mono.<Void>fromRunnable(this::shutDown)
                .subscribeOn(Schedulers.fromExecutor(task -> new Thread(task, "pop2-mbox-close").start()))
                .onErrorMap(StoreErrors::of)
                .cache();
    }

    /** Opens the storage and finishes what a crash left. Blocks. */
    static MboxStore open(MboxSettings settings, StorageIo io, Pause pause) throws IOException {
        MboxStore store = new MboxStore(settings, io, pause);
        store.work.every(settings.holdPoll().toMillis(), store.holds::exchange);
        return store;
    }

    private static Path parent(Path file) {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }

    private Path directory(Path state, String name) throws IOException {
        Path directory = state.resolve(name);
        io.makeDirectory(directory);
        return directory;
    }

    private void makeDirectories(Path directory) throws IOException {
        List<Path> missing = new ArrayList<>();
        for (Path at = directory; at != null && io.stat(at) == null; at = at.getParent()) {
            missing.add(0, at);
        }
        for (Path next : missing) {
            io.makeDirectory(next);
            io.forceDirectory(parent(next));
        }
    }

    private void requireLocal(Path directory) throws IOException {
        String type = io.fileSystemType(directory);
        if (!settings.allowNetworkFileSystems()
                && NETWORK.matcher(type.toLowerCase(Locale.ROOT)).matches()) {
            throw new StoreException(
                    Reason.UNAVAILABLE,
                    directory + " is on " + type + ", where locks and fsync are not to be trusted; if yours are,"
                            + " set allow-network-file-systems = true");
        }
    }

    /** Whoever may write to the accounts may log in as anybody; and if we are root, may do more. */
    private void requireOwn(Path accounts) throws IOException {
        if (io.isWritableByAll(accounts)) {
            throw new StoreException(
                    Reason.UNAVAILABLE, accounts + " can be written by everybody: chmod o-w " + accounts);
        }
    }

    private void recover(Commits commits, Deliveries deliveries, IndexFile indexes) throws IOException {
        if (liveness.sweep()) {
            LOG.atInfo().addKeyValue("state", settings.state()).log("unclean-end");
            sweepSpool();
            indexes.sweep();
            holds.sweep();
        }
        Set<Path> interrupted = new LinkedHashSet<>(commits.pending());
        interrupted.addAll(deliveries.pending());
        for (Path pending : interrupted) {
            Optional<MailboxPath> path = settings.paths().find(pending);
            if (path.isEmpty()) {
                LOG.atError()
                        .addKeyValue("mailbox", pending)
                        .addKeyValue("reason", "unknown")
                        .log("recovery-impossible");
                continue;
            }
            try {
                files.recover(path.get());
            } catch (StoreException e) {
                // the other mailboxes are good; this one is refused until its recovery succeeds
                LOG.atError()
                        .addKeyValue("mailbox", pending)
                        .addKeyValue("error", e.getMessage())
                        .log("recovery-failed");
            }
        }
    }

    private void sweepSpool() throws IOException {
        for (String name : io.list(spool)) {
            io.unlink(spool.resolve(name));
        }
    }

    @Override
    public List<Measure> measures() {
        return List.of(
                new Measure("holds", "Mailboxes that sessions of this process hold", Kind.GAUGE, holds::count),
                new Measure(
                        "takeovers",
                        "Mailboxes that were taken over from a silent session, or from a process that ended",
                        Kind.COUNTER,
                        holds::takeovers));
    }

    @Override
    public Accounts accounts() {
        return new Accounts() {
            @Override
            public Publisher<Account> find(UserName user) {
                return work.<Optional<Account>>call(settings.accounts(), () -> passwords.find(user))
                        .flatMap(Mono::justOrEmpty);
            }

            @Override
            public Optional<Account> recent(UserName user) {
                return passwords.recent(user);
            }

            @Override
            public Publisher<Void> put(Account account) {
                return work.call(settings.accounts(), () -> {
                    passwords.put(account);
                    return null;
                });
            }

            @Override
            public Publisher<Boolean> replace(Account expected, Account replacement) {
                if (!expected.user().equals(replacement.user())) {
                    throw new IllegalArgumentException("a replacement of another user's account");
                }
                return work.call(settings.accounts(), () -> passwords.replace(expected, replacement));
            }

            @Override
            public Publisher<Void> remove(UserName user) {
                return work.call(settings.accounts(), () -> {
                    passwords.remove(user);
                    return null;
                });
            }

            @Override
            public Publisher<Account> list() {
                return work.<List<Account>>call(settings.accounts(), passwords::list)
                        .flatMapMany(Flux::fromIterable);
            }
        };
    }

    @Override
    public Publisher<Mailbox> open(UserName user, FolderName folder) {
        MailboxPath path = settings.paths().of(user, folder);
        Duration wait = settings.holdPolicy().busyWait();
        return new Opening(outcome ->
                new Tries(outcome, () -> tryOpen(path, folder), work, wait.toNanos(), path.toString()).begin());
    }

    /** Whether there is no such folder. There is always an inbox, empty perhaps. */
    private boolean isNoFolder(MailboxPath path, FolderName folder) throws IOException {
        if (folder.isInbox()) {
            return false;
        }
        if (path.isNoFile(io)) {
            LOG.atInfo().addKeyValue("file", path).log("folder-not-a-file");
            return true;
        }
        return path.check(io) == null;
    }

    private Optional<MboxMailbox> tryOpen(MailboxPath path, FolderName folder) throws IOException {
        if (isNoFolder(path, folder)) {
            return Optional.of(mailbox(path, null, holds.ofNothing(path)));
        }
        Optional<Holds.Hold> held = holds.tryHold(path);
        if (held.isEmpty()) {
            return Optional.empty();
        }
        Holds.Hold hold = held.get();
        boolean opened = false;
        try {
            MboxFiles.Counted counted = files.open(path);
            opened = true;
            return Optional.of(mailbox(path, counted, hold));
        } finally {
            if (!opened) {
                hold.end();
            }
        }
    }

    private MboxMailbox mailbox(MailboxPath path, MboxFiles.@Nullable Counted counted, Holds.Hold hold) {
        MboxMailbox mailbox =
                new MboxMailbox(files, counted, hold, work, buffers, readAhead, path.toString(), mailboxes::remove);
        mailboxes.add(mailbox);
        return mailbox;
    }

    @Override
    public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
        MailboxPath path = settings.paths().of(user, folder);
        return Mono.defer(() -> deliver(user, path, message))
                .subscribeOn(work.scheduler())
                .onErrorMap(e -> StoreErrors.about(path.toString(), e));
    }

    private Mono<Void> deliver(UserName user, MailboxPath path, Message message) {
        Quota quota;
        try {
            Optional<Account> account = passwords.find(user);
            if (account.isEmpty()) {
                return Mono.error(new StoreException(Reason.NOT_FOUND, "no such user: " + user));
            }
            quota = account.get().quota().orElse(settings.quota());
        } catch (IOException e) {
            return Mono.error(StoreErrors.of(e));
        }
        return add(message, stored -> append(user, path, stored, quota));
    }

    /** Adds a message to a mailbox, whoever's it is. */
    Mono<Void> append(MailboxPath path, Message message) {
        return Mono.defer(() -> add(message, stored -> files.append(path, stored)))
                .subscribeOn(work.scheduler())
                .onErrorMap(e -> StoreErrors.about(path.toString(), e));
    }

    /** What is done with a message once all of it is there. */
    private interface Appending {
        void of(StoredMessage stored) throws IOException;
    }

    private Mono<Void> add(Message message, Appending appending) {
        StoredMessage stored;
        try {
            byte[] fromLine = FromLine.of(message.sender(), Instant.ofEpochMilli(pause.now()));
            stored = new StoredMessage(io, spool, settings.format().quoting(), fromLine);
        } catch (IOException e) {
            return Mono.error(StoreErrors.of(e));
        }
        return Flux.from(message.content())
                .onErrorMap(e -> new StoreException(Reason.UNAVAILABLE, "the message could not be read: " + e, e))
                // one buffer at a time: the next is asked for when this one is stored
                .publishOn(work.scheduler(), 1)
                .concatMap(octets -> add(stored, octets), 0)
                .then(Mono.fromCallable(() -> {
                    stored.complete();
                    Waits.during(() -> appending.of(stored));
                    return null;
                }))
                .then()
                .doFinally(end -> work.submit(() -> discard(stored), () -> discard(stored)));
    }

    /**
     * With a quota, deliveries to one user come one after the other, in all processes: what is counted in the other
     * folders stays so until this message is there. Folders are read one by one and the last one is locked alone, so
     * this waits for no other delivery while it holds a mailbox.
     */
    private void append(UserName user, MailboxPath path, StoredMessage message, Quota quota) throws IOException {
        if (quota.isUnlimited()) {
            files.append(path, message);
            return;
        }
        // one that never fits need not be counted for
        quota.require(user, 1, message.wireOctets());
        quotaLock.locked(user.value(), settings.lockTimeout().toMillis(), pause, () -> {
            Usage elsewhere = count(user, quota, path);
            files.append(
                    path,
                    message,
                    here -> quota.require(
                            user,
                            elsewhere.messages() + here.count() + 1,
                            elsewhere.octets() + here.octetsInAll() + message.wireOctets()));
            return elsewhere;
        });
    }

    /** What the user has in all folders but that one. */
    private Usage count(UserName user, Quota quota, @Nullable MailboxPath except) throws IOException {
        long messages = 0;
        long octets = 0;
        for (FolderName folder : settings.paths().list(io, user)) {
            MailboxPath path = settings.paths().of(user, folder);
            if (except == null || !path.file().equals(except.file())) {
                Usage there = count(path, quota);
                messages += there.messages();
                octets += there.octets();
            }
        }
        return new Usage(messages, octets, quota);
    }

    /**
     * What is in one folder. A file that is no mailbox has no mail; one that cannot be read has its size. Neither may
     * keep the user's mail from coming.
     */
    private Usage count(MailboxPath path, Quota quota) throws IOException {
        try {
            MboxFiles.Counted counted = files.open(path);
            if (counted == null) {
                return new Usage(0, 0, quota);
            }
            try {
                return new Usage(counted.index().count(), counted.index().octetsInAll(), quota);
            } finally {
                counted.closeOrWarn();
            }
        } catch (IOException | StoreException e) {
            StoreException error = StoreErrors.of(e);
            if (error.reason() == Reason.BUSY) {
                throw error;
            }
            if (error.reason() == Reason.CORRUPT) {
                LOG.atDebug()
                        .addKeyValue("mailbox", path)
                        .addKeyValue("error", error.getMessage())
                        .log("mailbox-not-counted");
                return new Usage(0, 0, quota);
            }
            LOG.atWarn()
                    .addKeyValue("mailbox", path)
                    .addKeyValue("error", error.getMessage())
                    .log("folder-unreadable");
            FileStatus there = io.stat(path.file());
            return new Usage(0, there == null ? 0 : there.size(), quota);
        }
    }

    @Override
    public Publisher<Usage> usage(UserName user) {
        return work.call(settings.state(), () -> {
            Quota quota = passwords.find(user).flatMap(Account::quota).orElse(settings.quota());
            return Objects.requireNonNull(Waits.during(() -> count(user, quota, null)));
        });
    }

    private static Mono<Void> add(StoredMessage stored, ByteBuffer octets) {
        try {
            stored.add(octets);
            return Mono.empty();
        } catch (IOException e) {
            return Mono.error(StoreErrors.of(e));
        }
    }

    private static void discard(StoredMessage stored) {
        try {
            stored.close();
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("error", e.toString()).log("spool-file-left");
        }
    }

    @Override
    public Publisher<Finding> examine(Collection<UserName> users) {
        return work.<List<Finding>>call(settings.state(), () -> {
                    List<Finding> found = new ArrayList<>();
                    for (UserName user : users) {
                        for (FolderName folder : settings.paths().list(io, user)) {
                            found.addAll(files.examine(settings.paths().of(user, folder)));
                        }
                    }
                    for (SetAside each : quarantine.list()) {
                        found.add(new Finding(
                                Severity.WARN,
                                each.mailbox() + ": a deletion that was interrupted was set aside as " + each.id()
                                        + "; " + each.text() + ". See pop2d mailbox recover"));
                    }
                    // the directory of many mailboxes is one
                    return found.stream().distinct().toList();
                })
                .flatMapMany(Flux::fromIterable);
    }

    @Override
    public Publisher<SetAside> setAside() {
        return work.<List<SetAside>>call(settings.state(), () -> Waits.during(quarantine::list))
                .flatMapMany(Flux::fromIterable);
    }

    @Override
    public Publisher<Void> apply(String id) {
        return work.call(settings.state(), () -> {
            Waits.during(() -> quarantine.apply(id));
            return null;
        });
    }

    @Override
    public Publisher<Void> drop(String id) {
        return work.call(settings.state(), () -> {
            quarantine.drop(id);
            return null;
        });
    }

    @Override
    public Publisher<FolderName> folders(UserName user) {
        return work.<List<FolderName>>call(
                        settings.state(), () -> settings.paths().list(io, user))
                .flatMapMany(Flux::fromIterable);
    }

    @Override
    public Publisher<Void> close() {
        return closing;
    }

    private void shutDown() {
        work.close();
        holds.loseAll();
        List.copyOf(mailboxes).forEach(MboxMailbox::giveUp);
        liveness.close();
    }

    /** Content buffers given out and not yet released. */
    int buffersAlive() {
        return buffers.alive();
    }
}
