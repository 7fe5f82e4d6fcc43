package org.pop2.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.pop2.storage.StoreException;
import org.pop2.storage.transfer.BadSourceException;
import org.pop2.storage.transfer.Directories;
import org.pop2.storage.transfer.Fingerprint;
import org.pop2.storage.transfer.StateFile;

/**
 * A file of what was fetched and may still be on the server. POP2 has no message identifiers, so messages are
 * recognised by their fingerprints.
 *
 * <p>A line is written, and forced to the disk, before a message is delivered ({@code > octets sha-256 id}) and after
 * it ({@code = octets sha-256}). Messages that are equal to the octet are counted.
 */
public final class FetchState implements Closeable {
    private static final String MAGIC = "pop2d fetch 1\t";

    private final Path path;
    private final String subject;
    private final StateFile file;
    private final Map<Fingerprint, Integer> delivered = new HashMap<>();
    /** The ids of messages that were being delivered; empty in a file of a version without ids. */
    private final Map<Fingerprint, String> begun = new HashMap<>();

    private FetchState(Path path, String subject, StateFile file) {
        this.path = path;
        this.subject = subject.replaceAll("\\p{Cntrl}", "?");
        this.file = file;
    }

    /**
     * Opens the file, or makes it.
     *
     * @param path there are two more files beside it, whose names begin with its own
     * @param subject what is fetched, and where to; the same at each run
     * @throws BadSourceException if the file belongs to something else
     * @throws StoreException with {@link StoreException.Reason#BUSY} if another fetch has it
     */
    public static FetchState open(Path path, String subject) throws IOException {
        // the state itself is replaced at times; what is locked stays
        StateFile file = StateFile.open(path, path.resolveSibling(path.getFileName() + ".lock"), "fetch");
        boolean good = false;
        try {
            FetchState state = new FetchState(path, subject, file);
            state.load();
            good = true;
            return state;
        } finally {
            if (!good) {
                file.close();
            }
        }
    }

    private void load() throws IOException {
        List<String> lines = file.lines(MAGIC);
        if (lines.isEmpty()) {
            file.begin(MAGIC + subject);
            return;
        }
        String of = lines.get(0).substring(MAGIC.length());
        if (!of.equals(subject)) {
            throw new BadSourceException(path + " is of another fetch: " + of);
        }
        for (int i = 1; i < lines.size(); i++) {
            if (!take(lines.get(i).split(" ", -1))) {
                throw file.notUnderstood(i + 1);
            }
        }
    }

    private boolean take(String[] words) {
        boolean named = words.length == 4 && words[0].equals(">") && words[3].matches("[0-9a-f]{32}");
        if ((words.length != 3 && !named) || !words[1].matches("\\d{1,18}")) {
            return false;
        }
        Optional<Fingerprint> fingerprint = Fingerprint.of(Long.parseLong(words[1]), words[2]);
        switch (words[0]) {
            case ">" -> fingerprint.ifPresent(same -> begun.put(same, named ? words[3] : ""));
            case "=" -> fingerprint.ifPresent(this::remember);
            default -> {
                return false;
            }
        }
        return fingerprint.isPresent();
    }

    private void remember(Fingerprint fingerprint) {
        begun.remove(fingerprint);
        delivered.merge(fingerprint, 1, Integer::sum);
    }

    /** How many equal messages were delivered. */
    int count(Fingerprint fingerprint) {
        return delivered.getOrDefault(fingerprint, 0);
    }

    /** Whether it is unknown if one more such message was delivered. */
    boolean isInDoubt(Fingerprint fingerprint) {
        return begun.containsKey(fingerprint);
    }

    /**
     * Records that a message is about to be delivered.
     *
     * @return an id that distinguishes it from equal messages; if in doubt, the same as at the earlier attempt
     */
    String begin(Fingerprint fingerprint) throws IOException {
        String id = begun.getOrDefault(fingerprint, UUID.randomUUID().toString().replace("-", ""));
        file.append(begun(fingerprint, id));
        begun.put(fingerprint, id);
        return id;
    }

    void finish(Fingerprint fingerprint) throws IOException {
        file.append(line("=", fingerprint));
        remember(fingerprint);
    }

    /** Keeps only these, the delivered messages that are still on the server, and forgets all others. The last call. */
    void replace(Map<Fingerprint, Integer> left) throws IOException {
        rewrite(left, Map.of());
    }

    /** Forgets these, which are no longer on the server, and keeps all others. The last call. */
    void forget(Map<Fingerprint, Integer> gone) throws IOException {
        Map<Fingerprint, Integer> left = new HashMap<>(delivered);
        gone.forEach((fingerprint, count) ->
                left.computeIfPresent(fingerprint, (same, known) -> known > count ? known - count : null));
        rewrite(left, begun);
    }

    private void rewrite(Map<Fingerprint, Integer> left, Map<Fingerprint, String> inDoubt) throws IOException {
        StringBuilder text = new StringBuilder(MAGIC).append(subject).append('\n');
        left.forEach((fingerprint, count) -> text.append((line("=", fingerprint) + "\n").repeat(count)));
        inDoubt.forEach((fingerprint, id) -> text.append(begun(fingerprint, id)).append('\n'));
        Path fresh = path.resolveSibling(path.getFileName() + ".new");
        try (FileChannel to = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            StateFile.write(to, text.toString());
        }
        Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
        Directories.force(directory());
    }

    private Path directory() throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IOException(path + " is not the name of a file");
        }
        return parent;
    }

    private static String begun(Fingerprint fingerprint, String id) {
        return line(">", fingerprint) + (id.isEmpty() ? "" : " " + id);
    }

    private static String line(String mark, Fingerprint fingerprint) {
        return mark + " " + fingerprint.octets() + " " + fingerprint.hex();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
