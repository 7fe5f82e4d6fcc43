package org.pop2.storage.fs.lock;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.fs.io.IoFile;
import org.pop2.storage.fs.io.ProcessIdentity;
import org.pop2.storage.fs.io.StorageIo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Which session holds which mailbox: one file for each mailbox in the state directory, with the holder's token, who it
 * is, and when its client last spoke. A file is read and changed under a lock for all processes. It stays when the hold
 * ends, marked as free: a file system takes many times longer to make a file and remove it than to write to one.
 *
 * <p>Only the process of a holder knows when the client last spoke. Another process that wants the mailbox writes into
 * the file how much silence is enough for it; the holder's process gives the mailbox up, or crosses the question out.
 * One that does neither is taken for hung.
 *
 * <p>Taking a mailbox over is writing a new token. A release looks, with the mailbox locked, whether its own token
 * still stands: if not, it deletes nothing. Whoever took over locks the mailbox after that to count it, so it sees
 * either all of an earlier release or a release that is refused.
 */
public final class Holds {
    private static final Logger LOG = LoggerFactory.getLogger(Holds.class);
    private static final String SUFFIX = ".hold";

    private final StorageIo io;
    private final Path directory;
    private final StateLock lock;
    private final Liveness liveness;
    private final Pause pause;
    private final HoldPolicy policy;
    private final long lockMillis;
    /** How long another process takes to answer. */
    private final Duration lag;

    private final Map<String, Hold> ours = new ConcurrentHashMap<>();
    /** Sessions of folders that do not exist. */
    private final Set<Hold> fileless = ConcurrentHashMap.newKeySet();
    /** Holds that have ended, and whose files still say otherwise because the disk would not take it. */
    private final Set<Hold> unmarked = ConcurrentHashMap.newKeySet();

    /** What this process has asked others, by mailbox. */
    private final Map<String, Question> questions = new ConcurrentHashMap<>();

    private final AtomicLong takeovers = new AtomicLong();

    public Holds(
            StorageIo io,
            Path directory,
            StateLock lock,
            Liveness liveness,
            Pause pause,
            HoldPolicy policy,
            Duration lockTimeout,
            Duration lag) {
        this.io = io;
        this.directory = directory;
        this.lock = lock;
        this.liveness = liveness;
        this.pause = pause;
        this.policy = policy;
        this.lockMillis = lockTimeout.toMillis();
        this.lag = lag;
    }

    /** The first octet of a file of a mailbox that nobody holds; no token begins so. */
    private static final byte FREE = '-';

    private static final int MAX_OCTETS = 1024;
    /** How often a process that lives has looked at its holds in this time, whatever else it does. */
    private static final int UNANSWERED_POLLS = 10;

    /**
     * What a hold file says.
     *
     * @param activity another number each time the client has spoken
     * @param asked how many milliseconds of silence are enough for a process that wants the mailbox; 0: none does
     */
    private record Entry(String token, ProcessIdentity holder, long activity, long asked) {
        String toText() {
            String text = token + "\n" + holder.toText() + "\n" + activity + "\n";
            return asked == 0 ? text : text + asked + "\n";
        }

        static Optional<Entry> parse(String text) {
            String[] lines = text.split("\n", -1);
            if (lines.length < 4 || lines.length > 5) {
                return Optional.empty();
            }
            try {
                long activity = Long.parseLong(lines[2]);
                long asked = lines.length == 4 ? 0 : Long.parseLong(lines[3]);
                return ProcessIdentity.parse(lines[1]).map(holder -> new Entry(lines[0], holder, activity, asked));
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }
    }

    /**
     * A question to another process that has not been answered yet.
     *
     * @param since when it was asked, by this process's clock
     */
    private record Question(String token, long activity, long since) {
        boolean isAbout(Entry there) {
            return token.equals(there.token()) && activity == there.activity();
        }
    }

    /**
     * A hold of nothing, for a session of a folder that does not exist: there is nothing that two could have a right
     * to, and nothing is left of a name that only a client has thought of.
     */
    public Hold ofNothing(MailboxPath path) {
        Hold hold = new Hold("", path.toString(), "");
        fileless.add(hold);
        return hold;
    }

    /** Mailboxes that sessions of this storage hold. */
    public int count() {
        return ours.size();
    }

    /** Holds that were taken from the silent or the dead. */
    public long takeovers() {
        return takeovers.get();
    }

