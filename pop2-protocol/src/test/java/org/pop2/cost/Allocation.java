package org.pop2.cost;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;

/**
 * Octets of heap that a piece of work takes. Counted, not timed, so that an ordinary test can hold it: what was
 * compiled allocates as much as what was not, or less.
 */
public final class Allocation {
    /** For what is only done once: classes loaded, call sites linked, pools filled. */
    private static final int WARM_UP = 500;

    private static final int TIMES = 200;
    private static final int TRIES = 5;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocation() {}

    /** Of this thread, for each time that the work is done; the least of some tries. */
    public static double ofEach(Runnable work) {
        repeat(work, WARM_UP);
        long id = Thread.currentThread().getId();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < TRIES; i++) {
            long before = THREADS.getThreadAllocatedBytes(id);
            repeat(work, TIMES);
            least = Math.min(least, THREADS.getThreadAllocatedBytes(id) - before);
        }
        return (double) least / TIMES;
    }

    /** Of all threads whose names begin so, since they were started. */
    public static long ofThreads(String prefix) {
        long octets = 0;
        for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().startsWith(prefix)) {
                octets += THREADS.getThreadAllocatedBytes(thread.getThreadId());
            }
        }
        return octets;
    }

    private static void repeat(Runnable work, int times) {
        for (int i = 0; i < times; i++) {
            work.run();
        }
    }
}
