package org.pop2.storage.fs.exchange;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.pop2.storage.fs.format.MboxReader;
import org.pop2.storage.transfer.BadSourceException;
import org.pop2.storage.transfer.Header;

/** Messages to import, one after the other: from an mbox, a Maildir, a file or a stream. */
public interface MessageSource extends Closeable {
    /** The format of a source. */
    enum Format {
        /**
         * A directory is a Maildir; a file that begins like an mbox is one, or is refused; anything else is one
         * message.
         */
        AUTO,
        MBOX,
        MAILDIR,
        MESSAGE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * How to read.
     *
     * @param format format of the source
     * @param quoting of an mbox: {@code mboxrd}, {@code mboxo} or {@code none}
     * @param separator of an mbox: {@code strict} or {@code lenient}
     */
    record Reading(Format format, String quoting, String separator) {}

    /** The name of standard input. */
    String STANDARD_INPUT = "-";

    /** The next message, {@code null} at the end. Read it before asking for the one after it. */
    @Nullable
    Item next() throws IOException;

    /** Octets of the whole source; 0 if unknown. */
    long size();

    /** A message. */
    interface Item {
        /** Identifies it within its source, at each run. */
        String key();

        /** Its name for people. */
        String label();

        /** The envelope's sender; empty if unknown. */
        String sender();

        /** When it came in, if the source knows apart from the header. */
        default Optional<Instant> received() {
            return Optional.empty();
        }

        /** What is odd about its beginning, in words; usually {@code null}. */
        default @Nullable String oddity() {
            return null;
        }

        /** The next octets, with line ends as they are; {@code null} at the end. The buffer belongs to the caller. */
        @Nullable
        ByteBuffer read() throws IOException;
    }

    /**
     * Opens a source.
     *
     * @param name a path, or {@link #STANDARD_INPUT}
     * @param in standard input; the caller closes it
     * @throws BadSourceException if it is not of the format
     */
    static MessageSource of(String name, InputStream in, Reading reading) throws IOException {
        if (name.equals(STANDARD_INPUT)) {
            if (reading.format() == Format.MAILDIR) {
                throw new BadSourceException("standard input is no Maildir");
            }
            return stream("standard input", Channels.newInputStream(Channels.newChannel(in)), 0, reading);
        }
        Path path = Path.of(name);
        if (!Files.exists(path)) {
            throw new NoSuchFileException(name);
        }
        if (Files.isDirectory(path)) {
            if (reading.format() == Format.MBOX || reading.format() == Format.MESSAGE) {
                throw new BadSourceException(name + " is a directory, not " + reading.format());
            }
            return Maildir.of(path);
        }
        if (reading.format() == Format.MAILDIR) {
            throw new BadSourceException(name + " is a file, not a Maildir");
        }
        SeekableByteChannel file = Files.newByteChannel(path);
        return stream(name, Channels.newInputStream(file), file.size(), reading);
    }

    private static MessageSource stream(String name, InputStream in, long size, Reading reading) throws IOException {
        // a From_ line has 4 KiB at most
        PushbackInputStream octets = new PushbackInputStream(in, 4 * 1024);
        if (reading.format() == Format.MESSAGE) {
            return new Single(name, octets, size);
        }
        byte[] start = octets.readNBytes(4 * 1024);
        octets.unread(start);
        String program = Compressed.program(start);
        if (program != null) {
            in.close();
            throw new BadSourceException(name + " is compressed: " + program + " FILE | pop2d mailbox import … -");
        }
        if (reading.format() == Format.MBOX || start.length == 0 || MboxReader.looksLikeMbox(start)) {
            return new Mbox(name, MboxReader.tolerant(octets, reading.quoting(), reading.separator()), size);
        }
        return new Single(name, octets, size);
    }

    /** An mbox. */
    final class Mbox implements MessageSource {
        private final String name;
        private final MboxReader reader;
        private final long size;
        private int number;

        private Mbox(String name, MboxReader reader, long size) {
            this.name = name;
            this.reader = reader;
            this.size = size;
        }

        @Override
        public @Nullable Item next() throws IOException {
            MboxReader.Entry entry;
            try {
                entry = reader.next();
            } catch (StoreException e) {
                throw new BadSourceException(
                        name + ": " + e.getMessage() + "; --format message takes it as one message");
            }
            if (entry == null) {
                return null;
            }
            String label = name + ": message " + ++number + " at octet " + entry.offset();
            return new Item() {
                @Override
                public String key() {
                    return Long.toString(entry.offset());
                }

                @Override
                public String label() {
                    return label;
                }

                @Override
                public String sender() {
                    return entry.sender();
                }

                @Override
                public Optional<Instant> received() {
                    return entry.date();
                }

                @Override
                public @Nullable String oddity() {
                    return entry.oddity();
                }

                @Override
                public @Nullable ByteBuffer read() throws IOException {
                    return entry.read();
                }
            };
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public void close() throws IOException {
            reader.close();
        }
    }

