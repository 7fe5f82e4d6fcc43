package org.pop2.storage.fs.format;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Octets with random access: a mailbox, for code that parses its format. */
public interface OctetSource {
    /** Fills the buffer from a position; {@code false} if the octets end before. */
    boolean readFully(ByteBuffer into, long position) throws IOException;
}
