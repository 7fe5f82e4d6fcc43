package org.pop2.profile;

import java.util.Locale;

/**
 * One thing that a kind of client needs done otherwise than the RFC has it. To add one: a constant here, with what the
 * manual says of it, and the place that asks for it.
 */
public enum Quirk {
    /** MIME is taken apart by {@link org.pop2.profile.ascii}. A message of which something was left out is kept. */
    ASCII("messages are made 7-bit text, with their attachments named", true),
    /** With {@link #ASCII}: who wrote the message, to whom and when is a header otherwise. */
    FULL_HEADER("with ascii, fields that programs wrote for programs (Received, X-*) are sent, too", false),
    /** With {@link #ASCII}: ACKD deletes a message though its attachments were only named. */
    DROP_ATTACHMENTS("messages are deleted though ascii left their attachments out", false),
    /** And no other line of the message looks like one: KA9Q NOS writes what it gets to a mailbox file. */
    FROM_LINE("messages begin with the From_ line of a mailbox file", true),
    /** NOS counts lines with the C library, and hangs otherwise. */
    PLAIN_CONTROLS("NUL becomes a space, and a lone CR a line's end", true),
    /** As UW ipop2d sends it. */
    STATUS("the header has a Status: field", true),
    /** It counts. PC-NFS waits for it, and UW ipop2d sends it. */
    FINAL_LINE("an empty line follows each message", true),
    /** Another login may follow: KA9Q NOS would announce new mail. */
    NO_MAIL("a login that finds no mail is answered with + instead of #0", false),
    /** POPmail sends its security level there. */
    SECURITY_LEVEL("a digit that follows the password of HELO is no part of it", false),
    STRICT("the grammar of commands is taken to the letter", false),
    /** ACKD is taken as ACKS. */
    KEEP("nothing is ever deleted", false),
    /** A client that stores all it gets would have those messages at every poll. See {@link ShownOnce}. */
    ONCE("a message that was acknowledged with ACKD and could not be deleted is not offered again", false);

    private final String description;
    private final boolean changesMessages;

    Quirk(String description, boolean changesMessages) {
        this.description = description;
        this.changesMessages = changesMessages;
    }

    /** What the configuration calls it: {@code from-line}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** For the manual, without a full stop. */
    public String description() {
        return description;
    }

    /** Whether what is sent of a message is something else than what is stored. */
    boolean changesMessages() {
        return changesMessages;
    }
}
