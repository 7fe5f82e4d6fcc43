package org.pop2.profile.ascii;

/** A converted message. Immutable. */
public final class Converted {
    /** How a message is sent. */
    public enum Form {
        /** The octets of the conversion. */
        TEXT,
        /** As stored: the message is long, and entirely 7-bit text. */
        AS_STORED,
        /** As stored, through {@link SevenBit}: its header cannot be parsed. */
        AS_STORED_IN_7_BIT
    }

    static final Converted AS_STORED = new Converted(Form.AS_STORED, new byte[0], true);

    /** Not complete, since the meaning of 8-bit octets is lost. */
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

    /** What is sent if the form is {@link Form#TEXT}, at most 256 KiB; else empty. Must not be changed. */
    public byte[] octets() {
        return octets;
    }

    /** Whether nothing was left out, so that the client may delete the message. */
    public boolean complete() {
        return complete;
    }
}
