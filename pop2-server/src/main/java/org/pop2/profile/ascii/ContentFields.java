package org.pop2.profile.ascii;

import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** MIME fields. Most of them are carried out and need not be shown. */
final class ContentFields {
    private static final String TOKEN = "[^\\s()<>@,;:\\\\\"/\\[\\]?=]+";
    private static final String PARAMETERS =
            "(?:\\s*;(?:\\s*[^\\s;=\"]+\\s*=\\s*(?:\"(?:[^\"\\\\]|\\\\.)*\"|[^\\s;\"]*))?)*\\s*";
    private static final Map<String, Pattern> GRAMMAR = Map.of(
            "content-type", Pattern.compile(TOKEN + "/" + TOKEN + PARAMETERS),
            "content-disposition", Pattern.compile(TOKEN + PARAMETERS),
            "content-transfer-encoding", Pattern.compile(TOKEN));

    /** Numbers, identifiers, and addresses. */
    private static final Set<String> OF_PROGRAMS = Set.of(
            "content-id",
            "content-md5",
            "content-language",
            "content-location",
            "content-base",
            "content-class",
            "content-length",
            "content-features",
            "content-duration",
            "content-script-type",
            "content-style-type");

    private ContentFields() {}

    /**
     * Whether a field contains something that a person wrote: a description, or text that does not belong there.
     *
     * @param name in small letters
     */
    static boolean saysMore(String name, String body) {
        Pattern grammar = GRAMMAR.get(name);
        if (grammar != null) {
            return !body.isBlank() && !grammar.matcher(body.strip()).matches();
        }
        return OF_PROGRAMS.contains(name) ? body.strip().indexOf(' ') >= 0 : !body.isBlank();
    }
}
