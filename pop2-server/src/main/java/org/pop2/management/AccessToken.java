package org.pop2.management;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/** The secret that is needed to see users and to end sessions. Immutable; prints as {@code ***}. */
public final class AccessToken {
    /** Shorter ones could be guessed. */
    public static final int LEAST = 16;

    private static final int MOST = 200;

    private final String text;

    private AccessToken(String text) {
        this.text = text;
    }

    /**
     * A token.
     *
     * @throws IllegalArgumentException if it has less than {@value #LEAST} or more than 200 characters, or any but
     *     printable ASCII without spaces
     */
    public static AccessToken of(String text) {
        if (text.length() < LEAST || text.length() > MOST || !text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException(
                    "a management token is " + LEAST + " to " + MOST + " letters, digits or signs, without blanks");
        }
        return new AccessToken(text);
    }

    /** A new random token. */
    public static AccessToken random() {
        byte[] octets = new byte[LEAST];
        new SecureRandom().nextBytes(octets);
        return of(HexFormat.of().formatHex(octets));
    }

    /**
     * The token in the first line of a file. Blocks.
     *
     * @throws IOException if the file cannot be read, holds none, or can be read by everybody; the message says so
     */
    public static AccessToken in(Path file) throws IOException {
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")
                && Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
            throw new IOException(file + " can be read by everybody: chmod o-r " + file);
        }
        try (var in = Files.newInputStream(file)) {
            String content = new String(in.readNBytes(2 * MOST), StandardCharsets.ISO_8859_1);
            return of(content.lines().findFirst().orElse("").strip());
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** Compares in constant time. */
    boolean is(String shown) {
        return MessageDigest.isEqual(digest(text), digest(shown));
    }

    /** For the header of a request. */
    public String reveal() {
        return text;
    }

    @Override
    public String toString() {
        return "***";
    }

    private static byte[] digest(String what) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(what.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
