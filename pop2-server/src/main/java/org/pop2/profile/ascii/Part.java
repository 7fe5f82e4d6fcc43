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
     * @param name of the file that it is, for a text among others
     */
    record Text(Markup markup, String content, boolean cut, boolean asStored, Optional<String> name) implements Part {
        Text withMore() {
            return new Text(markup, content, true, asStored, name);
        }

        boolean isEmpty() {
            return content.isBlank();
        }
    }

    /**
     * Something that is only named.
     *
     * @param octets of it, decoded
     */
    record Attachment(String type, Optional<String> name, long octets) implements Part {
        /** The type, and what it is where the type does not say so to a person. */
        String kind() {
            return switch (type) {
                case "application/pkcs7-mime", "application/x-pkcs7-mime" ->
                    type + " (S/MIME: the message itself, encrypted or signed)";
                case "application/pgp-encrypted" -> type + " (PGP)";
                case "application/ms-tnef", "application/vnd.ms-tnef" -> type + " (Outlook's own form of a message)";
                default -> type;
            };
        }

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
     * @param epilogue what stands behind them
     */
    record Multipart(String kind, List<Part> parts, Text preamble, Text epilogue) implements Part {
        Multipart withPreamble(Text text) {
            return new Multipart(kind, parts, text, epilogue);
        }

        Multipart withEpilogue(Text text) {
            return new Multipart(kind, parts, preamble, text);
        }
    }

    /**
     * A message in a message.
     *
     * @param fields the main ones, in ASCII, a line each
     */
    record Nested(List<String> fields, Part content) implements Part {}

    Text NOTHING = new Text(Markup.PLAIN, "", false, false, Optional.empty());

    /** A list to which parts are added while they are read. */
    static Multipart multipart(String kind) {
        return new Multipart(kind, new ArrayList<>(), NOTHING, NOTHING);
    }
}
