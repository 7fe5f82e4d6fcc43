package org.pop2.profile;

import java.util.Locale;

/**
 * A deviation from the RFC that some clients need. To add one, add a constant here, with its text for the manual, and
 * the code that asks for it.
 */
public enum Quirk {
    /** Messages are converted by {@link org.pop2.profile.ascii}. A message of which something was left out is kept. */
    ASCII(
            "Messages are made text of 7 bits, with their attachments named: doc/old-clients.md,"
                    + " \"Readable on a 7-bit screen\". What had something left out is not deleted by ACKD.",
            true),
    /** With {@link #ASCII}: without it, only sender, recipients, subject and date are shown. */
    FULL_HEADER("With `ascii`: fields that programs wrote for programs are sent, too.", false),
    /** With {@link #ASCII}: ACKD deletes a message even if its attachments were only named. */
    DROP_ATTACHMENTS(
            "With `ascii`: ACKD deletes a message, too, of which nothing was left out but attachments.", false),
    /** No other line of the message may look like one: KA9Q NOS writes messages to a mailbox file unquoted. */
    FROM_LINE(
            "Messages begin with the From_ line of a mailbox file, with the sender and the time of"
                    + " fetching. Other lines that look like one get a `>`.",
            true),
    /** NOS reads lines with the C library, and hangs otherwise. */
    PLAIN_CONTROLS("NUL becomes a space, and a CR that ends no line becomes a line's end.", true),
    /** As UW ipop2d sends it. */
    STATUS("The header gets a field `Status: RO` if it has none.", true),
    /** It counts. PC-NFS waits for it, and UW ipop2d sends it. */
    FINAL_LINE("An empty line follows each message, and is counted.", true),
    /** KA9Q NOS would else announce new mail. */
    NO_MAIL(
            "A login that finds no mail is answered `+ No mail, sorry` instead of `#0`, and HELO or QUIT"
                    + " may follow.",
            false),
    /** POPmail sends its security level there. */
    SECURITY_LEVEL("A digit as the third word of HELO is not part of the password.", false),
    STRICT("The grammar of commands is taken to the letter.", false),
    /** ACKD is taken as ACKS. */
    KEEP("Nothing is ever deleted: ACKD is taken as ACKS.", false),
    /** A client that stores whatever it gets would get these messages at every poll. See {@link ShownOnce}. */
    ONCE("What ACKD could not delete is not offered again.", false);

    private final String description;
    private final boolean changesMessages;

    Quirk(String description, boolean changesMessages) {
        this.description = description;
        this.changesMessages = changesMessages;
    }

    /** Its name in the configuration: {@code from-line}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Full sentences for the manual, with literals between backticks. */
    public String description() {
        return description;
    }

    /** Whether it changes messages. */
    boolean changesMessages() {
        return changesMessages;
    }
}
