package org.pop2.app.deliver;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.pop2.storage.fs.format.LeadingFromLine;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * A message read from a stream as the storage asks for it, so that its size does not matter. Takes off a From_ line
 * that stands before the header: Postfix's local(8) puts one there, and it is none of the message.
 */
public final class MessageInput {
    private static final int BUFFER = 64 * 1024;

    private static final int MAX_SENDER = 256;

    private final InputStream in;
    private final byte[] start;
    private final String sender;

    private MessageInput(InputStream in, byte[] start, String sender) {
        this.in = in;
        this.start = start;
        this.sender = sender;
    }

    /** Reading from the stream failed. */
    public static final class InputFailedException extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1L;

        InputFailedException(IOException cause) {
            super("reading the message: " + cause.getMessage(), cause);
        }
    }

    /** Reads the stream's beginning. Blocks. The stream stays the caller's. */
    public static MessageInput of(InputStream in) {
        byte[] start = read(in, LeadingFromLine.MOST);
        Optional<LeadingFromLine> leading = LeadingFromLine.of(start, start.length);
        int from = leading.map(LeadingFromLine::octets).orElse(0);
        return new MessageInput(
                in,
                from == 0 ? start : Arrays.copyOfRange(start, from, start.length),
                leading.map(LeadingFromLine::sender).orElse(""));
    }

    static boolean isSender(String text) {
        return text.length() <= MAX_SENDER && text.chars().noneMatch(Character::isISOControl);
    }

    /** The sender that the From_ line named; empty if there was none. */
    public String sender() {
        return sender;
    }

    /** The message. Subscribe once; reads when asked, on a thread that may block; the buffers are new ones. */
    public Publisher<ByteBuffer> content() {
        Flux<ByteBuffer> rest = Flux.generate(sink -> {
            byte[] octets = read(in, BUFFER);
            if (octets.length == 0) {
                sink.complete();
            } else {
                sink.next(ByteBuffer.wrap(octets));
            }
        });
        Flux<ByteBuffer> first = start.length == 0 ? Flux.empty() : Flux.just(ByteBuffer.wrap(start));
        return first.concatWith(rest).subscribeOn(Schedulers.boundedElastic());
    }

    private static byte[] read(InputStream in, int most) {
        try {
            return in.readNBytes(most);
        } catch (IOException e) {
            throw new InputFailedException(e);
        }
    }
}
