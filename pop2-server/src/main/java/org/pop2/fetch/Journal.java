package org.pop2.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * Lines that outlive a crash: how far some work has come. One has it at a time, whoever opened it. Blocks. A program
 * may have its own; {@link FileJournal} is one in a file, and a storage has ledgers.
 */
public interface Journal extends Closeable {
    /** What was written, in its order. Once, before anything is added. */
    List<String> lines() throws IOException;

    /** Adds lines without control characters, which are durable, in their order, when this returns. */
    void append(List<String> lines) throws IOException;

    /** Puts lines in place of all: it is those or these, whatever happens. */
    void replace(List<String> lines) throws IOException;

    /** Lets others have it. */
    @Override
    void close() throws IOException;
}
