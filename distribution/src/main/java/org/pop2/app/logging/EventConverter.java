package org.pop2.app.logging;

import ch.qos.logback.classic.pattern.ThrowableHandlingConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import java.util.List;
import java.util.Locale;
import org.slf4j.event.KeyValuePair;

/**
 * An event as text, always one line: its name, then {@code key=value} for each of its pairs, and for an exception
 * {@code exception=} and {@code stack=}.
 *
 * <p>Whatever a value holds, it cannot be taken for another pair or another line: one that is not a plain word is
 * quoted as a string of JSON. {@code %event} in a pattern of {@code conf/logback.xml}.
 */
// that it handles exceptions keeps the layout from adding a stack of many lines
public final class EventConverter extends ThrowableHandlingConverter {
    /** Stacks are cut there: they may be as deep as whoever causes them likes. */
    private static final int MAX_STACK = 32 * 1024;

    private static final String PLAIN = "-._:/@+[]{}%*,;~#";

    @Override
    public String convert(ILoggingEvent event) {
        StringBuilder out = new StringBuilder(128);
        // the name of an event is plain; the text of another library may be anything
        appendEscaped(out, String.valueOf(event.getFormattedMessage()));
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            for (KeyValuePair pair : pairs) {
                if (pair.value != null) {
                    append(out, pair.key, String.valueOf(pair.value));
                }
            }
        }
        IThrowableProxy thrown = event.getThrowableProxy();
        if (thrown != null) {
            append(out, "exception", exception(thrown));
            append(out, "stack", stack(thrown));
        }
        return out.toString();
    }

    /** {@code java.io.IOException: No space left on device}. */
    static String exception(IThrowableProxy thrown) {
        return thrown.getMessage() == null ? thrown.getClassName() : thrown.getClassName() + ": " + thrown.getMessage();
    }

    static String stack(IThrowableProxy thrown) {
        String stack = ThrowableProxyUtil.asString(thrown);
        return stack.length() <= MAX_STACK ? stack : stack.substring(0, MAX_STACK);
    }

    private static void append(StringBuilder out, String key, String value) {
        out.append(' ').append(key).append('=');
        if (isPlain(value)) {
            out.append(value);
        } else {
            out.append('"');
            appendEscaped(out, value, '"');
            out.append('"');
        }
    }

    private static boolean isPlain(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && PLAIN.indexOf(c) < 0) {
                return false;
            }
        }
        return !value.isEmpty();
    }

    private static void appendEscaped(StringBuilder out, String text) {
        // no quotation mark to guard
        appendEscaped(out, text, '\0');
    }

    /** As in JSON, and so is everything that could begin a line, move a cursor or turn text around. */
    private static void appendEscaped(StringBuilder out, String text, char quote) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' || (c == quote && c != 0)) {
                out.append('\\').append(c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c == '\r') {
                out.append("\\r");
            } else if (c == '\t') {
                out.append("\\t");
            } else if (isHarmless(text, i)) {
                out.append(c);
            } else {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            }
        }
    }

    private static boolean isHarmless(String text, int at) {
        char c = text.charAt(at);
        if (c < 0x7f) {
            return c >= ' ';
        }
        if (Character.isHighSurrogate(c)) {
            return at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1));
        }
        if (Character.isLowSurrogate(c)) {
            return at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
        }
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
