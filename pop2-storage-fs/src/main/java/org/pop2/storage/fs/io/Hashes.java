package org.pop2.storage.fs.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;

/** Hashes of pieces of files, in hexadecimal. */
public final class Hashes {
    public static final int LENGTH = 32;
    /** Octets of a head or tail that stands for a file. */
    public static final int PIECE = 4096;

    private static final int BLOCK = 64 * 1024;

    private Hashes() {}

    public static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    public static String sha256(byte[] octets) {
        return HexFormat.of().formatHex(newSha256().digest(octets));
    }

    /** The octets of a hash, for a file. */
    public static byte[] octets(String hash) {
        return HexFormat.of().parseHex(hash);
    }

    /** The hash that stands at a buffer's position. */
    public static String get(ByteBuffer from) {
        byte[] octets = new byte[LENGTH];
        from.get(octets);
        return HexFormat.of().formatHex(octets);
    }

    /** The hash of {@code [from, to)}. */
    public static String of(IoFile file, long from, long to) throws IOException {
        MessageDigest digest = newSha256();
        ByteBuffer block = ByteBuffer.allocate((int) Math.min(BLOCK, Math.max(to - from, 0)));
        for (long at = from; at < to; at += block.limit()) {
            block.clear().limit((int) Math.min(block.capacity(), to - at));
            if (!file.readFully(block, at)) {
                throw new StoreException(Reason.CORRUPT, "a file became shorter while it was read");
            }
            digest.update(block.flip());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The hash of the last octets before an offset. */
    public static String before(IoFile file, long end) throws IOException {
        return of(file, Math.max(0, end - PIECE), end);
    }
}
