package org.pop2.management;

/** Text on a page. */
final class Html {

    /** Escapes a value for text and quoted attributes. */
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

    /** Whether it is neither a control character, nor invisible, nor changes the direction of text. */
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
