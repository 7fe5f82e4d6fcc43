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
 * Logs deleted messages, for an audit ({@link ServerSettings#logDeletions}): looks at them before the deletion, logs
 * them afterwards.
 */
final class DeletionLog {
    /** Most messages of a release that are logged singly; others are counted. */
    static final int MOST = 10_000;
    /** Octets of a message in which its identifier is looked for. */
    private static final int HEADER = 64 * 1024;

    private static final Pattern MESSAGE_ID =
            Pattern.compile("(?im)^message-id[ \\t]*:[ \\t]*((?:\\r?\\n[ \\t]+)?\\S[^\\r\\n]*)");

    private DeletionLog() {}

    /**
     * A message that is about to be deleted.
     *
     * @param messageId its identifier; empty if it has none
     */
    record Deleted(long octets, String messageId) {}

    /** The first of these messages. One that cannot be read has no identifier, and does not prevent the deletion. */
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
