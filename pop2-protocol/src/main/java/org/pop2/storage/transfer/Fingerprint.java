package org.pop2.storage.transfer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What identifies a message in every storage: the SHA-256 of its wire form, less the header fields that mbox programs
 * keep their own notes in ({@code Status} and the like, and {@code Lines} behind a length), which the mbox storage
 * removes from what is delivered. Whether lines end with LF or CRLF makes no difference.
 *
 * @param octets of what was hashed
 */
public record Fingerprint(long octets, long a, long b, long c, long d) {
    private static final String LENGTH = "content-length";
    /** A note where it follows the length, as mutt writes the two. */
    private static final String LINES = "lines";

    private static final Set<String> NOTES =
            Set.of("status", "x-status", "x-uid", "x-imap", "x-imapbase", "x-keywords", LENGTH);

    /** The fingerprint whose hash {@link #hex} wrote; empty if the text is malformed. */
    public static Optional<Fingerprint> of(long octets, String hex) {
        try {
            byte[] hash = HexFormat.of().parseHex(hex);
            return hash.length == 32 ? Optional.of(of(octets, hash)) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Fingerprint of(long octets, byte[] hash) {
        ByteBuffer words = ByteBuffer.wrap(hash);
        return new Fingerprint(octets, words.getLong(), words.getLong(), words.getLong(), words.getLong());
    }

    /** The hash, 64 hexadecimal digits. */
    public String hex() {
        return HexFormat.of()
                .formatHex(ByteBuffer.allocate(32)
                        .putLong(a)
                        .putLong(b)
                        .putLong(c)
                        .putLong(d)
                        .array());
    }

    /** A new SHA-256, which every Java has. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Takes a message in any slices. */
    public static final class Builder {
        /** Octets of a line in which the name of a field is looked for. */
        private static final int NAME = 32;

        private final MessageDigest digest = sha256();
        private final byte[] buffer = new byte[16 * 1024];
        private int fill;
        private long hashed;

        private final byte[] head = new byte[NAME];
        private int headLength;
        private boolean inHeader = true;
        private boolean decided;
        private boolean dropping;
        private boolean afterLength;
        private long lineLength;
        private byte last;

        /** An empty builder. */
        public Builder() {}

        /** Uses up the buffer. */
        public void add(ByteBuffer octets) {
            while (octets.hasRemaining()) {
                byte octet = octets.get();
                if (octet == '\n' && last != '\r') {
                    wire((byte) '\r');
                }
                wire(octet);
                last = octet;
            }
        }

        /** The fingerprint of what was added. Call once. */
        public Fingerprint build() {
            if (last != '\n') {
                wire((byte) '\r');
                wire((byte) '\n');
            }
            if (hashed == 0 && fill == 0) {
                // no message is empty on the wire
                hash((byte) '\r');
                hash((byte) '\n');
            }
            flush();
            return of(hashed, digest.digest());
        }

        private void wire(byte octet) {
            if (!inHeader) {
                hash(octet);
                return;
            }
            lineLength++;
            if (decided) {
                if (!dropping) {
                    hash(octet);
                }
            } else if (lineLength == 1 && (octet == ' ' || octet == '\t')) {
                // goes on with the field before
                decided = true;
                if (!dropping) {
                    hash(octet);
                }
            } else {
                head[headLength++] = octet;
                if (octet == ':' || octet == '\n' || headLength == NAME) {
                    decide();
                }
            }
            if (octet == '\n') {
                inHeader = lineLength != 2;
                decided = false;
                lineLength = 0;
            }
        }

        private void decide() {
            decided = true;
            String text = new String(head, 0, headLength, StandardCharsets.ISO_8859_1);
            String name = text.endsWith(":")
                    ? text.substring(0, headLength - 1).strip().toLowerCase(Locale.ROOT)
                    : "";
            dropping = NOTES.contains(name) || (afterLength && name.equals(LINES));
            afterLength = name.equals(LENGTH);
            if (!dropping) {
                for (int i = 0; i < headLength; i++) {
                    hash(head[i]);
                }
            }
            headLength = 0;
        }

        private void hash(byte octet) {
            if (fill == buffer.length) {
                flush();
            }
            buffer[fill++] = octet;
        }

        private void flush() {
            digest.update(buffer, 0, fill);
            hashed += fill;
            fill = 0;
        }
    }
}
