package org.pop2.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.pop2.storage.transfer.OctetFeed;
import org.reactivestreams.Publisher;

/** A completely fetched message. It can be read any number of times until it is delivered. */
public interface FetchedMessage extends OctetFeed {
    /**
     * The envelope's sender, from the line before the header or from the header itself; empty if unknown, or not valid
     * in an envelope.
     */
    String sender() throws IOException;

    /** The From_ line that the server sent before the header, with its line feed. */
    Optional<byte[]> fromLine();

    /** The octets as they came over the wire. Reads on demand, on the requesting thread, into new buffers. */
    Publisher<ByteBuffer> content();
}
