package org.pop2.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.util.OptionalInt;
import org.pop2.storage.transfer.Fingerprint;

/** Where messages go. Blocks. Programs may implement their own. */
public interface Target extends Closeable {
    /**
     * Delivers a message. It is stored safely when this returns.
     *
     * @param id distinguishes it from equal messages, and is the same at a further attempt; empty if the earlier
     *     attempt had none
     * @throws DeliveryException if the target refuses it
     */
    void deliver(FetchedMessage message, String id) throws IOException;

    /** How many such messages the target has; empty if it cannot tell. */
    OptionalInt count(Fingerprint wanted) throws IOException;
}
