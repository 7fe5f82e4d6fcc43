package org.pop2.management;

import java.util.Iterator;
import java.util.Map;

/** Writes JSON (RFC 8259) of maps, iterables, texts, numbers and truth values. What is not ASCII is escaped. */
final class Json {
    static String of(Object value) {
        StringBuilder out = new StringBuilder();
        write(value, out);
        return out.append('\n').toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map<?, ?> map) {
            out.append('{');
            String separator = "";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(separator);
                text(String.valueOf(entry.getKey()), out);
                out.append(':');
                write(entry.getValue(), out);
                separator = ",";
            }
            out.append('}');
        } else if (value instanceof Iterable<?> values) {
            out.append('[');
            for (Iterator<?> it = values.iterator(); it.hasNext(); ) {
                write(it.next(), out);
                out.append(it.hasNext() ? "," : "");
            }
            out.append(']');
        } else if (value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else {
            text(value.toString(), out);
        }
    }

    private static void text(String text, StringBuilder out) {
        out.append('"');
        text.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                out.append('\\').append((char) c);
            } else if (c >= ' ' && c < 0x7f && c != '<' && c != '>' && c != '&') {
                out.append((char) c);
            } else {
                out.append(String.format("\\u%04x", c));
            }
        });
        out.append('"');
    }

    private Json() {}
}
