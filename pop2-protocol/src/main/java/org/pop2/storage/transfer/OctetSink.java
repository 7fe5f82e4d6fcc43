package org.pop2.storage.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes octets, one buffer after the other. */
@FunctionalInterface
public interface OctetSink {
    /** Uses up the buffer, which may change after the call. */
    void accept(ByteBuffer octets) throws IOException;
}
