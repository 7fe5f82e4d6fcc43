package org.pop2.app.serve;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.pop2.app.cli.Terminal;

/**
 * Shows what is written to the transcripts of a directory, as it is written. One thread, and a look ten times a second.
 */
final class TranscriptTail {
    private static final int PAUSE_MILLIS = 100;
    private static final int MOST = 64 * 1024;

    private final Path directory;
    private final Terminal terminal;
    /** How far each file has been shown. */
    private final Map<Path, Long> shown = new HashMap<>();

    private volatile boolean stopped;

    TranscriptTail(Path directory, Terminal terminal) {
        this.directory = directory;
        this.terminal = terminal;
    }

    void start() {
        Thread thread = new Thread(this::run, "transcript");
        thread.setDaemon(true);
        thread.start();
    }

    void stop() {
        stopped = true;
    }

    private void run() {
        while (!stopped) {
            try {
                look();
                Thread.sleep(PAUSE_MILLIS);
            } catch (IOException e) {
                terminal.warn("no more transcripts: " + e);
                return;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void look() throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.sorted().toList();
        }
        for (Path file : files) {
            show(file);
        }
        shown.keySet().retainAll(files);
    }

    private void show(Path file) throws IOException {
        long from = shown.getOrDefault(file, 0L);
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            byte[] octets = new byte[(int) Math.min(in.length() - from, MOST)];
            in.seek(from);
            in.readFully(octets);
            int end = octets.length;
            while (end > 0 && octets[end - 1] != '\n') {
                end--;
            }
            new String(octets, 0, end, StandardCharsets.ISO_8859_1).lines().forEach(terminal::say);
            shown.put(file, from + end);
        }
    }
}
