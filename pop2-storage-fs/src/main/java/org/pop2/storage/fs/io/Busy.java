package org.pop2.storage.fs.io;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which threads work on files, and since when: one that does not come back has a file system, or somebody's FIFO, that
 * does not answer, and the administrator is told.
 */
final class Busy {
    private static final Logger LOG = LoggerFactory.getLogger(Busy.class);
    /** Longer than any lock is waited for. Only a scan of many gigabytes takes as long. */
    private static final long LONG_NANOS = 60_000_000_000L;

    private static final String OURS = "org.pop2.storage.fs.";

    private static final class Since {
        private volatile long nanos;
        private volatile boolean working;
        private volatile boolean told;
    }

    private final Map<Thread, Since> threads = new ConcurrentHashMap<>();

    /** Runs a task, on the calling thread. */
    void run(Runnable task) {
        Since since = threads.computeIfAbsent(Thread.currentThread(), thread -> new Since());
        since.nanos = System.nanoTime();
        since.told = false;
        since.working = true;
        try {
            task.run();
        } finally {
            since.working = false;
        }
    }

    /**
     * Says which threads have been at one task for long, each once.
     *
     * @param now of {@link System#nanoTime}
     * @return how many do not come back
     */
    int look(long now) {
        threads.keySet().removeIf(thread -> !thread.isAlive());
        int hanging = 0;
        for (Map.Entry<Thread, Since> each : threads.entrySet()) {
            Since since = each.getValue();
            if (since.working && now - since.nanos > LONG_NANOS) {
                hanging++;
                if (!since.told) {
                    since.told = true;
                    LOG.atWarn()
                            .addKeyValue("thread", each.getKey().getName())
                            .addKeyValue("seconds", (now - since.nanos) / 1_000_000_000)
                            .addKeyValue("at", place(each.getKey()))
                            .log("file-work-hangs");
                }
            }
        }
        return hanging;
    }

    /** What of ours it is doing. */
    private static String place(Thread thread) {
        for (StackTraceElement frame : thread.getStackTrace()) {
            if (frame.getClassName().startsWith(OURS)) {
                return frame.toString();
            }
        }
        return "";
    }
}
