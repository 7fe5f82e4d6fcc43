package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.BatchDelivery;
import org.pop2.storage.Examined;
import org.pop2.storage.FolderName;
import org.pop2.storage.Ledgers;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.Notes;
import org.pop2.storage.Quota;
import org.pop2.storage.Recoverable;
import org.pop2.storage.Repairable;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.StoreMetrics;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.account.MboxAccounts;
import org.pop2.storage.fs.account.PasswordFile;
import org.pop2.storage.fs.io.BufferPool;
import org.pop2.storage.fs.io.StorageIo;
import org.pop2.storage.fs.io.StoreErrors;
import org.pop2.storage.fs.io.Work;
import org.pop2.storage.fs.journal.Commits;
import org.pop2.storage.fs.journal.Deliveries;
import org.pop2.storage.fs.journal.Quarantine;
import org.pop2.storage.fs.journal.Replacements;
import org.pop2.storage.fs.lock.ChannelRegistry;
import org.pop2.storage.fs.lock.Holds;
import org.pop2.storage.fs.lock.Liveness;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;
import org.pop2.storage.fs.lock.Pause;
import org.pop2.storage.fs.lock.Sightings;
import org.pop2.storage.fs.lock.StateLock;
import org.pop2.storage.support.Opening;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The mbox storage. Combines the parts, and runs every file operation on its own threads. */
final class MboxStore implements MailStore, BatchDelivery, StoreMetrics, Examined, Recoverable, Repairable, Ledgers {
    private static final Logger LOG = LoggerFactory.getLogger(MboxStore.class);
    private static final int KEPT_BUFFERS = 128;

    private final MboxSettings settings;
    private final StorageIo io;
    private final Liveness.Files liveness;
    private final Holds holds;
    private final MboxFiles files;
    private final Quarantine quarantine;
    private final PasswordFile passwords;
    private final Accounts accounts;
    private final NoteFiles notes;
    private final Path ledgers;
    private final Quotas quotas;
    private final Incoming incoming;
    private final Work work;
    private final BufferPool buffers = new BufferPool(KEPT_BUFFERS);
    private final ReadAhead readAhead = new ReadAhead();
    private final Set<MboxMailbox> mailboxes = ConcurrentHashMap.newKeySet();
    private final Mono<Void> closing;

    private MboxStore(MboxSettings settings, StorageIo io, Pause pause) throws IOException {
        this.settings = settings;
        this.io = io;
        Path state = settings.state();
        Directories directories = new Directories(io, settings.allowNetworkFileSystems());
        directories.make(state);
        for (Path base : settings.paths().bases()) {
            directories.make(base);
            directories.requireLocal(base);
        }
        directories.makeFor(settings.accounts());
        directories.requireLocal(state);
        directories.requireOwn(settings.accounts());
        Path journals = directories.below(state, "journals");
        Path indexes = directories.below(state, "indexes");
        Path held = directories.below(state, "holds");
        Path spool = directories.below(state, "spool");
        notes = new NoteFiles(io, directories.below(state, "notes"));
        ledgers = directories.below(state, "ledgers");
        liveness = new Liveness.Files(io, directories.below(state, "processes"));
        Sightings sightings = new Sightings(
                io, directories.below(state, "locks"), liveness.self().boot(), pause);
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
            accounts = new MboxAccounts(settings.accounts(), passwords, work);
            incoming = new Incoming(io, spool, settings.format().quoting(), work, pause);
            StateLock quotaLock = StateLock.at(io, state.resolve("quotas.lock"));
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
                    new Replacements(io, spool, commits, deliveries),
                    pause);
            quotas = new Quotas(io, settings.paths(), files, quotaLock, pause, lockMillis);
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

    /** Opens the storage and finishes what a crash interrupted. Blocks. */
    static MboxStore open(MboxSettings settings, StorageIo io, Pause pause) throws IOException {
        MboxStore store = new MboxStore(settings, io, pause);
        store.work.every(settings.holdPoll().toMillis(), store.holds::exchange);
        return store;
    }

    private void recover(Commits commits, Deliveries deliveries, IndexFile indexes) throws IOException {
        if (liveness.sweep()) {
            LOG.atInfo().addKeyValue("state", settings.state()).log("unclean-end");
            incoming.sweep();
            indexes.sweep();
            notes.sweep();
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

    @Override
    public Optional<Ledgers> ledgers() {
        return Optional.of(this);
    }

    @Override
    public Optional<StoreMetrics> metrics() {
        return Optional.of(this);
    }

    @Override
    public Optional<Examined> examined() {
        return Optional.of(this);
    }

    @Override
    public Optional<BatchDelivery> batchDelivery() {
        return Optional.of(this);
    }

    @Override
    public Optional<Repairable> repairable() {
        return Optional.of(this);
    }

    @Override
    public Optional<Recoverable> recoverable() {
        return Optional.of(this);
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
        return accounts;
    }

    @Override
    public Publisher<Mailbox> open(UserName user, FolderName folder) {
        Duration wait = settings.holdPolicy().busyWait();
        return new Opening(outcome -> {
            MailboxPath path = settings.paths().of(user, folder);
            new Tries(outcome, () -> tryOpen(path, folder), work, wait.toNanos(), path.toString()).begin();
        });
    }

    /** Whether there is no such folder. The inbox always exists, if only empty. */
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
            Counted counted = files.open(path);
            opened = true;
            return Optional.of(mailbox(path, counted, hold));
        } finally {
            if (!opened) {
                hold.end();
            }
        }
    }

