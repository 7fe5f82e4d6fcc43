package org.pop2.app.logging;

import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import java.util.List;
import org.slf4j.event.KeyValuePair;

/**
 * An event as an object of JSON, on a line of its own: logback's, with the pairs of the event as members of the object
 * itself, numbers as numbers, so that a query needs to know nothing but their names.
 */
final class JsonLines extends JsonEncoder {
    JsonLines() {
        setWithSequenceNumber(false);
        setWithNanoseconds(false);
        setWithThreadName(false);
        setWithContext(false);
        setWithMDC(false);
        setWithKVPList(false);
        setWithArguments(false);
        // the text as others would print it; an event of ours is its name
        setWithMessage(false);
        setWithFormattedMessage(false);
        setWithThrowable(false);
    }

    @Override
    protected void appendCustomFields(StringBuilder out, ILoggingEvent event) {
        append(out, "message", String.valueOf(event.getFormattedMessage()));
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            for (KeyValuePair pair : pairs) {
                if (pair.value instanceof Long || pair.value instanceof Integer || pair.value instanceof Boolean) {
                    out.append(",\"").append(pair.key).append("\":").append(pair.value);
                } else if (pair.value != null) {
                    append(out, pair.key, String.valueOf(pair.value));
                }
            }
        }
        IThrowableProxy thrown = event.getThrowableProxy();
        if (thrown != null) {
            append(out, "exception", EventConverter.exception(thrown));
            append(out, "stack", EventConverter.stack(thrown));
        }
    }

    private static void append(StringBuilder out, String key, String value) {
        out.append(",\"").append(key).append("\":\"");
        EventConverter.appendEscaped(out, value, '"');
        out.append('"');
    }
}
