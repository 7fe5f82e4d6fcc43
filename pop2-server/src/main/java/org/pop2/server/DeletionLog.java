package org.pop2.server;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pop2.storage.Mailbox;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What is deleted, for an audit ({@link ServerSettings#logDeletions}): looked at before the deletion, told when it is
 * done.
 */
final class DeletionLog {
    /** Of one release; more are counted. */
    static final int MOST = 10_000;
    /** How much of a message is looked at for its identifier. */
    private static final int HEADER = 64 * 1024;

    private static final Pattern MESSAGE_ID =
            Pattern.compile("(?im)^message-id[ \\t]*:[ \\t]*((?:\\r?\\n[ \\t]+)?\\S[^\\r\\n]*)");

    private DeletionLog() {}

    /**
     * A message that is to go.
     *
     * @param messageId as the message has it; empty if it has none
     */
    record Deleted(long octets, String messageId) {}

    /** The first of these messages. One that cannot be read keeps none from being deleted: it has no identifier. */
    static Mono<List<Deleted>> of(Mailbox mailbox, BitSet numbers) {
        return Flux.fromStream(numbers.stream().limit(MOST).boxed())
                .concatMap(number -> identifier(mailbox, number)
                        .onErrorReturn("")
                        .map(identifier -> new Deleted(mailbox.octets(number), identifier)))
                .collectList();
    }

    private static Mono<String> identifier(Mailbox mailbox, int number) {
        return Mono.defer(() -> {
            ByteArrayOutputStream start = new ByteArrayOutputStream();
            return Flux.from(mailbox.content(number))
                    .map(buffer -> {
                        ByteBuffer octets = buffer.octets().duplicate();
                        byte[] some = new byte[Math.min(octets.remaining(), HEADER - start.size())];
                        octets.get(some);
                        buffer.release();
                        start.writeBytes(some);
                        return start.size();
                    })
                    .takeUntil(size -> size == HEADER || header(start).length() < size)
                    .then(Mono.fromCallable(() -> {
                        Matcher field = MESSAGE_ID.matcher(header(start));
                        return field.find() ? field.group(1).strip() : "";
                    }));
        });
    }

    /** Up to the empty line, if that is there. */
    private static String header(ByteArrayOutputStream start) {
        String text = start.toString(StandardCharsets.ISO_8859_1);
        int end = text.startsWith("\r\n") ? 0 : text.indexOf("\r\n\r\n");
        return end < 0 ? text : text.substring(0, end);
    }
}
