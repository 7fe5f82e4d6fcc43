package org.pop2.storage.fs.exchange;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.FolderName;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.transfer.BadSourceException;
import org.pop2.storage.transfer.Fingerprint;
import org.pop2.storage.transfer.StateFile;

/**
 * A file that records what an import has done, so that it can be run again after it was killed.
 *
 * <p>Lines are written, and forced to the disk, before a batch of messages is delivered ({@code > key octets sha-256},
 * and {@code > key} of one that is too large to be read before) and after it ({@code = key octets sha-256}). So at most
 * one batch is in doubt, and it is known which.
 */
public final class ImportState implements Closeable {
    private static final String MAGIC = "pop2d import 1";

    private final Path path;
    private final StateFile file;
    private final Map<String, Fingerprint> done = new HashMap<>();
    private final Map<Fingerprint, Integer> counts = new HashMap<>();
    private final Map<String, Optional<Fingerprint>> begun = new HashMap<>();
    private String id = "";

    private ImportState(Path path, StateFile file) {
        this.path = path;
        this.file = file;
    }

    /**
     * Opens the file, or makes it.
     *
     * @throws BadSourceException if it belongs to something else
     * @throws StoreException with {@link StoreException.Reason#BUSY} if another import has it
     */
    public static ImportState open(Path path, UserName user, FolderName folder) throws IOException {
        StateFile file = StateFile.open(path, path, "import");
        boolean good = false;
        try {
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

    private void load(UserName user, FolderName folder) throws IOException {
        List<String> lines = file.lines(MAGIC);
        String mailbox = user + "\t" + folder;
        if (lines.isEmpty()) {
            id = UUID.randomUUID().toString();
            file.begin(MAGIC + "\t" + id + "\t" + mailbox);
            return;
        }
        String[] first = lines.get(0).split("\t", -1);
        if (first.length != 4 || !first[0].equals(MAGIC)) {
            throw file.notUnderstood(1);
        }
        if (!(first[2] + "\t" + first[3]).equals(mailbox)) {
            throw new BadSourceException(path + " is of an import to " + first[2] + "/" + first[3]);
        }
        id = first[1];
        for (int i = 1; i < lines.size(); i++) {
            if (!take(lines.get(i).split(" ", -1))) {
                throw file.notUnderstood(i + 1);
            }
        }
    }

    private boolean take(String[] words) {
        if (words.length == 2 && words[0].equals(">")) {
            begun.put(words[1], Optional.empty());
            return true;
        }
        if (words.length != 4 || !words[2].matches("\\d{1,18}")) {
            return false;
        }
        Optional<Fingerprint> fingerprint = Fingerprint.of(Long.parseLong(words[2]), words[3]);
        if (words[0].equals(">")) {
            begun.put(words[1], fingerprint);
        } else if (words[0].equals("=")) {
            fingerprint.ifPresent(it -> remember(words[1], it));
        } else {
            return false;
        }
        return fingerprint.isPresent();
    }

    private void remember(String key, Fingerprint fingerprint) {
        begun.remove(key);
        done.put(key, fingerprint);
        counts.merge(fingerprint, 1, Integer::sum);
    }

    /** A unique name of this import. */
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

    /** Whether it is unknown if the message of that key was delivered. */
    boolean isInDoubt(String key) {
        return begun.containsKey(key);
    }

    /** Whether a message in doubt may be that one, judging by what was recorded. */
    boolean isAsNoted(String key, Fingerprint fingerprint) {
        Optional<Fingerprint> noted = begun.getOrDefault(key, Optional.empty());
        return noted.isEmpty() || noted.get().equals(fingerprint);
    }

    /** The recorded fingerprints of messages in doubt. */
    Set<Fingerprint> inDoubt() {
        Set<Fingerprint> known = new HashSet<>();
        begun.values().forEach(each -> each.ifPresent(known::add));
        return known;
    }

    /** How many equal messages were imported. */
    int count(Fingerprint fingerprint) {
        return counts.getOrDefault(fingerprint, 0);
    }

    /** Records a message that is delivered while it is read. */
    void begin(String key) throws IOException {
        file.append("> " + key);
        begun.put(key, Optional.empty());
    }

    void begin(Map<String, Fingerprint> batch) throws IOException {
        file.append(lines(">", batch));
        batch.forEach((key, fingerprint) -> begun.put(key, Optional.of(fingerprint)));
    }

    void finish(Map<String, Fingerprint> batch) throws IOException {
        file.append(lines("=", batch));
        batch.forEach(this::remember);
    }

    private static List<String> lines(String what, Map<String, Fingerprint> batch) {
        return batch.entrySet().stream()
                .map(each -> what + " " + each.getKey() + " " + each.getValue().octets() + " "
                        + each.getValue().hex())
                .toList();
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
