package org.pop2.app.mailbox;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.FolderName;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;

/**
 * What an import has done, in a file, so that it can be run again after it was killed.
 *
 * <p>A line is written, and forced to the disk, before a message is delivered ({@code > key}) and after it ({@code =
 * key octets sha-256}). So at most one message is in doubt, and everybody knows which. A last line without an end was
 * being written when the machine died; it is removed.
 */
public final class ImportState implements Closeable {
    private static final String MAGIC = "pop2d import 1";

    private final Path path;
    private final FileChannel file;
    private final Map<String, Fingerprint> done = new HashMap<>();
    private final Map<Fingerprint, Integer> counts = new HashMap<>();
    private final Set<String> begun = new HashSet<>();
    private String id = "";

    private ImportState(Path path, FileChannel file) {
        this.path = path;
        this.file = file;
    }

    /**
     * Opens the file, or makes it.
     *
     * @throws BadSourceException if it is of something else
     * @throws StoreException with {@link StoreException.Reason#BUSY} if another import has it
     */
    public static ImportState open(Path path, UserName user, FolderName folder) throws IOException {
        FileChannel file =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        boolean good = false;
        try {
            lock(path, file);
            ImportState state = new ImportState(path, file);
            state.load(user, folder);
            good = true;
            return state;
        } finally {
            if (!good) {
                file.close();
            }
        }
    }

    private static void lock(Path path, FileChannel file) throws IOException {
        FileLock lock;
        try {
            lock = file.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new StoreException(StoreException.Reason.BUSY, "another import is at work with " + path);
        }
    }

    private void load(UserName user, FolderName folder) throws IOException {
        // by octets: a line counts only with its end
        byte[] all = Channels.newInputStream(file).readAllBytes();
        int end = all.length;
        while (end > 0 && all[end - 1] != '\n') {
            end--;
        }
        String[] lines = new String(all, 0, end, StandardCharsets.UTF_8).split("\n", -1);
        String mailbox = user + "\t" + folder;
        if (end == 0) {
            String start = new String(all, StandardCharsets.UTF_8);
            if (!MAGIC.startsWith(start.substring(0, Math.min(start.length(), MAGIC.length())))) {
                throw foreign();
            }
            id = UUID.randomUUID().toString();
            file.truncate(0);
            append(MAGIC + "\t" + id + "\t" + mailbox);
            Path parent = path.toAbsolutePath().getParent();
            if (parent != null) {
                Directories.force(parent);
            }
            return;
        }
        String[] first = lines[0].split("\t", -1);
        if (first.length != 4 || !first[0].equals(MAGIC)) {
            throw foreign();
        }
        if (!(first[2] + "\t" + first[3]).equals(mailbox)) {
            throw new BadSourceException(path + " is of an import to " + first[2] + "/" + first[3]);
        }
        id = first[1];
        for (int i = 1; i < lines.length - 1; i++) {
            if (!take(lines[i].split(" ", -1))) {
                throw new BadSourceException(path + ": line " + (i + 1) + " cannot be understood");
            }
        }
        file.truncate(end);
        file.position(end);
    }

    private boolean take(String[] words) {
        if (words.length == 2 && words[0].equals(">")) {
            begun.add(words[1]);
            return true;
        }
        if (words.length != 4 || !words[0].equals("=") || !words[2].matches("\\d{1,18}")) {
            return false;
        }
        Optional<Fingerprint> fingerprint = Fingerprint.of(Long.parseLong(words[2]), words[3]);
        fingerprint.ifPresent(it -> remember(words[1], it));
        return fingerprint.isPresent();
    }

    private BadSourceException foreign() {
        return new BadSourceException(path + " is there and no state of an import");
    }

    private void remember(String key, Fingerprint fingerprint) {
        begun.remove(key);
        done.put(key, fingerprint);
        counts.merge(fingerprint, 1, Integer::sum);
    }

    /** A name for this import that no other has. */
    String id() {
        return id;
    }

    public Path path() {
        return path;
    }

    /** The message that was imported under a key. */
    @Nullable
    Fingerprint done(String key) {
        return done.get(key);
    }

    /** Whether nobody knows if the message of that key was delivered. */
    boolean isInDoubt(String key) {
        return begun.contains(key);
    }

    /** How many messages like this one were imported. */
    int count(Fingerprint fingerprint) {
        return counts.getOrDefault(fingerprint, 0);
    }

    void begin(String key) throws IOException {
        append("> " + key);
        begun.add(key);
    }

    void finish(String key, Fingerprint fingerprint) throws IOException {
        append("= " + key + " " + fingerprint.octets() + " " + fingerprint.hex());
        remember(key, fingerprint);
    }

    private void append(String line) throws IOException {
        ByteBuffer octets = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (octets.hasRemaining()) {
            file.write(octets);
        }
        file.force(false);
    }

    /** Removes the file: everything is imported. */
    public void remove() throws IOException {
        Files.deleteIfExists(path);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
