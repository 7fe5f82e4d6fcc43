package org.pop2.storage.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Which session holds which mailbox: one file per held mailbox in the state directory, with the holder's token, who it
 * is, and when its client last spoke. The files are read and changed under one lock for all processes.
 *
 * <p>Taking a mailbox over is writing a new token. A release looks, with the mailbox locked, whether its own token
 * still stands: if not, it deletes nothing. Whoever took over locks the mailbox after that to count it, so it sees
 * either all of an earlier release or a release that is refused.
 */
final class Holds {
    private static final Logger LOG = LoggerFactory.getLogger(Holds.class);
    private static final String SUFFIX = ".hold";

    private final StorageIo io;
    private final Path directory;
    private final StateLock lock;
    private final Liveness liveness;
    private final Pause pause;
    private final HoldPolicy policy;
    private final long lockMillis;
    /** How stale the activity written by another process may be. */
    private final Duration lag;

    private final Map<String, Hold> ours = new ConcurrentHashMap<>();

    Holds(
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

    /** What a hold file says. */
    private record Entry(String token, ProcessIdentity holder, long lastActive) {
        String toText() {
            return token + "\n" + holder.toText() + "\n" + lastActive + "\n";
        }

        static Optional<Entry> parse(String text) {
            String[] lines = text.split("\n", -1);
            if (lines.length != 4) {
                return Optional.empty();
            }
            try {
                long lastActive = Long.parseLong(lines[2]);
                return ProcessIdentity.parse(lines[1]).map(holder -> new Entry(lines[0], holder, lastActive));
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }
    }

    /** Takes the hold, from nobody, from the dead or from the silent; nothing if the holder has a right to it. */
    Optional<Hold> tryHold(MailboxPath path) throws IOException {
        String key = path.key();
        Optional<Hold> taken = locked(() -> {
            Entry there = read(key);
            if (there != null && !mayTake(key, there)) {
                return Optional.empty();
            }
            if (there != null) {
                LOG.info("{}: taken over from {}", path, there.holder().toText());
            }
            Hold hold = new Hold(key, path.toString());
            write(key, hold);
            Hold before = ours.put(key, hold);
            hold.before = before;
            return Optional.of(hold);
        });
        taken.ifPresent(hold -> {
            Hold before = hold.before;
            hold.before = null;
            if (before != null) {
                // after the lock: whoever listens may do anything
                before.lose();
            }
        });
        return taken;
    }

    private boolean mayTake(String key, Entry there) throws IOException {
        Hold own = ours.get(key);
        if (own != null && own.token.equals(there.token())) {
            return own.silentMillis() >= policy.takeoverAfter().toMillis();
        }
        if (liveness.isDead(there.holder())) {
            return true;
        }
        Duration silent = Duration.ofMillis(pause.now() - there.lastActive());
        Duration enough = policy.takeoverAfter();
        return silent.compareTo(enough.isZero() ? enough : enough.plus(lag)) >= 0;
    }

    /** Tells other processes which clients spoke, and finds out which holds other processes took; called regularly. */
    void exchange() {
        for (Hold hold : List.copyOf(ours.values())) {
            try {
                if (!locked(() -> exchange(hold))) {
                    ours.remove(hold.key, hold);
                    hold.lose();
                }
            } catch (IOException | StoreException e) {
                // the token decides at the release; until then nothing is lost by not knowing
                LOG.warn("{}: cannot look at the hold: {}", hold.mailbox, e.toString());
            }
        }
    }

    private boolean exchange(Hold hold) throws IOException {
        if (hold.ended || ours.get(hold.key) != hold) {
            return true;
        }
        if (!stands(hold)) {
            return false;
        }
        long active = hold.lastActive;
        if (active != hold.written) {
            write(hold.key, hold);
        }
        return true;
    }

    private boolean stands(Hold hold) throws IOException {
        Entry there = read(hold.key);
        return there != null && there.token().equals(hold.token);
    }

    private @Nullable Entry read(String key) throws IOException {
        try (IoFile file = io.open(file(key), StorageIo.Mode.READ)) {
            ByteBuffer text = ByteBuffer.allocate(1024);
            file.read(text, 0);
            // one that cannot be read was being written when the machine or the process died
            return Entry.parse(new String(text.array(), 0, text.position(), StandardCharsets.UTF_8))
                    .orElse(null);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private void write(String key, Hold hold) throws IOException {
        long active = hold.lastActive;
        byte[] text = new Entry(hold.token, liveness.self(), active).toText().getBytes(StandardCharsets.UTF_8);
        Path target = file(key);
        try (IoFile file = io.open(target, io.stat(target) == null ? StorageIo.Mode.CREATE : StorageIo.Mode.WRITE)) {
            file.write(ByteBuffer.wrap(text), 0);
            file.truncate(text.length);
        }
        hold.written = active;
    }

    private Path file(String key) {
        return directory.resolve(key + SUFFIX);
    }

    private <T> T locked(StateLock.Body<T> body) throws IOException {
        return lock.locked(lockMillis, pause, body);
    }

    /** Tells every session of this storage that its mailbox is lost. */
    void loseAll() {
        ours.values().forEach(Hold::lose);
    }

    /** Removes the files of dead holders. */
    void sweep() throws IOException {
        for (String name : io.list(directory)) {
            if (name.endsWith(SUFFIX)) {
                locked(() -> {
                    Entry there = read(name.substring(0, name.length() - SUFFIX.length()));
                    if (there == null || liveness.isDead(there.holder())) {
                        io.unlink(directory.resolve(name));
                    }
                    return true;
                });
            }
        }
    }

    /** One session's hold of one mailbox. */
    final class Hold {
        private final String key;
        private final String mailbox;
        private final String token = UUID.randomUUID().toString();
        private final Sinks.Empty<Void> lost = Sinks.empty();
        private volatile long lastActive = pause.now();
        private volatile long written;
        private volatile boolean isLost;
        private volatile boolean ended;
        private @Nullable Hold before;

        private Hold(String key, String mailbox) {
            this.key = key;
            this.mailbox = mailbox;
        }

        void active() {
            lastActive = pause.now();
        }

        private long silentMillis() {
            return pause.now() - lastActive;
        }

        Mono<Void> lost() {
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
        void check() throws IOException {
            if (isLost || !locked(() -> stands(this))) {
                lose();
                throw new StoreException(Reason.BUSY, mailbox + ": taken over by another session");
            }
        }

        /** Ends the hold; whoever waits for the mailbox may have it. */
        void end() {
            ended = true;
            try {
                locked(() -> {
                    if (stands(this)) {
                        io.unlink(file(key));
                    }
                    ours.remove(key, this);
                    return true;
                });
            } catch (IOException | StoreException e) {
                ours.remove(key, this);
                LOG.warn("{}: cannot end the hold, it will be taken for a silent one: {}", mailbox, e.toString());
            }
        }
    }
}
