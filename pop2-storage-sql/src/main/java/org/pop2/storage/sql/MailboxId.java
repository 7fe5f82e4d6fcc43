package org.pop2.storage.sql;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;

/** The key of a mailbox: computed from its names, so that every node knows it without asking. */
final class MailboxId {

    private MailboxId() {}

    /** A user's name holds no slash, so no two mailboxes have the same text. */
    static UUID of(UserName user, FolderName folder) {
        return hashed(user.value() + "/" + folder.value());
    }

    /** The key under which a delivery is recognised when the MTA repeats it. */
    static UUID ofDelivery(String deliveryId) {
        return hashed(deliveryId);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** 122 bits of the SHA-256, as a UUID of version 8 (RFC 9562, 5.8). */
    private static UUID hashed(String text) {
        ByteBuffer hash = ByteBuffer.wrap(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
        long high = (hash.getLong() & 0xffff_ffff_ffff_0fffL) | 0x8000L;
        long low = (hash.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }
}
