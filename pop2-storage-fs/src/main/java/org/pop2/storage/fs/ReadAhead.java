package org.pop2.storage.fs;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Buffers with messages that mailboxes have read ahead: a limited number for the whole store, the oldest making room.
 * Safe for many threads.
 */
final class ReadAhead {
    /** Most buffers, of 64 KiB each: 8 MiB. */
    static final int MOST = 128;

    private final Set<SmallMessages.Chunk> kept = new LinkedHashSet<>();

    void keep(SmallMessages.Chunk chunk) {
        SmallMessages.Chunk oldest = add(chunk);
        if (oldest != null) {
            oldest.drop();
        }
    }

    private synchronized SmallMessages.@Nullable Chunk add(SmallMessages.Chunk chunk) {
        kept.add(chunk);
        if (kept.size() <= MOST) {
            return null;
        }
        Iterator<SmallMessages.Chunk> inOrder = kept.iterator();
        SmallMessages.Chunk oldest = inOrder.next();
        inOrder.remove();
        return oldest;
    }

    synchronized void forget(SmallMessages.Chunk chunk) {
        kept.remove(chunk);
    }
}
