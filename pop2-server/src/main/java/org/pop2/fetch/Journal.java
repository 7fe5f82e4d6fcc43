package org.pop2.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * Lines that survive a crash, to record the progress of some work. One holder at a time. Blocks. {@link FileJournal} is
 * one in a file, and storages have ledgers; a program may bring its own.
 */
public interface Journal extends Closeable {
    /** The lines, in order. Call once, before anything is added. */
    List<String> lines() throws IOException;

    /** Adds lines without control characters, in order, durably. */
    void append(List<String> lines) throws IOException;

    /** Replaces all lines: whatever happens, either the old or the new ones are there. */
    void replace(List<String> lines) throws IOException;

    /** Releases it for others. */
    @Override
    void close() throws IOException;
}
