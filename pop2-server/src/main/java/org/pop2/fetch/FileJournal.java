package org.pop2.fetch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.pop2.storage.transfer.BadSourceException;
import org.pop2.storage.transfer.StateFile;

/** A journal in a file. */
public final class FileJournal implements Journal {
    private static final String MAGIC = "pop2d collect 1\t";

    private final Path path;
    private final String subject;
    private final StateFile file;

    private FileJournal(Path path, String subject, StateFile file) {
        this.path = path;
        this.subject = subject;
        this.file = file;
    }

    /**
     * Opens the file, or makes it.
     *
     * @param path there are two more files beside it, whose names begin with its own
     * @param subject what it records; the same each time
     * @throws org.pop2.storage.StoreException with {@link org.pop2.storage.StoreException.Reason#BUSY} if another
     *     process has it
     */
    public static FileJournal open(Path path, String subject) throws IOException {
        Path locked = path.resolveSibling(path.getFileName() + ".lock");
        return new FileJournal(path, subject.replaceAll("\\p{Cntrl}", "?"), StateFile.open(path, locked, "collection"));
    }

    @Override
    public List<String> lines() throws IOException {
        List<String> lines = file.lines(MAGIC);
        if (lines.isEmpty()) {
            file.begin(MAGIC + subject);
            return List.of();
        }
        if (!lines.get(0).equals(MAGIC + subject)) {
            throw new BadSourceException(
                    path + " is of something else: " + lines.get(0).substring(MAGIC.length()));
        }
        return lines.subList(1, lines.size());
    }

    @Override
    public void append(List<String> lines) throws IOException {
        file.append(lines);
    }

    @Override
    public void replace(List<String> lines) throws IOException {
        file.replace(MAGIC + subject, lines);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
