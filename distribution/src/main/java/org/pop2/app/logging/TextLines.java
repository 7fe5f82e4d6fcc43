package org.pop2.app.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * An event as a line of text: {@link #PATTERN}, without logback's interpreter of patterns, which takes more time at a
 * start than the rest of logging, and for each line more than the event does.
 */
final class TextLines {
    /** What a line looks like, in logback's language. */
    static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0}: %event%n";

    private static final long MILLIS = 1000;

    private final DateTimeFormatter upToSeconds;
    private final DateTimeFormatter offset;

    /** The time of the last line, down to the second: many lines have it in common. */
    private volatile Second last;

    private record Second(long since1970, String text, String offset) {}

    TextLines(ZoneId zone) {
        upToSeconds = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.", Locale.ROOT)
                .withZone(zone);
        offset = DateTimeFormatter.ofPattern("XXX ", Locale.ROOT).withZone(zone);
        last = second(0);
    }

    private Second second(long since1970) {
        Instant time = Instant.ofEpochSecond(since1970);
        return new Second(since1970, upToSeconds.format(time), offset.format(time));
    }

    String line(ILoggingEvent event) {
        StringBuilder out = new StringBuilder(192);
        appendTime(out, event.getTimeStamp());
        String level = event.getLevel().toString();
        out.append(level);
        if (level.length() < 5) {
            out.append(' ');
        }
        String logger = event.getLoggerName();
        out.append(' ')
                .append(logger, logger.lastIndexOf('.') + 1, logger.length())
                .append(": ");
        EventConverter.append(out, event);
        return out.append(System.lineSeparator()).toString();
    }

    private void appendTime(StringBuilder out, long millis) {
        long since1970 = Math.floorDiv(millis, MILLIS);
        Second second = last;
        if (second.since1970() != since1970) {
            second = second(since1970);
            last = second;
        }
        int rest = (int) Math.floorMod(millis, MILLIS);
        out.append(second.text());
        if (rest < 100) {
            out.append('0');
        }
        if (rest < 10) {
            out.append('0');
        }
        out.append(rest).append(second.offset());
    }
}
