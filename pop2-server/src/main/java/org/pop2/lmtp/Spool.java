package org.pop2.lmtp;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Where incomplete messages are kept: their shared memory, and the directory. Safe for many threads. */
final class Spool {
    private static final int THREADS = 4;

    private final LmtpSettings.Spooling settings;
    private final AtomicLong memory = new AtomicLong();
    private final ThreadPoolExecutor files;

    Spool(LmtpSettings.Spooling settings) {
        this.settings = settings;
        AtomicInteger number = new AtomicInteger();
        // a connection has one write under way, or a few reads: the queue is bounded by their number
        files = new ThreadPoolExecutor(THREADS, THREADS, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "lmtp-spool-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        files.allowCoreThreadTimeOut(true);
    }

    SpooledMessage begin() {
        return new SpooledMessage(this);
    }

    int memoryPerMessage() {
        return settings.memoryPerMessage();
    }

    /** Octets of messages in memory, for all connections. */
    long memoryUsed() {
        return memory.get();
    }

    /** Reserves memory, if that much is free. */
    boolean reserve(int octets) {
        if (memory.addAndGet(octets) <= settings.memoryInAll()) {
            return true;
        }
        memory.addAndGet(-octets);
        return false;
    }

    void release(long octets) {
        memory.addAndGet(-octets);
    }

    /** Runs work on files. Not the pool itself, whose threads Reactor would interrupt, which closes channels. */
    @SuppressWarnings("UnnecessaryMethodReference")
    Executor files() {
        return files::execute;
    }

    /** Creates a file that only this user can read. If the system allows, it is unlinked as soon as it is open. */
    FileChannel createFile() throws IOException {
        Path file = settings.directory().resolve("lmtp-" + UUID.randomUUID() + ".spool");
        FileSystem system = file.getFileSystem();
        FileAttribute<?>[] attributes = system.supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        return FileChannel.open(
                file,
                Set.copyOf(EnumSet.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.DELETE_ON_CLOSE)),
                attributes);
    }

    /** Closes the spool; no more messages will come. */
    void close() {
        files.shutdown();
    }
}
