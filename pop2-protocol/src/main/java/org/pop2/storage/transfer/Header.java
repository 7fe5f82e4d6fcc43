package org.pop2.storage.transfer;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/**
 * As much of a message's header as an envelope needs.
 *
 * @param sender the address of {@code Return-Path}; empty if missing or malformed
 * @param received the date of the first {@code Received}, else of {@code Date}; empty if neither can be parsed
 */
public record Header(String sender, Optional<Instant> received) {
    /** More than any sane header's first fields need. */
    public static final int MOST = 64 * 1024;

    private static final int MAX_SENDER = 256;

    /** Parses the first octets of a message. */
    public static Header of(byte[] start, int length) {
        String text = new String(start, 0, length, StandardCharsets.ISO_8859_1).replace("\r\n", "\n");
        int end = text.startsWith("\n") ? 0 : text.indexOf("\n\n");
        String fields = (end < 0 ? text : text.substring(0, end)).replaceAll("\n[ \t]+", " ");
        String sender = "";
        Optional<Instant> received = Optional.empty();
        Optional<Instant> date = Optional.empty();
        for (String line : fields.split("\n", -1)) {
            int colon = line.indexOf(':');
            if (colon < 1) {
                continue;
            }
            String value = line.substring(colon + 1).strip();
            switch (line.substring(0, colon).strip().toLowerCase(Locale.ROOT)) {
                case "return-path" -> sender = sender.isEmpty() ? address(value) : sender;
                case "received" ->
                    received = received.isPresent() ? received : date(value.substring(value.lastIndexOf(';') + 1));
                case "date" -> date = date.isPresent() ? date : date(value);
                default -> {}
            }
        }
        return new Header(sender, received.isPresent() ? received : date);
    }

    private static String address(String value) {
        int from = value.indexOf('<');
        int to = value.lastIndexOf('>');
        String address = from >= 0 && to > from ? value.substring(from + 1, to) : value;
        boolean usable = address.length() <= MAX_SENDER && address.chars().allMatch(c -> c > ' ' && c < 0x7f);
        return usable ? address : "";
    }

    private static Optional<Instant> date(String value) {
        String plain = value.replaceAll("\\([^()]*\\)", "").strip().replaceAll("\\s+", " ");
        try {
            Instant instant = OffsetDateTime.parse(plain, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            // a From_ line has four digits for the year
            boolean plausible = !instant.isBefore(Instant.EPOCH) && instant.getEpochSecond() < 253_402_300_800L;
            return plausible ? Optional.of(instant) : Optional.empty();
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
