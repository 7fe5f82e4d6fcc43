package org.pop2.storage.fs.exchange;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.pop2.storage.FolderName;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.transfer.BadSourceException;
import org.pop2.storage.transfer.Fingerprint;
import org.pop2.storage.transfer.Progress;

/**
 * Delivers the messages of sources to a folder, and none twice, however often it is run with the same state. Small
 * messages are delivered in batches, as durability costs per batch.
 *
 * <p>The batch that was under way when an earlier run was killed is looked for in the mailbox: one more of a message
 * than the state knows of means that it was delivered. In doubt, it is delivered again.
 */
public final class Importer {
    /** Most messages and octets of a batch; the last message may exceed the octets. */
    private static final int BATCH_MESSAGES = 500;

    private static final int BATCH_OCTETS = 4 * 1024 * 1024;

    private final OpenStore store;
    private final UserName user;
    private final FolderName folder;
    private final ImportState state;
    private final Progress progress;
    private final int most;
    private final Doubts doubts;

    private final Map<String, Gathered> batch = new LinkedHashMap<>();
    private long batchOctets;
    /** Held during a delivery and its record. */
    private final ReentrantLock delivering = new ReentrantLock();

    private volatile boolean stopped;

    private final AtomicLong imported = new AtomicLong();
    private final AtomicLong skipped = new AtomicLong();
    private final Map<String, Integer> oddities = new TreeMap<>();

    /** A message in memory, and whether it turned out to be in the mailbox. */
    private record Gathered(ImportedMessage message, boolean stored) {}

    public Importer(OpenStore store, UserName user, FolderName folder, ImportState state, Progress progress) {
        this.store = store;
        this.user = user;
        this.folder = folder;
        this.state = state;
        this.progress = progress;
        this.most = Math.min(store.batch(), BATCH_MESSAGES);
        this.doubts = new Doubts(store, user, folder, state);
    }

    /** Messages delivered. */
    public long imported() {
        return imported.get();
    }

    /** Messages that an earlier run had delivered. */
    public long skipped() {
        return skipped.get();
    }

    /** Counts of odd From_ lines in mbox files, by what was odd. */
    public Map<String, Integer> oddities() {
        return Collections.unmodifiableMap(oddities);
    }

    /**
     * Prevents further deliveries; one under way is completed.
     *
     * @param limit how long to wait for that
     * @return whether it was completed in time; otherwise the state marks it as in doubt for the next run
     */
    public boolean stop(long limit, TimeUnit unit) throws InterruptedException {
        stopped = true;
        if (!delivering.tryLock(limit, unit)) {
            return false;
        }
        delivering.unlock();
        return true;
    }

    /** Whether it was {@linkplain #stop stopped}. */
    public boolean isStopped() {
        return stopped;
    }

    /**
     * Imports all of a source; returns before that if it is {@linkplain #stop stopped}.
     *
     * @param name name of the source, the same at each run: an absolute path
     * @throws BadSourceException if it is not the source of the earlier run
     */
    public void run(String name, MessageSource source) throws IOException {
        try {
            for (MessageSource.Item item = source.next(); item != null && !stopped; item = source.next()) {
                take(key(name, item.key()), item);
            }
        } catch (IOException e) {
            // what was whole before that is good
            flush();
            throw e;
        }
        flush();
    }

    private void take(String key, MessageSource.Item item) throws IOException {
        String oddity = item.oddity();
        if (oddity != null) {
            oddities.merge(oddity, 1, Integer::sum);
        }
        try (ImportedMessage message = new ImportedMessage(item, state.id() + key, progress, () -> stopped)) {
            Fingerprint before = state.done(key);
            if (before != null) {
                if (!before.equals(message.skim())) {
                    throw another(item);
                }
                count(true);
            } else if (message.fitsInMemory()) {
                gather(key, item, message);
            } else {
                alone(key, item, message);
            }
        }
    }

    private BadSourceException another(MessageSource.Item item) {
        return new BadSourceException(item.label()
                + ": not the message that an earlier run imported from there; if this is another source, remove "
                + state.path());
    }

    private void gather(String key, MessageSource.Item item, ImportedMessage message) throws IOException {
        boolean stored = false;
        if (state.isInDoubt(key)) {
            requireAsNoted(key, item, message);
            stored = doubts.wasDelivered(message.fingerprint());
        }
        batch.put(key, new Gathered(message, stored));
        batchOctets += message.octets();
        if (batch.size() >= most || batchOctets >= BATCH_OCTETS) {
            flush();
        }
    }

    private void requireAsNoted(String key, MessageSource.Item item, ImportedMessage message)
            throws BadSourceException {
        if (!state.isAsNoted(key, message.fingerprint())) {
            throw another(item);
        }
    }

    /** Delivers the batch. */
    private void flush() throws IOException {
        delivering.lock();
        try {
            if (!stopped && !batch.isEmpty()) {
                deliverBatch();
            }
        } finally {
            batch.clear();
            batchOctets = 0;
            delivering.unlock();
        }
    }

    private void deliverBatch() throws IOException {
        Map<String, Fingerprint> all = new LinkedHashMap<>();
        Map<String, Fingerprint> fresh = new LinkedHashMap<>();
        List<ImportedMessage> messages = new ArrayList<>();
        batch.forEach((key, each) -> {
            all.put(key, each.message().fingerprint());
            if (!each.stored()) {
                fresh.put(key, each.message().fingerprint());
                messages.add(each.message());
            }
        });
        if (!fresh.isEmpty()) {
            state.begin(fresh);
            try {
                deliver(messages);
            } catch (StoreException e) {
                if (e.reason() != StoreException.Reason.OVER_QUOTA || messages.size() == 1) {
                    throw e;
                }
                deliverOneByOne();
                return;
            }
        }
        state.finish(all);
        batch.values().forEach(each -> count(each.stored()));
    }

    /** Delivers singly, since not all of the batch fits. */
    private void deliverOneByOne() throws IOException {
        for (Map.Entry<String, Gathered> each : batch.entrySet()) {
            ImportedMessage message = each.getValue().message();
            if (!each.getValue().stored()) {
                deliver(List.of(message));
            }
            state.finish(Map.of(each.getKey(), message.fingerprint()));
            count(each.getValue().stored());
        }
    }

    /** Delivers a message while it is read. */
    private void alone(String key, MessageSource.Item item, ImportedMessage message) throws IOException {
        flush();
        boolean stored = false;
        if (state.isInDoubt(key)) {
            // whether to deliver it depends on all of it
            message.spool();
            requireAsNoted(key, item, message);
            stored = doubts.wasDelivered(message.fingerprint());
        }
        delivering.lock();
        try {
            if (stopped) {
                return;
            }
            if (!stored) {
                state.begin(key);
                deliver(List.of(message));
            }
            state.finish(Map.of(key, message.fingerprint()));
            count(stored);
        } finally {
            delivering.unlock();
        }
    }

    private void deliver(List<ImportedMessage> messages) throws IOException {
        try {
            store.deliver(
                    user,
                    folder,
                    messages.stream().map(ImportedMessage::message).toList());
        } catch (RuntimeException e) {
            for (ImportedMessage each : messages) {
                IOException failure = each.failure();
                if (failure != null) {
                    failure.addSuppressed(e);
                    throw failure;
                }
            }
            throw e;
        }
    }

    private void count(boolean stored) {
        if (stored) {
            skipped.incrementAndGet();
        } else {
            imported.incrementAndGet();
        }
        progress.message();
    }

    private static String key(String source, String message) {
        byte[] name = (source + "\0" + message).getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().formatHex(Fingerprint.sha256().digest(name), 0, 16);
    }
}
