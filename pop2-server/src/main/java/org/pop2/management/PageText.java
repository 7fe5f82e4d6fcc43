package org.pop2.management;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Formats numbers and times for the page. */
final class PageText {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB"};

    static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** {@code 1,023 B}, {@code 1.5 KiB}, {@code 104 MiB}: three digits suffice. */
    static String octets(long value) {
        if (value < 1024) {
            return number(value) + " B";
        }
        double scaled = value;
        int unit = -1;
        // 999.5 would be written with four digits
        while ((scaled >= 999.5 || unit < 0) && unit < UNITS.length - 1) {
            scaled /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, scaled < 9.95 ? "%.1f %s" : "%,.0f %s", scaled, UNITS[unit]);
    }

    static String duration(Duration time) {
        long seconds = time.toSeconds();
        return seconds < 120
                ? seconds + " s"
                : seconds < 7200 ? seconds / 60 + " min" : seconds < 172_800 ? seconds / 3600 + " h" : days(seconds);
    }

    private static String days(long seconds) {
        return seconds / 86_400 + " days";
    }

    /** The time of day, UTC. */
    static String time(Instant at) {
        return TIME.format(at.atOffset(ZoneOffset.UTC));
    }

    private PageText() {}
}
