package org.pop2.storage.transfer;

import java.io.IOException;

/** A source of a message's octets in wire form. */
@FunctionalInterface
public interface OctetFeed {
    /** Sends all octets, from the first on. Blocks. */
    void to(OctetSink sink) throws IOException;
}
