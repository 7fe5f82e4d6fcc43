package org.pop2.lmtp;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is equal when an MTA repeats a delivery because our 250 was lost (RFC 1047): the message from its topmost
 * Received field on, which contains the MTA's queue id. It lets a storage tell a second attempt from a second message.
 *
 * <p>What stands above that field is left out: there the MTA's delivery agent puts what differs from try to try, such
 * as Exim's Delivery-date and Envelope-to. Everything below goes into it, and not the body and the id alone. Some
 * servers put the same words behind {@code id} each time (Exchange the number of its version), and an MTA uses its ids
 * again some day: two messages must never count as one for that. Where no field names an id, there is no key, and every
 * delivery is a new message: a duplicate is better than a loss. Not safe for threads.
 */
final class DeliveryKey {
    private static final Pattern QUEUE_ID = Pattern.compile("\\sid\\s+[A-Za-z0-9]", Pattern.CASE_INSENSITIVE);
    private static final String RECEIVED = "received:";
    private static final int MAX_FIELD = 8000;

    private enum At {
        /** Before the topmost Received field. */
        ABOVE,
        /** In that field. */
        RECEIVED,
        BELOW,
        /** In the body, and there was no such field. */
        NOWHERE
    }

    private final MessageDigest content = sha256();

    /** The beginning of a line above, to recognise the field; then the Received field. */
    private final StringBuilder text = new StringBuilder();

    private At at = At.ABOVE;
    private boolean lineStart = true;
    private byte @Nullable [] hash;

    /** Takes the next octets of the message. */
    void update(byte[] octets, int offset, int length) {
        int i = offset;
        int end = offset + length;
        while (i < end && (at == At.ABOVE || at == At.RECEIVED)) {
            if (at == At.ABOVE) {
                above(octets[i]);
                i++;
            } else if (inField(octets[i])) {
                content.update(octets[i]);
                i++;
            }
        }
        if (i < end && at == At.BELOW) {
            content.update(octets, i, end - i);
        }
    }

    /**
     * The key of a delivery of this complete message to that mailbox.
     *
     * @param deliveryId the client's own id for the message; empty if it gave none
     */
    Optional<String> of(Target target, String deliveryId) {
        if ((at != At.RECEIVED && at != At.BELOW) || !QUEUE_ID.matcher(text).find()) {
            return Optional.empty();
        }
        byte[] digest = hash;
        if (digest == null) {
            digest = content.digest();
            hash = digest;
        }
        MessageDigest key = sha256();
        key.update(target.user().value().getBytes(StandardCharsets.UTF_8));
        key.update((byte) 0);
        key.update(target.folder().value().getBytes(StandardCharsets.UTF_8));
        key.update((byte) 0);
        key.update(digest);
        key.update(deliveryId.getBytes(StandardCharsets.US_ASCII));
        return Optional.of("lmtp-" + HexFormat.of().formatHex(key.digest()));
    }

    private void above(byte octet) {
        if (octet == '\n') {
            String line = text.toString().stripTrailing();
            // a line of blanks goes on with the field above it
            if (line.isEmpty() && (text.isEmpty() || text.charAt(0) == '\r')) {
                at = At.NOWHERE;
            }
            text.setLength(0);
        } else if (text.length() < RECEIVED.length()) {
            text.append((char) (octet & 0xff));
            if (text.length() == RECEIVED.length() && RECEIVED.contentEquals(lower(text))) {
                at = At.RECEIVED;
                lineStart = false;
                content.update(text.toString().getBytes(StandardCharsets.ISO_8859_1));
            }
        }
    }

    /** Whether the octet belongs to the Received field; if not, it is the first one after it. */
    private boolean inField(byte octet) {
        if (lineStart && octet != ' ' && octet != '\t') {
            at = At.BELOW;
            return false;
        }
        lineStart = octet == '\n';
        if (text.length() < MAX_FIELD) {
            text.append((char) (octet & 0xff));
        }
        return true;
    }

    private static String lower(CharSequence ascii) {
        return ascii.toString().toLowerCase(Locale.ROOT);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
