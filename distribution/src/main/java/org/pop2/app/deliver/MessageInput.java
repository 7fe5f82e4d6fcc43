package org.pop2.app.deliver;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * A message read from a stream as the storage asks for it, so that its size does not matter. Takes off a From_ line
 * that stands before the header: Postfix's local(8) puts one there, and it is none of the message.
 */
public final class MessageInput {
    private static final int BUFFER = 64 * 1024;

    /** A From_ line is one long line at most; longer, and it is some other thing. */
    private static final int FROM_LINE = 1000;

    private static final int MAX_SENDER = 256;

    /** A sender and a date as asctime(3) writes it, whatever stands around the year. */
    private static final Pattern FROM = Pattern.compile(
            "From (?:(\\S+) +)?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) +(?:\\w{3} +\\d{1,2}|\\d{1,2} +\\w{3}) .*\\d{1,2}:\\d\\d.*\\r?\\n");

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
        byte[] start = read(in, FROM_LINE);
        int end = 0;
        while (end < start.length && start[end] != '\n') {
            end++;
        }
        if (end < start.length) {
            String line = new String(start, 0, end + 1, StandardCharsets.UTF_8);
            Matcher from = FROM.matcher(line);
            if (from.matches()) {
                byte[] rest = Arrays.copyOfRange(start, end + 1, start.length);
                String named = from.group(1);
                // MAILER-DAEMON is how mbox spells the empty sender of a bounce
                boolean known = named != null && !named.equals("MAILER-DAEMON") && isSender(named);
                return new MessageInput(in, rest, known ? named : "");
            }
        }
        return new MessageInput(in, start, "");
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
