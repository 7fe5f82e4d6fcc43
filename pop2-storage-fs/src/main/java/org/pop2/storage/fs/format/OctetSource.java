package org.pop2.storage.fs.format;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Octets that are read from any position: a mailbox, for whoever reads its format. */
public interface OctetSource {
    /** Fills the buffer from a position; {@code false} if the octets end before. */
    boolean readFully(ByteBuffer into, long position) throws IOException;
}
