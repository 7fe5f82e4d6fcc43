package org.pop2.storage;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.reactivestreams.Publisher;

/**
 * A message to deliver.
 *
 * @param content the octets of the message (RFC 822), with line ends LF or CRLF as they come; subscribed to once; the
 *     storage is done with a buffer before it requests the next one
 * @param sender the envelope's sender, empty for a bounce or where nobody knows
 * @param deliveryId what a repeated delivery of the same message by the same MTA repeats, so that a storage which can
 *     may store it once, as long as the first copy is there: one that was deleted is no copy; empty: every delivery is
 *     a new message
 */
public record Message(Publisher<ByteBuffer> content, String sender, Optional<String> deliveryId) {

    /**
     * A message.
     *
     * @throws IllegalArgumentException if the sender is over 256 characters or holds a control character
     */
    public Message {
        if (sender.length() > 256 || sender.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("not an envelope sender");
        }
    }

    public static Message of(Publisher<ByteBuffer> content) {
        return new Message(content, "", Optional.empty());
    }

    public static Message of(Publisher<ByteBuffer> content, String sender) {
        return new Message(content, sender, Optional.empty());
    }
}
