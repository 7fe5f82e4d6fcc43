package org.pop2.storage.fs.exchange;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.transfer.Directories;

/**
 * Exports to a Maildir: each message is a file in {@code tmp}, forced to the disk, then moved to {@code new}. Lines end
 * with LF, as programs expect there.
 */
public final class MaildirExport extends Export {
    private static final int BLOCK = 64 * 1024;

    private final Path directory;
    private final String host;
    private final Instant started = Instant.now();
    private long sequence;

    private @Nullable Path file;
    private @Nullable FileChannel channel;
    private final byte[] buffer = new byte[BLOCK];
    private int fill;
    private long crs;

    private MaildirExport(Path directory, String host) {
        this.directory = directory;
        this.host = host;
    }

    /**
     * An export to a directory.
     *
     * @param host this host's name, for the names of files
     * @param add whether the directory may exist and contain something
     * @throws FileAlreadyExistsException if it contains something, and {@code add} is false
     */
    public static MaildirExport to(Path directory, String host, boolean add) throws IOException {
        if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS) && !add && !isEmptyDirectory(directory)) {
            throw new FileAlreadyExistsException(directory.toString());
        }
        FileAttribute<?> owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        for (String part : List.of("tmp", "new", "cur")) {
            Files.createDirectories(directory.resolve(part), owner);
        }
        String name = host.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]", "_");
        return new MaildirExport(directory, name);
    }

    private static boolean isEmptyDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return false;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            return !entries.iterator().hasNext();
        }
    }

    @Override
    void begin(byte[] fromLine) throws IOException {
        // a Maildir has no place for it
        begin("", started);
    }

    @Override
    void begin(String sender, Instant received) throws IOException {
        // one time for all, so that the order of the names is that of the messages, whatever the clock does
        String name = "%d.M%06dP%dQ%08d.%s"
                .formatted(
                        started.getEpochSecond(),
                        started.getNano() / 1000,
                        ProcessHandle.current().pid(),
                        ++sequence,
                        host);
        Path path = directory.resolve("tmp").resolve(name);
        channel = FileChannel.open(
                Files.createFile(
                        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))),
                StandardOpenOption.WRITE);
        file = path;
        crs = 0;
        fill = 0;
    }

    @Override
    void write(ByteBuffer octets) throws IOException {
        while (octets.hasRemaining()) {
            byte octet = octets.get();
            if (octet == '\r') {
                crs++;
                continue;
            }
            // one CR is half of a line end; CR CR LF has to come back as it was
            if (octet != '\n' || crs > 1) {
                for (; crs > 0; crs--) {
                    put((byte) '\r');
                }
            }
            crs = 0;
            put(octet);
        }
    }

    @Override
    void end() throws IOException {
        flush();
        if (channel != null && file != null) {
            channel.force(true);
            channel.close();
            Files.move(file, directory.resolve("new").resolve(file.getFileName()));
        }
        file = null;
        channel = null;
    }

    private void put(byte octet) throws IOException {
        if (fill == BLOCK) {
            flush();
        }
        buffer[fill++] = octet;
    }

    private void flush() throws IOException {
        if (channel != null) {
            OutputStream out = Channels.newOutputStream(channel);
            out.write(buffer, 0, fill);
        }
        fill = 0;
    }

    @Override
    public void commit() throws IOException {
        Directories.force(directory.resolve("new"));
        Directories.force(directory);
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            Directories.force(parent);
        }
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
        if (file != null) {
            Files.deleteIfExists(file);
        }
    }
}
