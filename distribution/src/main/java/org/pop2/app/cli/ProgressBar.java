package org.pop2.app.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.pop2.storage.transfer.Progress;

/** A line on a terminal that shows the progress of a command, and is erased at the end. */
public final class ProgressBar implements Progress, AutoCloseable {
    private static final long EVERY_NANOS = 100_000_000;
    private static final int WIDTH = 30;
    private static final long MEGABYTE = 1_000_000;

    private final PrintStream out;
    private final long total;
    private final LongSupplier nanoTime;
    private final AtomicLong octets = new AtomicLong();
    private final AtomicLong messages = new AtomicLong();
    private long shownAt;
    private int shown;
    private boolean closed;

    /** @param total all octets; 0 if unknown */
    public ProgressBar(PrintStream out, long total, LongSupplier nanoTime) {
        this.out = out;
        this.total = total;
        this.nanoTime = nanoTime;
        this.shownAt = nanoTime.getAsLong();
    }

    /** Whether standard error is a terminal; if the system cannot tell, whether Java's console is. */
    public static boolean isShown(Terminal terminal) {
        Path error = Path.of("/proc/self/fd/2");
        if (!terminal.err().equals(System.err) || !Files.isSymbolicLink(error)) {
            return terminal.passwordPrompt().isPresent();
        }
        try {
            String target = Files.readSymbolicLink(error).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    /** A bar if somebody can see it. */
    public static ProgressBar on(Terminal terminal, long total) {
        PrintStream out = isShown(terminal)
                ? terminal.err()
                : new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        return new ProgressBar(out, total, System::nanoTime);
    }

    @Override
    public void octets(long more) {
        octets.addAndGet(more);
        show();
    }

    @Override
    public void message() {
        messages.incrementAndGet();
        show();
    }

    /** Shows a count of another unit. */
    public void count(long done, String unit) {
        show(() -> done + " " + unit);
    }

    private void show() {
        show(this::line);
    }

    private synchronized void show(Supplier<String> text) {
        long now = nanoTime.getAsLong();
        if (closed || now - shownAt < EVERY_NANOS) {
            return;
        }
        shownAt = now;
        String line = text.get();
        out.print("\r" + line + " ".repeat(Math.max(0, shown - line.length())));
        out.flush();
        shown = line.length();
    }

    private String line() {
        long done = octets.get();
        String text = messages + " messages, " + done / MEGABYTE + " MB";
        if (total <= 0) {
            return text;
        }
        // what is read is at times a little more than was announced
        double part = Math.min(1.0, (double) done / total);
        int full = (int) (part * WIDTH);
        return "[" + "#".repeat(full) + ".".repeat(WIDTH - full) + "] " + (int) (part * 100) + " %  " + text + " of "
                + total / MEGABYTE;
    }

    /** Erases the line for other output; it comes back. */
    public synchronized void wipe() {
        if (shown > 0) {
            out.print("\r" + " ".repeat(shown) + "\r");
            out.flush();
            shown = 0;
        }
    }

    /** Erases the line for good. */
    @Override
    public synchronized void close() {
        wipe();
        closed = true;
    }
}
