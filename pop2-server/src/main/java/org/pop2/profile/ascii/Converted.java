package org.pop2.profile.ascii;

/** What became of a message. Immutable. */
public final class Converted {
    /** How a message is sent. */
    public enum Form {
        /** The octets of the conversion. */
        TEXT,
        /** As it is stored: it is long, and 7-bit text from its first to its last octet. */
        AS_STORED,
        /** As it is stored, by way of {@link SevenBit}: its header cannot be read. */
        AS_STORED_IN_7_BIT
    }

    static final Converted AS_STORED = new Converted(Form.AS_STORED, new byte[0], true);

    /** Not complete: what 8-bit octets meant is lost. */
    static final Converted AS_STORED_IN_7_BIT = new Converted(Form.AS_STORED_IN_7_BIT, new byte[0], false);

    private final Form form;
    private final byte[] octets;
    private final boolean complete;

    Converted(Form form, byte[] octets, boolean complete) {
        this.form = form;
        this.octets = octets;
        this.complete = complete;
    }

    public Form form() {
        return form;
    }

    /** All that is sent, if the form is {@link Form#TEXT}, at most 256 KiB; else empty. Not to be changed. */
    public byte[] octets() {
        return octets;
    }

    /** Whether nothing was left out, so that the message may go when the client deletes it. */
    public boolean complete() {
        return complete;
    }
}
