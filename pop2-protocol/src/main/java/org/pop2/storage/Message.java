package org.pop2.storage;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import org.reactivestreams.Publisher;

/**
 * A message to deliver.
 *
 * @param content the octets of the message (RFC 822), with line ends LF or CRLF; subscribed to once; the storage is
 *     done with a buffer before it requests the next one
 * @param sender the envelope's sender; empty for a bounce, or if unknown
 * @param deliveryId equal for repeated deliveries of the same message by the same MTA. While the first copy exists, a
 *     storage may ignore the repetition; a deleted message does not count. Empty: every delivery is a new message
 * @param received when it came in, for a message that is copied from another mailbox; empty: now
 */
public record Message(
        Publisher<ByteBuffer> content, String sender, Optional<String> deliveryId, Optional<Instant> received) {
    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    /**
     * A message.
     *
     * @throws IllegalArgumentException if the sender is over 256 characters or holds a control character, or if the
     *     year of {@code received} has not one to four digits
     */
    public Message {
        if (received.isPresent()
                && (received.get().isBefore(FIRST) || received.get().isAfter(LAST))) {
            throw new IllegalArgumentException("not a time when mail came in");
        }
        if (sender.length() > 256 || sender.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("not an envelope sender");
        }
    }

    /** A message that comes in now. */
    public Message(Publisher<ByteBuffer> content, String sender, Optional<String> deliveryId) {
        this(content, sender, deliveryId, Optional.empty());
    }

    public static Message of(Publisher<ByteBuffer> content) {
        return new Message(content, "", Optional.empty());
    }

    public static Message of(Publisher<ByteBuffer> content, String sender) {
        return new Message(content, sender, Optional.empty());
    }
}
