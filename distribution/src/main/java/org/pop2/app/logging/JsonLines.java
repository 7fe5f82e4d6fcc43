package org.pop2.app.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.slf4j.event.KeyValuePair;

/**
 * An event as an object of JSON, on a line of its own: the pairs of the event are members of the object itself, numbers
 * as numbers, so that a query needs to know nothing but their names. It is ASCII: nothing in it can begin a line, move
 * a cursor or turn text around.
 */
final class JsonLines {
    private static final JsonFactory FACTORY =
            new JsonFactoryBuilder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    static byte[] encode(ILoggingEvent event) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = FACTORY.createGenerator(out)) {
            json.writeStartObject();
            json.writeNumberField("timestamp", event.getTimeStamp());
            json.writeStringField("level", event.getLevel().toString());
            json.writeStringField("loggerName", event.getLoggerName());
            // the text as others would print it; an event of ours is its name
            json.writeStringField("message", String.valueOf(event.getFormattedMessage()));
            List<KeyValuePair> pairs = event.getKeyValuePairs();
            if (pairs != null) {
                for (KeyValuePair pair : pairs) {
                    write(pair, json);
                }
            }
            IThrowableProxy thrown = event.getThrowableProxy();
            if (thrown != null) {
                json.writeStringField("exception", EventConverter.exception(thrown));
                json.writeStringField("stack", EventConverter.stack(thrown));
            }
            json.writeEndObject();
            json.writeRaw('\n');
        } catch (IOException e) {
            throw new UncheckedIOException("an array of octets has failed", e);
        }
        return out.toByteArray();
    }

    private static void write(KeyValuePair pair, JsonGenerator json) throws IOException {
        if (pair.value instanceof Long || pair.value instanceof Integer) {
            json.writeNumberField(pair.key, ((Number) pair.value).longValue());
        } else if (pair.value instanceof Boolean truth) {
            json.writeBooleanField(pair.key, truth);
        } else if (pair.value != null) {
            json.writeStringField(pair.key, String.valueOf(pair.value));
        }
    }

    private JsonLines() {}
}
