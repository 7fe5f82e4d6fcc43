package org.pop2.profile.ascii;

import java.util.Locale;
import org.jsoup.nodes.Element;

/** Which elements of a page are hidden, by their attributes and styles. */
final class Hidden {
    private Hidden() {}

    /**
     * Whether the element is hidden with everything in it. {@code mso-hide} does not count: it hides only in Outlook.
     */
    static boolean is(Element element) {
        if (element.hasAttr("hidden")) {
            return true;
        }
        String style = element.attr("style");
        return !style.isEmpty()
                && (last(style, "display").equals("none")
                        || (last(style, "visibility").equals("hidden")
                                // what is in it may be visible again
                                && element.getElementsByAttributeValueContaining("style", "visib")
                                                .size()
                                        <= 1));
    }

    /** The last value of a property: it counts. */
    private static String last(String style, String property) {
        String value = "";
        boolean important = false;
        for (String declaration : style.toLowerCase(Locale.ROOT).split(";", -1)) {
            int colon = declaration.indexOf(':');
            if (colon > 0 && declaration.substring(0, colon).strip().equals(property)) {
                String given = declaration.substring(colon + 1).strip();
                boolean strong = given.endsWith("!important");
                if (strong || !important) {
                    important = strong;
                    value = given.replace("!important", "").strip();
                }
            }
        }
        return value;
    }
}
