package org.pop2.management;

/** Text on a page. */
final class Html {

    /** Nothing in it means anything to a browser, in text and in quoted attributes. */
    static String escape(Object value) {
        StringBuilder out = new StringBuilder();
        value.toString().codePoints().forEach(c -> {
            switch (c) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.appendCodePoint(isHarmless(c) ? c : '?');
            }
        });
        return out.toString();
    }

    /** No control characters, and none that turns text around or does not show. */
    private static boolean isHarmless(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    private Html() {}
}
