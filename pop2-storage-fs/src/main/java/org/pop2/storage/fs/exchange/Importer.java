package org.pop2.storage.fs.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.FolderName;
import org.pop2.storage.Message;
import org.pop2.storage.UserName;
import org.pop2.storage.transfer.BadSourceException;
import org.pop2.storage.transfer.Fingerprint;
import org.pop2.storage.transfer.Header;
import org.pop2.storage.transfer.OctetSink;
import org.pop2.storage.transfer.Progress;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * Delivers the messages of sources to one folder, each durable before the next is read, and none twice however often it
 * is run with the same state.
 *
 * <p>The one message that was under way when an earlier run was killed is looked for in the mailbox: if there is one
 * more like it than the state knows of, it was delivered. When in doubt it is delivered again.
 */
public final class Importer {
    private final OpenStore store;
    private final UserName user;
    private final FolderName folder;
    private final ImportState state;
    private final Progress progress;

    private long imported;
    private long skipped;
    private final Map<String, Integer> oddities = new TreeMap<>();

    public Importer(OpenStore store, UserName user, FolderName folder, ImportState state, Progress progress) {
        this.store = store;
        this.user = user;
        this.folder = folder;
        this.state = state;
        this.progress = progress;
    }

    /** Messages delivered. */
    public long imported() {
        return imported;
    }

    /** Messages that an earlier run had delivered. */
    public long skipped() {
        return skipped;
    }

    /** How many messages of mbox files began with an odd From_ line, by what was odd about it. */
    public Map<String, Integer> oddities() {
        return Collections.unmodifiableMap(oddities);
    }

    /**
     * Imports all of a source.
     *
     * @param name of the source, the same each time: an absolute path
     * @throws BadSourceException if it is not the source that an earlier run read
     */
    public void run(String name, MessageSource source) throws IOException {
        for (MessageSource.Item item = source.next(); item != null; item = source.next()) {
            String key = key(name, item.key());
            String oddity = item.oddity();
            if (oddity != null) {
                oddities.merge(oddity, 1, Integer::sum);
            }
            Fingerprint before = state.done(key);
            if (before != null) {
                if (!before.equals(read(item, octets -> {}))) {
                    throw new BadSourceException(item.label()
                            + ": not the message that an earlier run imported from there; if this is another source,"
                            + " remove " + state.path());
                }
                skipped++;
            } else if (state.isInDoubt(key)) {
                settle(key, item);
            } else {
                state.begin(key);
                state.finish(key, deliver(key, item));
                imported++;
            }
            progress.message();
        }
    }

    /** The message is read into a file first: whether to deliver it depends on all of it. */
    private void settle(String key, MessageSource.Item item) throws IOException {
        Path path = Files.createTempFile("pop2d-import", ".eml");
        try (FileChannel spool = FileChannel.open(
                path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE)) {
            Fingerprint fingerprint = read(item, octets -> {
                while (octets.hasRemaining()) {
                    spool.write(octets);
                }
            });
            if (stored(fingerprint) > state.count(fingerprint)) {
                skipped++;
            } else {
                spool.position(0);
                deliver(key, new Spooled(item, spool));
                imported++;
            }
            state.finish(key, fingerprint);
        } finally {
            Files.deleteIfExists(path);
        }
    }

    private int stored(Fingerprint wanted) throws IOException {
        int found = 0;
        try (OpenMailbox mailbox = store.open(user, folder)) {
            for (int number = 1; number <= mailbox.count(); number++) {
                // what the storage removed from it makes it shorter, never longer
                if (mailbox.octets(number) >= wanted.octets()
                        && mailbox.fingerprint(number).equals(wanted)) {
                    found++;
                }
            }
        }
        return found;
    }

    private Fingerprint deliver(String key, MessageSource.Item item) throws IOException {
        Content content = new Content(item);
        try {
            store.deliver(user, folder, new Message(content.publisher(), item.sender(), Optional.of(state.id() + key)));
        } catch (RuntimeException e) {
            IOException failure = content.failure;
            if (failure != null) {
                failure.addSuppressed(e);
                throw failure;
            }
            throw e;
        }
        return content.fingerprint.build();
    }

    private Fingerprint read(MessageSource.Item item, OctetSink sink) throws IOException {
        Fingerprint.Builder fingerprint = new Fingerprint.Builder();
        for (ByteBuffer octets = item.read(); octets != null; octets = item.read()) {
            progress.octets(octets.remaining());
            fingerprint.add(octets.duplicate());
            sink.accept(octets);
        }
        return fingerprint.build();
    }

    private static String key(String source, String message) {
        byte[] name = (source + "\0" + message).getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().formatHex(Fingerprint.sha256().digest(name), 0, 16);
    }

    /** The octets on their way to the storage, looked at as they pass. */
    private final class Content {
        private final MessageSource.Item item;
        private final Fingerprint.Builder fingerprint = new Fingerprint.Builder();
        private volatile @Nullable IOException failure;

        Content(MessageSource.Item item) {
            this.item = item;
        }

        Publisher<ByteBuffer> publisher() {
            return Flux.<ByteBuffer>generate(sink -> {
                        try {
                            ByteBuffer octets = item.read();
                            if (octets == null) {
                                sink.complete();
                            } else {
                                progress.octets(octets.remaining());
                                fingerprint.add(octets.duplicate());
                                sink.next(octets);
                            }
                        } catch (IOException e) {
                            failure = e;
                            sink.error(e);
                        }
                    })
                    .subscribeOn(Schedulers.boundedElastic());
        }
    }

    /** A message that was read into a file. */
    private record Spooled(MessageSource.Item item, FileChannel spool) implements MessageSource.Item {
        @Override
        public String key() {
            return item.key();
        }

        @Override
        public String label() {
            return item.label();
        }

        @Override
        public String sender() {
            return item.sender();
        }

        @Override
        public @Nullable ByteBuffer read() throws IOException {
            ByteBuffer octets = ByteBuffer.allocate(Header.MOST);
            return spool.read(octets) < 0 ? null : octets.flip();
        }
    }
}
