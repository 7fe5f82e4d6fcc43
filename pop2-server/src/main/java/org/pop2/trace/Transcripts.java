package org.pop2.trace;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.pop2.net.RemoteClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

/**
 * The transcripts of a server. A separate thread writes the files; if it cannot keep up, lines are dropped instead of
 * delaying sessions.
 */
public final class Transcripts implements Disposable {
    private static final Logger LOG = LoggerFactory.getLogger(Transcripts.class);

    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS");
    private static final String SUFFIX = ".pop2";
    private static final int QUEUE = 1000;

    private final TraceSettings settings;
    private final ThreadPoolExecutor writer;
    private final AtomicLong count = new AtomicLong();

    private Transcripts(TraceSettings settings) {
        this.settings = settings;
        this.writer = new ThreadPoolExecutor(
                1, 1, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(QUEUE), task -> new Thread(task, "pop2-trace"));
        writer.allowCoreThreadTimeOut(true);
    }

    /** Transcripts in a directory, which is created if missing. Blocks. */
    public static Transcripts in(TraceSettings settings) throws IOException {
        Files.createDirectories(settings.directory(), privately(settings.directory(), "rwx------"));
        return new Transcripts(settings);
    }

    TraceSettings settings() {
        return settings;
    }

    /** The file for a new session, with a name that sorts by time; created when something is written. */
    Path newFile(RemoteClient client) {
        String address = client.text().replaceAll("[^0-9A-Za-z.]+", "_");
        return settings.directory()
                .resolve(NAME.format(LocalDateTime.now(ZoneId.systemDefault())) + "-" + count.incrementAndGet() + "-"
                        + address + SUFFIX);
    }

    /** Appends to a file later; {@code false} if too much is waiting, in which case this is dropped. */
    boolean append(Path file, byte[] octets) {
        try {
            writer.execute(() -> write(file, octets));
            return true;
        } catch (RejectedExecutionException full) {
            return false;
        }
    }

    private void write(Path file, byte[] octets) {
        try {
            try {
                Files.createFile(file, privately(settings.directory(), "rw-------"));
                removeOldest();
            } catch (FileAlreadyExistsException begun) {
                // the usual case: more of the same session
            }
            Files.write(file, octets, StandardOpenOption.APPEND);
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("error", e.toString()).log("transcript-incomplete");
        }
    }

    private void removeOldest() throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.list(settings.directory())) {
            all.filter(file -> file.toString().endsWith(SUFFIX)).forEach(files::add);
        }
        Collections.sort(files);
        for (Path file : files.subList(0, Math.max(0, files.size() - settings.maxFiles()))) {
            Files.deleteIfExists(file);
        }
    }

    private static FileAttribute<?>[] privately(Path where, String permissions) {
        if (!where.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return new FileAttribute<?>[0];
        }
        Set<PosixFilePermission> set = PosixFilePermissions.fromString(permissions);
        return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(set)};
    }

    /** Stops after everything that waits has been written. */
    @Override
    public void dispose() {
        writer.shutdown();
    }

    @Override
    public boolean isDisposed() {
        return writer.isShutdown();
    }
}