    /** A file or stream with one message. */
    final class Single implements MessageSource {
        private final String name;
        private final InputStream in;
        private final long size;
        private boolean given;

        private Single(String name, InputStream in, long size) {
            this.name = name;
            this.in = in;
            this.size = size;
        }

        @Override
        public @Nullable Item next() throws IOException {
            if (given) {
                return null;
            }
            given = true;
            return new StreamItem("", name, in);
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** A Maildir: {@code cur} and {@code new}, in the order of arrival. Ignores flags and sub-folders. */
    final class Maildir implements MessageSource {
        private final Path directory;
        private final Iterator<Path> files;
        private final long size;
        private @Nullable InputStream open;

        private Maildir(Path directory, List<Path> files, long size) {
            this.directory = directory;
            this.files = files.iterator();
            this.size = size;
        }

        private static Maildir of(Path directory) throws IOException {
            List<Path> files = new ArrayList<>();
            long size = 0;
            for (String part : List.of("cur", "new")) {
                Path below = directory.resolve(part);
                if (!Files.isDirectory(below)) {
                    throw new BadSourceException(directory + " is not a Maildir: there is no directory " + part);
                }
                for (Path file : list(below)) {
                    files.add(file);
                    size += Files.size(file);
                }
            }
            // names begin with the time
            files.sort(
                    Comparator.<Path>comparingLong(file -> time(unique(file))).thenComparing(file -> unique(file)));
            return new Maildir(directory, files, size);
        }

        private static List<Path> list(Path directory) throws IOException {
            List<Path> files = new ArrayList<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                for (Path entry : entries) {
                    boolean hidden = entry.getFileName().toString().startsWith(".");
                    if (!hidden && Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
                        files.add(entry);
                    }
                }
            }
            return files;
        }

        /** The name without flags, which stays when a mail program moves the file or marks the message. */
        private static String unique(Path file) {
            String name = file.getFileName().toString();
            int info = name.indexOf(':');
            return info < 0 ? name : name.substring(0, info);
        }

        private static long time(String name) {
            int end = 0;
            while (end < name.length() && end < 18 && name.charAt(end) >= '0' && name.charAt(end) <= '9') {
                end++;
            }
            return end == 0 ? Long.MAX_VALUE : Long.parseLong(name.substring(0, end));
        }

        @Override
        public @Nullable Item next() throws IOException {
            close();
            if (!files.hasNext()) {
                return null;
            }
            Path file = files.next();
            InputStream in;
            try {
                in = Channels.newInputStream(Files.newByteChannel(file));
            } catch (NoSuchFileException e) {
                Path moved = moved(file).orElseThrow(() -> e);
                in = Channels.newInputStream(Files.newByteChannel(moved));
            }
            open = in;
            return new StreamItem(unique(file), file.toString(), in);
        }

        /** The file's new place, if a mail program has moved it since the directory was listed. */
        private Optional<Path> moved(Path file) throws IOException {
            return list(directory.resolve("cur")).stream()
                    .filter(it -> unique(it).equals(unique(file)))
                    .findFirst();
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public void close() throws IOException {
            InputStream in = open;
            open = null;
            if (in != null) {
                in.close();
            }
        }
    }

    /** A whole stream, with the sender from its header. */
    final class StreamItem implements Item {
        private final String key;
        private final String label;
        private final InputStream in;
        private final String sender;
        private byte[] start;

        private StreamItem(String key, String label, InputStream in) throws IOException {
            this.key = key;
            this.label = label;
            this.in = in;
            this.start = in.readNBytes(Header.MOST);
            this.sender = Header.of(start, start.length).sender();
        }

        @Override
        public String key() {
            return key;
        }

        @Override
        public String label() {
            return label;
        }

        @Override
        public String sender() {
            return sender;
        }

        @Override
        public @Nullable ByteBuffer read() throws IOException {
            byte[] octets = start;
            if (octets.length > 0) {
                start = new byte[0];
            } else {
                byte[] block = new byte[Header.MOST];
                int length = in.readNBytes(block, 0, block.length);
                octets = length == block.length ? block : Arrays.copyOf(block, length);
            }
            return octets.length == 0 ? null : ByteBuffer.wrap(octets);
        }
    }
}
