package org.pop2.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.util.OptionalInt;
import org.pop2.storage.transfer.Fingerprint;

/** Where messages go. Blocks. A program may have its own. */
public interface Target extends Closeable {
    /**
     * Delivers a message. It is safe there when this returns.
     *
     * @param id tells it from an equal message, and is the same when it is tried again; empty: it was tried without
     * @throws DeliveryException if it is refused there
     */
    void deliver(FetchedMessage message, String id) throws IOException;

    /** How many such messages are there; nothing if that cannot be found out. */
    OptionalInt count(Fingerprint wanted) throws IOException;
}
