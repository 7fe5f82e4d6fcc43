package org.pop2.app.campaign;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Delivers as an MTA does: dot-lock, then fcntl, then appends and syncs. Remembers what it delivered. */
final class Appender implements Runnable {
    private static final String SEPARATOR = "From sender@example.org Mon Nov 23 12:00:00 2026\n";

    /** A mailbox of this size is not delivered to until some of it is deleted: releases stay short. */
    private static final long ENOUGH_OCTETS = 3_000_000;

    private static final int PAUSE_MILLIS = 20;

    private final Path mailbox;
    private final Random random;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, String> bodies = new ConcurrentHashMap<>();
    private volatile boolean stopped;

    Appender(Path mailbox, long seed) {
        this.mailbox = mailbox;
        this.random = new Random(seed);
    }

    /** Every message that may be there: number to wire form. A message is in here before it is in the mailbox. */
    Map<Integer, String> bodies() {
        return bodies;
    }

    void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        try {
            while (!stopped) {
                if (Files.size(mailbox) < ENOUGH_OCTETS) {
                    deliver();
                }
                Thread.sleep(random.nextInt(PAUSE_MILLIS) + 1L);
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("the appender failed", e);
        }
    }

    /** Delivers one message; returns when it is durable, or without one if told to stop. */
    void deliver() throws IOException, InterruptedException {
        int id = ids.incrementAndGet();
        StringBuilder text = new StringBuilder("X-Id: " + id + "\nSubject: a message\n\n");
        int lines = random.nextInt(8) == 0 ? random.nextInt(3000) : random.nextInt(40);
        for (int i = 0; i < lines; i++) {
            text.append("line ").append(i).append(" of message ").append(id).append(" -".repeat(random.nextInt(30)));
            text.append('\n');
        }
        bodies.put(id, text.toString().replace("\n", "\r\n"));
        byte[] octets = (SEPARATOR + text + "\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        Path dotLock = mailbox.resolveSibling(mailbox.getFileName() + ".lock");
        while (!lock(dotLock)) {
            if (stopped) {
                bodies.remove(id);
                return;
            }
            Thread.sleep(2);
        }
        try (FileChannel channel = FileChannel.open(mailbox, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            // held until the channel closes
            channel.lock();
            ByteBuffer buffer = ByteBuffer.wrap(octets);
            long end = channel.size();
            while (buffer.hasRemaining()) {
                end += channel.write(buffer, end);
            }
            channel.force(true);
        } finally {
            Files.delete(dotLock);
        }
    }

    private static boolean lock(Path dotLock) throws IOException {
        try {
            Files.createFile(dotLock);
            return true;
        } catch (FileAlreadyExistsException held) {
            return false;
        }
    }
}
