package org.pop2.app.fetch;

import java.util.List;
import org.pop2.fetch.Journal;

/** A journal that remembers nothing, for standard output: nobody knows what becomes of that. */
final class Forgotten implements Journal {
    @Override
    public List<String> lines() {
        return List.of();
    }

    @Override
    public void append(List<String> more) {
        // never read
    }

    @Override
    public void replace(List<String> all) {
        // likewise
    }

    @Override
    public void close() {
        // nothing is open
    }
}
