package org.pop2.profile.ascii;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a message is made of, as far as it is kept to be shown. */
sealed interface Part {
    /** How a text is written. */
    enum Markup {
        PLAIN,
        FLOWED,
        /** Flowed, with DelSp. */
        FLOWED_TIGHT,
        ENRICHED,
        HTML,
        /** Text of another kind, shown as it is. */
        OTHER
    }

    /**
     * Text to be shown.
     *
     * @param cut whether there was more than is kept
     * @param asStored whether it would say the same undecoded, if it is ASCII
     */
    record Text(Markup markup, String content, boolean cut, boolean asStored) implements Part {
        boolean isEmpty() {
            return content.isBlank();
        }
    }

    /**
     * Something that is only named.
     *
     * @param octets of it, decoded
     * @param attached whether the sender attached it: else it may be another form of something, or what that is made of
     */
    record Attachment(String type, Optional<String> name, long octets, boolean attached) implements Part {
        /** Which says nothing that could be shown. */
        boolean isSignature() {
            return type.equals("application/pgp-signature")
                    || type.equals("application/pkcs7-signature")
                    || type.equals("application/x-pkcs7-signature");
        }
    }

    /**
     * Parts that belong together.
     *
     * @param kind mixed, alternative and so on, in small letters
     * @param preamble what stands before them
     */
    record Multipart(String kind, List<Part> parts, Text preamble) implements Part {}

    /**
     * A message in a message.
     *
     * @param fields the main ones, in ASCII, a line each
     */
    record Nested(List<String> fields, Part content) implements Part {}

    Text NOTHING = new Text(Markup.PLAIN, "", false, false);

    /** A list to which parts are added while they are read. */
    static Multipart multipart(String kind) {
        return new Multipart(kind, new ArrayList<>(), NOTHING);
    }
}