    /** Takes the hold, from nobody, from the dead or from the silent; nothing if the holder has a right to it. */
    public Optional<Hold> tryHold(MailboxPath path) throws IOException {
        String key = path.key();
        Optional<Hold> taken = locked(key, () -> {
            try (IoFile file = openOrCreate(file(key))) {
                ByteBuffer text = text(file);
                Entry there = standing(key, entry(text));
                if (there != null && !mayTake(key, there)) {
                    ask(file, text.limit(), there);
                    return Optional.empty();
                }
                questions.remove(key);
                if (there != null) {
                    LOG.atInfo()
                            .addKeyValue("mailbox", path)
                            .addKeyValue("from", there.holder().toText())
                            .log("mailbox-taken-over");
                }
                Hold hold = new Hold(key, path.toString(), UUID.randomUUID().toString());
                hold.takenOver = there != null;
                write(file, text.limit(), hold);
                Hold before = ours.put(key, hold);
                hold.before = before;
                return Optional.of(hold);
            }
        });
        taken.ifPresent(hold -> {
            if (hold.takenOver) {
                takeovers.incrementAndGet();
            }
            Hold before = hold.before;
            hold.before = null;
            if (before != null) {
                // after the lock: whoever listens may do anything
                before.lose();
            }
        });
        return taken;
    }

    /** Asks the holder's process for the mailbox, unless somebody has. */
    private void ask(IoFile file, int octetsBefore, Entry there) throws IOException {
        long enough = policy.takeoverAfter().toMillis();
        if (!there.holder().equals(liveness.self()) && (there.asked() == 0 || there.asked() > enough)) {
            write(file, octetsBefore, new Entry(there.token(), there.holder(), there.activity(), enough));
        }
    }

    /** What a file says, unless it says it of a hold of ours that has ended: not every disk takes every mark. */
    private @Nullable Entry standing(String key, @Nullable Entry there) {
        Hold own = ours.get(key);
        boolean ended = there != null
                && there.holder().equals(liveness.self())
                && (own == null || !own.token.equals(there.token()));
        return ended ? null : there;
    }

    private boolean mayTake(String key, Entry there) throws IOException {
        long enough = policy.takeoverAfter().toMillis();
        Hold own = ours.get(key);
        if (own != null && own.token.equals(there.token())) {
            return own.silentMillis() >= enough;
        }
        return enough == 0 || liveness.isDead(there.holder()) || isUnanswered(key, there, enough);
    }

    /**
     * Whether the holder's process has stopped answering, by this process's clock. No two clocks are compared, and what
     * the file says of the client may be as old as the last exchange: only its own process knows how long it has been
     * silent.
     */
    private boolean isUnanswered(String key, Entry there, long enough) {
        long now = pause.elapsed();
        Question known = questions.get(key);
        if (known == null || !known.isAbout(there) || there.asked() == 0) {
            questions.put(key, new Question(there.token(), there.activity(), now));
            return false;
        }
        return now - known.since() >= enough + UNANSWERED_POLLS * lag.toMillis();
    }

    /** Tells other processes which clients spoke, and finds out which holds other processes took; called regularly. */
    public void exchange() {
        long old = pause.elapsed() - 2 * (policy.takeoverAfter().toMillis() + UNANSWERED_POLLS * lag.toMillis());
        questions.values().removeIf(question -> question.since() < old);
        for (Hold hold : List.copyOf(unmarked)) {
            try {
                markFree(hold);
                unmarked.remove(hold);
            } catch (IOException | StoreException e) {
                LOG.atDebug()
                        .addKeyValue("mailbox", hold.mailbox)
                        .addKeyValue("error", e.toString())
                        .log("hold-not-marked-yet");
            }
        }
        for (Hold hold : List.copyOf(ours.values())) {
            try {
                if (!locked(hold.key, () -> exchange(hold))) {
                    ours.remove(hold.key, hold);
                    hold.lose();
                }
            } catch (IOException | StoreException e) {
                // the token decides at the release; until then nothing is lost by not knowing
                LOG.atWarn()
                        .addKeyValue("mailbox", hold.mailbox)
                        .addKeyValue("error", e.toString())
                        .log("hold-unreadable");
            }
        }
    }

    /** Whether the hold stands still. */
    private boolean exchange(Hold hold) throws IOException {
        if (hold.ended || ours.get(hold.key) != hold) {
            return true;
        }
        Entry there;
        try (IoFile file = io.open(file(hold.key), StorageIo.Mode.READ)) {
            there = entry(text(file));
        } catch (NoSuchFileException e) {
            return false;
        }
        if (there == null || !there.token().equals(hold.token)) {
            return false;
        }
        if (there.asked() != 0 && hold.silentMillis() >= there.asked()) {
            LOG.atInfo()
                    .addKeyValue("mailbox", hold.mailbox)
                    .addKeyValue("from", there.holder().toText())
                    .log("mailbox-taken-over");
            takeovers.incrementAndGet();
            ifStands(hold, (file, octets) -> file.write(ByteBuffer.wrap(new byte[] {FREE}), 0));
            return false;
        }
        // without the question: whoever asked sees that it was answered, and may ask again
        return (there.asked() == 0 && hold.lastActive == hold.written)
                || ifStands(hold, (file, octets) -> write(file, octets, hold));
    }

