package org.pop2.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.pop2.storage.transfer.OctetFeed;
import org.reactivestreams.Publisher;

/** A message that was fetched, all of it. It can be read until it is delivered, as often as one likes. */
public interface FetchedMessage extends OctetFeed {
    /**
     * The envelope's sender, as far as the line before the header or the header itself tells; empty if they do not, or
     * it would fit into no envelope.
     */
    String sender() throws IOException;

    /** The line that the server sent before the header, as it begins a message in an mbox, with its line feed. */
    Optional<byte[]> fromLine();

    /** The octets as they came over the wire. Reads when asked, on the thread that asks; the buffers are new ones. */
    Publisher<ByteBuffer> content();
}
