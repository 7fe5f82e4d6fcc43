package org.pop2.storage.fs.exchange;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.fs.format.MboxWriter;
import org.pop2.storage.transfer.Directories;

/** Exports to an mbox (mboxrd): a new file, which appears when it is complete, or a stream. */
public final class MboxExport extends Export {
    private final MboxWriter writer;
    private final @Nullable NewFile file;
    private final @Nullable PrintStream stream;

    private record NewFile(Path target, Path temporary, FileChannel channel, boolean replace) {}

    private MboxExport(OutputStream out, @Nullable NewFile file, @Nullable PrintStream stream) {
        this.writer = new MboxWriter(out);
        this.file = file;
        this.stream = stream;
    }

    /**
     * An export to a file.
     *
     * @param replace whether to replace an existing file
     * @throws FileAlreadyExistsException if it exists, and {@code replace} is false
     */
    public static MboxExport to(Path target, boolean replace) throws IOException {
        Path absolute = target.toAbsolutePath();
        Path name = absolute.getFileName();
        if (name == null || Files.isDirectory(absolute)) {
            throw new FileAlreadyExistsException(target.toString(), null, "is a directory");
        }
        if (!replace && Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target.toString());
        }
        Path temporary = absolute.resolveSibling("." + name + "." + UUID.randomUUID() + ".tmp");
        FileChannel channel = FileChannel.open(
                Files.createFile(
                        temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))),
                StandardOpenOption.WRITE);
        // for a signal; after SIGKILL it stays, under a name that says what it is
        temporary.toFile().deleteOnExit();
        return new MboxExport(
                Channels.newOutputStream(channel), new NewFile(absolute, temporary, channel, replace), null);
    }

    /** An export to a stream, which the caller closes. */
    public static MboxExport to(PrintStream out) {
        return new MboxExport(out, null, out);
    }

    @Override
    void begin(String sender, Instant received) throws IOException {
        writer.begin(sender, received);
    }

    @Override
    void begin(byte[] fromLine) throws IOException {
        writer.begin(fromLine);
    }

    @Override
    void write(ByteBuffer octets) throws IOException {
        writer.write(octets);
        check();
    }

    @Override
    void end() throws IOException {
        writer.end();
        check();
    }

    /** Checks for errors, which a print stream does not throw. */
    private void check() throws IOException {
        if (stream != null && stream.checkError()) {
            throw new IOException("standard output cannot be written");
        }
    }

    @Override
    public void commit() throws IOException {
        check();
        if (file == null) {
            return;
        }
        file.channel().force(true);
        file.channel().close();
        if (file.replace()) {
            Files.move(file.temporary(), file.target(), StandardCopyOption.ATOMIC_MOVE);
        } else {
            Files.move(file.temporary(), file.target());
        }
        Path parent = file.target().getParent();
        if (parent != null) {
            Directories.force(parent);
        }
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.channel().close();
            Files.deleteIfExists(file.temporary());
        }
    }
}
