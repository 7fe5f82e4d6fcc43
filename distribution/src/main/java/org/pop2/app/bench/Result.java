package org.pop2.app.bench;

import java.util.List;
import java.util.Locale;

/**
 * How a run went.
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
        return String.format(
                Locale.ROOT,
                "{\"scenario\":\"%s\",\"concurrency\":%d,\"pipeline\":%d,\"seconds\":%.3f,\"unit\":\"%s\",\"count\":%d,"
                        + "\"perSecond\":%.3f,\"octets\":%d,\"megabytesPerSecond\":%.3f,\"medianMillis\":%.4f,"
                        + "\"p99Millis\":%.4f,\"maxMillis\":%.4f,\"errors\":%d}",
                scenario.name().toLowerCase(Locale.ROOT),
                concurrency,
                pipeline,
                seconds,
                scenario.unit(),
                count,
                perSecond(),
                octets,
                megabytesPerSecond(),
                medianMillis,
                p99Millis,
                maxMillis,
                errors);
    }
}
