package org.pop2.storage.fs.format;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sender and date of a From_ line.
 *
 * @param sender the word after {@code From }; empty if it is part of the date or stands for nobody
 * @param date the date, in UTC unless it names a known zone; empty if it cannot be parsed
 */
public record FromFields(String sender, Optional<Instant> date) {
    /** A date has no more words; what stands before may be a sender with blanks in it. */
    private static final int MOST_WORDS = 9;

    private static final List<String> MONTHS =
            List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
    private static final Map<String, Integer> ZONES = Map.of(
            "EST", -5, "EDT", -4, "CST", -6, "CDT", -5, "MST", -7, "MDT", -6, "PST", -8, "PDT", -7, "CET", 1, "CEST",
            2);
    private static final Pattern TIME = Pattern.compile("(\\d{1,2}):(\\d{2})(?::(\\d{2}))?");
    private static final Pattern ISO = Pattern.compile(
            "(\\d{4})-(\\d{2})-(\\d{2})(?:T(\\d{2}:\\d{2}(?::\\d{2})?)(?:\\.\\d+)?(Z|[+-]\\d{2}:?\\d{2})?)?");
    private static final Pattern OFFSET = Pattern.compile("(?:GMT|UTC)?([+-])(\\d{2}):?(\\d{2})");
    private static final Pattern YEAR = Pattern.compile("\\d{4}");
    private static final Pattern DAY = Pattern.compile("\\d{1,2},?");

    /** Parses the first line of the range. */
    public static FromFields of(byte[] octets, int from, int to) {
        int lineFeed = LineFeeds.indexOf(octets, from, to);
        int end = lineFeed < 0 ? to : lineFeed;
        return of(new String(octets, from, end - from, StandardCharsets.UTF_8));
    }

    static FromFields of(String line) {
        return new FromFields(FromLine.sender(line, true), date(line));
    }

    /** Parses words in any order; if two could be the same part, the last counts. */
    private static Optional<Instant> date(String line) {
        String[] words = line.strip().split("[ \t]+", -1);
        int[] parts = {-1, -1, -1};
        Matcher time = null;
        ZoneOffset zone = ZoneOffset.UTC;
        for (int i = Math.max(1, words.length - MOST_WORDS); i < words.length; i++) {
            String word = words[i];
            Matcher iso = ISO.matcher(word);
            Matcher clock = TIME.matcher(word);
            Matcher offset = OFFSET.matcher(word.replaceAll("[()]", ""));
            OptionalInt month = month(word);
            Integer named = ZONES.get(word.replaceAll("[()]", "").toUpperCase(Locale.ROOT));
            if (iso.matches()) {
                for (int part = 0; part < parts.length; part++) {
                    parts[part] = Integer.parseInt(iso.group(part + 1));
                }
                if (iso.group(4) != null) {
                    time = TIME.matcher(iso.group(4));
                    time.matches();
                }
                zone = iso.group(5) == null ? zone : zone(iso.group(5), zone);
            } else if (clock.matches()) {
                time = clock;
            } else if (offset.matches()) {
                zone = zone(word.replaceAll("[()]", ""), zone);
            } else if (month.isPresent()) {
                parts[1] = month.getAsInt();
            } else if (YEAR.matcher(word).matches()) {
                parts[0] = Integer.parseInt(word);
            } else if (DAY.matcher(word).matches()) {
                parts[2] = Integer.parseInt(word.replace(",", ""));
            } else if (named != null) {
                zone = ZoneOffset.ofHours(named);
            }
        }
        return time == null ? Optional.empty() : instant(parts, time, zone);
    }

    private static OptionalInt month(String word) {
        String lower = word.replace(",", "").toLowerCase(Locale.ROOT);
        int index = lower.length() < 3 ? -1 : MONTHS.indexOf(lower.substring(0, 3));
        boolean letters = lower.chars().allMatch(c -> c >= 'a' && c <= 'z');
        return index < 0 || !letters || lower.length() > 9 ? OptionalInt.empty() : OptionalInt.of(index + 1);
    }

    private static ZoneOffset zone(String text, ZoneOffset otherwise) {
        Matcher offset = OFFSET.matcher(text);
        if (!offset.matches()) {
            return text.equals("Z") ? ZoneOffset.UTC : otherwise;
        }
        int minutes = Integer.parseInt(offset.group(2)) * 60 + Integer.parseInt(offset.group(3));
        if (minutes > 18 * 60) {
            return otherwise;
        }
        return ZoneOffset.ofTotalSeconds((offset.group(1).equals("-") ? -minutes : minutes) * 60);
    }

    private static Optional<Instant> instant(int[] parts, Matcher time, ZoneOffset zone) {
        String second = time.group(3);
        try {
            LocalDateTime local = LocalDateTime.of(
                    parts[0],
                    parts[1],
                    parts[2],
                    Integer.parseInt(time.group(1)),
                    Integer.parseInt(time.group(2)),
                    // a leap second
                    second == null ? 0 : Math.min(59, Integer.parseInt(second)));
            Instant instant = local.toInstant(zone);
            int year = instant.atOffset(ZoneOffset.UTC).getYear();
            return year >= 1 && year <= 9999 ? Optional.of(instant) : Optional.empty();
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
