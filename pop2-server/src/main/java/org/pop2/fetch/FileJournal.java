package org.pop2.fetch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.pop2.storage.transfer.BadSourceException;
import org.pop2.storage.transfer.StateFile;

/** A journal in a file. */
public final class FileJournal implements Journal {
    private final Path path;
    private final String magic;
    private final String subject;
    private final StateFile file;

    private FileJournal(Path path, String magic, String subject, StateFile file) {
        this.path = path;
        this.magic = magic;
        this.subject = subject;
        this.file = file;
    }

    /**
     * Opens the file, or makes it.
     *
     * @param path there are two more files beside it, whose names begin with its own
     * @param work {@code fetch} for POP2, {@code collect} for IMAP and POP3: who writes it
     * @param subject what it records; the same each time
     * @throws org.pop2.storage.StoreException with {@link org.pop2.storage.StoreException.Reason#BUSY} if another
     *     process has it
     */
    public static FileJournal open(Path path, String work, String subject) throws IOException {
        Path locked = path.resolveSibling(path.getFileName() + ".lock");
        return new FileJournal(
                path,
                "pop2d " + work + " 1\t",
                subject.replaceAll("\\p{Cntrl}", "?"),
                StateFile.open(path, locked, "fetch"));
    }

    @Override
    public List<String> lines() throws IOException {
        List<String> lines = file.lines(magic);
        if (lines.isEmpty()) {
            file.begin(magic + subject);
            return List.of();
        }
        if (!lines.get(0).equals(magic + subject)) {
            throw new BadSourceException(
                    path + " is of something else: " + lines.get(0).substring(magic.length()));
        }
        return lines.subList(1, lines.size());
    }

    @Override
    public void append(List<String> lines) throws IOException {
        file.append(lines);
    }

    @Override
    public void replace(List<String> lines) throws IOException {
        file.replace(magic + subject, lines);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