    private MboxMailbox mailbox(MailboxPath path, @Nullable Counted counted, Holds.Hold hold) {
        Optional<Notes> notes = counted == null ? Optional.empty() : Optional.of(notes(path));
        MboxMailbox mailbox = new MboxMailbox(
                files, counted, hold, work, buffers, readAhead, path.toString(), notes, mailboxes::remove);
        mailboxes.add(mailbox);
        return mailbox;
    }

    private Notes notes(MailboxPath path) {
        return new Notes() {
            @Override
            public Publisher<byte[]> read(String name) {
                return work.call(path.file(), () -> notes.read(path, name));
            }

            @Override
            public Publisher<Void> write(String name, byte[] octets) {
                Notes.require(name, octets);
                return work.call(path.file(), () -> {
                    notes.write(path, name, octets);
                    return null;
                });
            }
        };
    }

    @Override
    public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
        return deliver(user, folder, appending -> incoming.gather(message, appending));
    }

    @Override
    public Publisher<Void> deliver(UserName user, FolderName folder, List<Message> messages) {
        List<Message> batch = BatchDelivery.checked(messages);
        return batch.isEmpty() ? Mono.empty() : deliver(user, folder, appending -> incoming.gather(batch, appending));
    }

    private Mono<Void> deliver(UserName user, FolderName folder, Function<Incoming.Appending, Mono<Void>> gathering) {
        return Mono.defer(() -> {
                    MailboxPath path = settings.paths().of(user, folder);
                    return deliver(user, path, gathering).onErrorMap(e -> StoreErrors.about(path.toString(), e));
                })
                .subscribeOn(work.scheduler())
                .onErrorMap(StoreErrors::of);
    }

    private Mono<Void> deliver(UserName user, MailboxPath path, Function<Incoming.Appending, Mono<Void>> gathering) {
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
        return gathering.apply(stored -> quotas.append(user, path, stored, quota));
    }

    /** Appends a message to a mailbox, regardless of its user. */
    Mono<Void> append(MailboxPath path, Message message, Optional<byte[]> fromLine) {
        Incoming.Appending appending = stored -> files.append(path, stored);
        return Mono.defer(() -> fromLine.isPresent()
                        ? incoming.gather(message, fromLine.get(), appending)
                        : incoming.gather(message, appending))
                .subscribeOn(work.scheduler())
                .onErrorMap(e -> StoreErrors.about(path.toString(), e));
    }

    @Override
    public Publisher<Ledger> ledger(String name) {
        Ledgers.require(name);
        return LedgerFile.open(work, ledgers, name);
    }

    @Override
    public Publisher<Usage> usage(UserName user) {
        return work.call(settings.state(), () -> {
            Quota quota = passwords.find(user).flatMap(Account::quota).orElse(settings.quota());
            return quotas.usage(user, quota);
        });
    }

    @Override
    public Publisher<Finding> examine(Collection<UserName> users) {
        return work.<List<Finding>>call(settings.state(), () -> {
                    List<Finding> found = new ArrayList<>();
                    Neighbours neighbours = new Neighbours(settings.format().quoting(), settings.locking());
                    for (UserName user : users) {
                        List<FolderName> folders = settings.paths().list(io, user);
                        if (!folders.contains(FolderName.INBOX)) {
                            // a link, a directory or the like is in its place, or nothing
                            found.addAll(files.examine(settings.paths().of(user, FolderName.INBOX)));
                        }
                        for (FolderName folder : folders) {
                            MailboxPath path = settings.paths().of(user, folder);
                            found.addAll(files.examine(path));
                            if (neighbours.wantsMore()) {
                                files.traces(path).ifPresent(traces -> neighbours.saw(path, traces));
                            }
                        }
                    }
                    found.addAll(neighbours.findings());
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
        return work.<List<SetAside>>call(settings.state(), quarantine::list).flatMapMany(Flux::fromIterable);
    }

    @Override
    public Publisher<Void> apply(String id) {
        return work.call(settings.state(), () -> {
            quarantine.apply(id);
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
    public Publisher<Repair> repair(UserName user, FolderName folder, boolean dry) {
        MailboxPath path = settings.paths().of(user, folder);
        return work.call(path.file(), () -> {
            if (path.check(io) == null) {
                throw new StoreException(Reason.NOT_FOUND, path + ": there is no such file");
            }
            Holds.Hold hold = holds.tryHold(path)
                    .orElseThrow(() -> new StoreException(Reason.BUSY, path + ": held by a session"));
            try {
                return files.repair(path, dry);
            } finally {
                hold.end();
            }
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

    /** Content buffers that were emitted and not released yet. */
    int buffersAlive() {
        return buffers.alive();
    }
}