    private boolean stands(Hold hold) throws IOException {
        try (IoFile file = io.open(file(hold.key), StorageIo.Mode.READ)) {
            return isOf(hold, text(file));
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private void markFree(Hold hold) throws IOException {
        locked(hold.key, () -> {
            ifStands(hold, (file, octets) -> file.write(ByteBuffer.wrap(new byte[] {FREE}), 0));
            ours.remove(hold.key, hold);
            return true;
        });
    }

    private interface Change {
        /** @param octets that the file has */
        void make(IoFile file, int octets) throws IOException;
    }

    private boolean ifStands(Hold hold, Change change) throws IOException {
        try (IoFile file = io.open(file(hold.key), StorageIo.Mode.WRITE)) {
            ByteBuffer text = text(file);
            boolean stands = isOf(hold, text);
            if (stands) {
                change.make(file, text.limit());
            }
            return stands;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static boolean isOf(Hold hold, ByteBuffer text) {
        Entry there = entry(text);
        return there != null && there.token().equals(hold.token);
    }

    private IoFile openOrCreate(Path file) throws IOException {
        try {
            return io.open(file, StorageIo.Mode.WRITE);
        } catch (NoSuchFileException e) {
            return io.open(file, StorageIo.Mode.CREATE);
        }
    }

    private static ByteBuffer text(IoFile file) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(MAX_OCTETS);
        file.read(text, 0);
        return text.flip();
    }

    /** Nothing if it is marked as free, or cannot be read: then it was being written when the machine died. */
    private static @Nullable Entry entry(ByteBuffer text) {
        if (!text.hasRemaining() || text.get(0) == FREE) {
            return null;
        }
        return Entry.parse(StandardCharsets.UTF_8.decode(text.duplicate()).toString())
                .orElse(null);
    }

    private void write(IoFile file, int octetsBefore, Hold hold) throws IOException {
        long active = hold.lastActive;
        write(file, octetsBefore, new Entry(hold.token, liveness.self(), active, 0));
        hold.written = active;
    }

    private static void write(IoFile file, int octetsBefore, Entry entry) throws IOException {
        byte[] text = entry.toText().getBytes(StandardCharsets.UTF_8);
        file.write(ByteBuffer.wrap(text), 0);
        if (octetsBefore > text.length) {
            file.truncate(text.length);
        }
    }

    private Path file(String key) {
        return directory.resolve(key + SUFFIX);
    }

    private <T> T locked(String key, StateLock.Body<T> body) throws IOException {
        return lock.locked(key, lockMillis, pause, body);
    }

    /** Tells every session of this storage that its mailbox is lost. */
    public void loseAll() {
        fileless.forEach(Hold::lose);
        ours.values().forEach(Hold::lose);
    }

    /** Removes the files of the dead, and of mailboxes that nobody holds. */
    public void sweep() throws IOException {
        for (String name : io.list(directory)) {
            if (name.endsWith(SUFFIX)) {
                String key = name.substring(0, name.length() - SUFFIX.length());
                locked(key, () -> {
                    if (isUnused(file(key))) {
                        io.unlink(file(key));
                    }
                    return true;
                });
            }
        }
    }

    private boolean isUnused(Path path) throws IOException {
        try (IoFile file = io.open(path, StorageIo.Mode.READ)) {
            Entry there = entry(text(file));
            return there == null || liveness.isDead(there.holder());
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** One session's hold of one mailbox. */
    public final class Hold {
        private final String key;
        private final String mailbox;
        private final String token;
        private final Sinks.Empty<Void> lost = Sinks.empty();
        private volatile long lastActive = pause.elapsed();
        private volatile long written;
        private volatile boolean isLost;
        private volatile boolean ended;
        private @Nullable Hold before;
        private boolean takenOver;

        private Hold(String key, String mailbox, String token) {
            this.key = key;
            this.mailbox = mailbox;
            this.token = token;
        }

        public void active() {
            lastActive = pause.elapsed();
        }

        private long silentMillis() {
            return pause.elapsed() - lastActive;
        }

        public Mono<Void> lost() {
            return lost.asMono();
        }

        private void lose() {
            if (!ended) {
                isLost = true;
                lost.tryEmitEmpty();
            }
        }

        boolean isLost() {
            return isLost;
        }

        /** Fails as busy unless the mailbox is still held; to be called with the mailbox locked. */
        public void check() throws IOException {
            if (isLost || !locked(key, () -> stands(this))) {
                lose();
                throw new StoreException(Reason.BUSY, mailbox + ": taken over by another session");
            }
        }

        /** Ends the hold; whoever waits for the mailbox may have it. */
        public void end() {
            ended = true;
            if (fileless.remove(this)) {
                return;
            }
            try {
                markFree(this);
            } catch (IOException | StoreException e) {
                unmarked.add(this);
                ours.remove(key, this);
                LOG.atWarn()
                        .addKeyValue("mailbox", mailbox)
                        .addKeyValue("error", e.toString())
                        .log("hold-not-ended");
            }
        }
    }
}
