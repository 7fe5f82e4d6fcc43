package org.pop2.storage.transfer;

import java.io.IOException;

/** Gives the octets of a message, as they go over the wire. */
@FunctionalInterface
public interface OctetFeed {
    /** Gives them all, from the first on. Blocks. */
    void to(OctetSink sink) throws IOException;
}
