package org.pop2.fetch;

import java.util.ArrayList;
import java.util.List;

/** A journal that outlives whoever writes it. */
final class MemoryJournal implements Journal {
    final List<String> lines = new ArrayList<>();

    @Override
    public List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void append(List<String> more) {
        lines.addAll(more);
    }

    @Override
    public void replace(List<String> all) {
        lines.clear();
        lines.addAll(all);
    }

    @Override
    public void close() {}
}
