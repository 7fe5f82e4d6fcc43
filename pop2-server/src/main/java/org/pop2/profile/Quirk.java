package org.pop2.profile;

import java.util.Locale;

/**
 * One thing that a kind of client needs done otherwise than the RFC has it. To add one: a constant here, with what the
 * manual says of it, and the place that asks for it.
 */
public enum Quirk {
    /** MIME is taken apart by {@link org.pop2.profile.ascii}. A message of which something was left out is kept. */
    ASCII(
            "Messages are made text of 7 bits, with their attachments named: doc/old-clients.md,"
                    + " \"Readable on a 7-bit screen\". What had something left out is not deleted by ACKD.",
            true),
    /** With {@link #ASCII}: who wrote the message, to whom and when is a header otherwise. */
    FULL_HEADER("With `ascii`: fields that programs wrote for programs are sent, too.", false),
    /** With {@link #ASCII}: ACKD deletes a message though its attachments were only named. */
    DROP_ATTACHMENTS(
            "With `ascii`: ACKD deletes a message, too, of which nothing was left out but attachments.", false),
    /** And no other line of the message looks like one: KA9Q NOS writes what it gets to a mailbox file. */
    FROM_LINE(
            "Messages begin with the From_ line of a mailbox file, with the sender and the time of"
                    + " fetching. Other lines that look like one get a `>`.",
            true),
    /** NOS counts lines with the C library, and hangs otherwise. */
    PLAIN_CONTROLS("NUL becomes a space, and a CR that ends no line becomes a line's end.", true),
    /** As UW ipop2d sends it. */
    STATUS("The header gets a field `Status: RO` if it has none.", true),
    /** It counts. PC-NFS waits for it, and UW ipop2d sends it. */
    FINAL_LINE("An empty line follows each message, and is counted.", true),
    /** Another login may follow: KA9Q NOS would announce new mail. */
    NO_MAIL(
            "A login that finds no mail is answered `+ No mail, sorry` instead of `#0`, and HELO or QUIT"
                    + " may follow.",
            false),
    /** POPmail sends its security level there. */
    SECURITY_LEVEL("A digit as the third word of HELO is no part of the password.", false),
    STRICT("The grammar of commands is taken to the letter.", false),
    /** ACKD is taken as ACKS. */
    KEEP("Nothing is ever deleted: ACKD is taken as ACKS.", false),
    /** A client that stores all it gets would have those messages at every poll. See {@link ShownOnce}. */
    ONCE("What ACKD could not delete is not offered again.", false);

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

    /** For the manual, in sentences; literals are between backticks. */
    public String description() {
        return description;
    }

    /** Whether what is sent of a message is something else than what is stored. */
    boolean changesMessages() {
        return changesMessages;
    }
}
