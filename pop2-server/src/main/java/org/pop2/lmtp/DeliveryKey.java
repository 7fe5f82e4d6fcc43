package org.pop2.lmtp;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an MTA repeats when it tries a delivery again because our 250 was lost (RFC 1047): the topmost Received field,
 * which names the MTA's queue id, and the body. A storage can then tell the second try from a second message.
 *
 * <p>The whole field goes into it and not the id alone, for an MTA uses its ids again some day, with another date; and
 * where no field names an id, there is no key, and every delivery is a new message: a duplicate is better than a loss.
 * Not safe for threads.
 */
final class DeliveryKey {
    private static final Pattern QUEUE_ID = Pattern.compile("\\sid\\s+[A-Za-z0-9]", Pattern.CASE_INSENSITIVE);
    private static final String RECEIVED = "received:";
    private static final int MAX_LINE = 2000;
    private static final int MAX_FIELD = 8000;

    private final MessageDigest body = sha256();
    private final StringBuilder line = new StringBuilder();
    private final StringBuilder received = new StringBuilder();
    private boolean inBody;
    private boolean inReceived;
    private boolean receivedOver;
    private byte @Nullable [] bodyHash;

    /** Takes the next octets of the message. */
    void update(byte[] octets, int offset, int length) {
        int i = offset;
        int end = offset + length;
        while (i < end && !inBody) {
            header(octets[i]);
            i++;
        }
        if (i < end) {
            body.update(octets, i, end - i);
        }
    }

    /** The key of a delivery of this message, all of which was taken, to that mailbox. */
    Optional<String> of(Target target) {
        if (!QUEUE_ID.matcher(received).find()) {
            return Optional.empty();
        }
        byte[] hash = bodyHash;
        if (hash == null) {
            hash = body.digest();
            bodyHash = hash;
        }
        MessageDigest key = sha256();
        key.update(received.toString().getBytes(StandardCharsets.ISO_8859_1));
        key.update((byte) 0);
        key.update(target.user().value().getBytes(StandardCharsets.UTF_8));
        key.update((byte) 0);
        key.update(target.folder().value().getBytes(StandardCharsets.UTF_8));
        key.update((byte) 0);
        key.update(hash);
        return Optional.of("lmtp-" + HexFormat.of().formatHex(key.digest()));
    }

    private void header(byte octet) {
        if (octet != '\n') {
            if (line.length() < MAX_LINE) {
                line.append((char) (octet & 0xff));
            }
            return;
        }
        String text = line.toString().stripTrailing();
        boolean continued = line.length() > 0 && (line.charAt(0) == ' ' || line.charAt(0) == '\t');
        line.setLength(0);
        if (text.isEmpty() && !continued) {
            inBody = true;
        } else if (continued) {
            if (inReceived && received.length() < MAX_FIELD) {
                received.append(text);
            }
        } else {
            receivedOver |= inReceived;
            inReceived = !receivedOver && text.regionMatches(true, 0, RECEIVED, 0, RECEIVED.length());
            if (inReceived) {
                received.append(text);
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
