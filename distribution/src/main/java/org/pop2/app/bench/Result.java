package org.pop2.app.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;

/**
 * The result of a run.
 *
 * @param scenario what was done
 * @param concurrency sessions at a time
 * @param pipeline messages asked for ahead
 * @param seconds how long it was counted
 * @param count operations, in {@link Scenario#unit}
 * @param octets of messages
 * @param medianMillis of one operation: a session, a message, or with {@link Scenario#DELETE} a whole session
 * @param p99Millis the same, of one in a hundred
 * @param maxMillis the same, the longest
 * @param errors sessions that went wrong
 * @param firstError what the first of them was told or missed; empty if there is none
 */
public record Result(
        Scenario scenario,
        int concurrency,
        int pipeline,
        double seconds,
        long count,
        long octets,
        double medianMillis,
        double p99Millis,
        double maxMillis,
        long errors,
        String firstError) {

    public double perSecond() {
        return seconds > 0 ? count / seconds : 0;
    }

    /** Megabytes (10^6 octets) of messages a second. */
    public double megabytesPerSecond() {
        return seconds > 0 ? octets / seconds / 1e6 : 0;
    }

    /** A table for people. */
    public List<String> table() {
        return List.of(
                row("scenario", scenario.name().toLowerCase(Locale.ROOT)),
                row("sessions at a time", Integer.toString(concurrency)),
                row("asked for ahead", Integer.toString(pipeline)),
                row("seconds", number("%.2f", seconds)),
                row(scenario.unit(), Long.toString(count)),
                row(scenario.unit() + "/s", number("%.1f", perSecond())),
                row("MB/s", number("%.1f", megabytesPerSecond())),
                row("median, ms", number("%.3f", medianMillis)),
                row("99 %, ms", number("%.3f", p99Millis)),
                row("longest, ms", number("%.3f", maxMillis)),
                row("errors", Long.toString(errors)));
    }

    private static String row(String name, String value) {
        return String.format(Locale.ROOT, "%-20s %14s", name, value);
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    /** One object of JSON, on one line. */
    public String json() {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("scenario", scenario.name().toLowerCase(Locale.ROOT));
            json.writeNumberField("concurrency", concurrency);
            json.writeNumberField("pipeline", pipeline);
            json.writeNumberField("seconds", rounded(seconds, 3));
            json.writeStringField("unit", scenario.unit());
            json.writeNumberField("count", count);
            json.writeNumberField("perSecond", rounded(perSecond(), 3));
            json.writeNumberField("octets", octets);
            json.writeNumberField("megabytesPerSecond", rounded(megabytesPerSecond(), 3));
            json.writeNumberField("medianMillis", rounded(medianMillis, 4));
            json.writeNumberField("p99Millis", rounded(p99Millis, 4));
            json.writeNumberField("maxMillis", rounded(maxMillis, 4));
            json.writeNumberField("errors", errors);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a writer of text has failed", e);
        }
        return out.toString();
    }

    private static BigDecimal rounded(double value, int digits) {
        return BigDecimal.valueOf(value).setScale(digits, RoundingMode.HALF_UP);
    }
}
