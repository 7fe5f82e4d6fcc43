package org.pop2.storage;

import java.time.Instant;
import java.util.Optional;
import org.reactivestreams.Publisher;

/**
 * A mailbox of a storage that keeps the envelopes of messages; see {@link Mailbox#envelopes}. Work starts at
 * subscription; errors are {@link StoreException}s. The contract test is
 * {@code org.pop2.storage.tck.EnvelopedContract}.
 */
public interface Enveloped {
    /**
     * What is known of a message's envelope.
     *
     * @param sender of the delivery; empty for a bounce, or if unknown
     * @param received when it came in, at least to the second; empty if unknown
     */
    record Envelope(String sender, Optional<Instant> received) {}

    /**
     * The envelope of a message. Emits one.
     *
     * @param number 1 to {@link Mailbox#count}
     * @throws IndexOutOfBoundsException if there is no such message
     */
    Publisher<Envelope> envelope(int number);
}
