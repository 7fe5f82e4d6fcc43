package org.pop2.storage;

import java.math.BigInteger;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pop2.storage.StoreException.Reason;

/**
 * How much mail a user may have, in all folders together (rule S15). It applies to deliveries; no message is deleted
 * because of it.
 *
 * @param messages most messages; 0: any number
 * @param octets most octets, as they go over the wire; 0: any number
 */
public record Quota(long messages, long octets) {
    /** No limit of either kind. */
    public static final Quota UNLIMITED = new Quota(0, 0);

    private static final Pattern LIMIT = Pattern.compile("(\\d{1,19})([a-zA-Z]?)");
    private static final String UNITS = "bkmgt";

    /**
     * A quota.
     *
     * @throws IllegalArgumentException if a limit is negative
     */
    public Quota {
        if (messages < 0 || octets < 0) {
            throw new IllegalArgumentException("a quota is not negative");
        }
    }

    public boolean isUnlimited() {
        return messages == 0 && octets == 0;
    }

    /** Whether a user may have that many messages and octets. */
    public boolean allows(long someMessages, long someOctets) {
        return (messages == 0 || someMessages <= messages) && (octets == 0 || someOctets <= octets);
    }

    /**
     * For storages: checks the quota before a message is added.
     *
     * @param someMessages and {@code someOctets}: what the user would have with it
     * @throws StoreException with {@link Reason#OVER_QUOTA} if that is more than is allowed
     */
    public void require(UserName user, long someMessages, long someOctets) {
        if (!allows(someMessages, someOctets)) {
            throw new StoreException(
                    Reason.OVER_QUOTA,
                    "over quota: with this message user " + user + " would have " + someMessages + " messages of "
                            + someOctets + " octets; allowed are " + this);
        }
    }

    /**
     * A rule as Dovecot 2 writes one ({@code *:storage=100M:messages=1000}), for all folders: the limits {@code bytes}
     * and {@code storage}, which counts KiB where it has no unit, and {@code messages}; units {@code b k M G T}.
     * Nothing for any other rule.
     */
    public static Optional<Quota> ofRule(String rule) {
        String[] parts = rule.split(":", -1);
        long messages = 0;
        long octets = 0;
        if (parts.length < 2 || !parts[0].equals("*")) {
            return Optional.empty();
        }
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            Matcher limit = LIMIT.matcher(parts[i].substring(equals + 1));
            if (equals < 0 || !limit.matches()) {
                return Optional.empty();
            }
            String unit = limit.group(2);
            BigInteger number = new BigInteger(limit.group(1));
            switch (parts[i].substring(0, equals)) {
                case "bytes" -> number = scaled(number, unit, "b");
                case "storage" -> number = scaled(number, unit, "k");
                case "messages" -> number = unit.isEmpty() ? number : BigInteger.ONE.negate();
                default -> number = BigInteger.ONE.negate();
            }
            if (number.signum() < 0 || number.bitLength() > 63) {
                return Optional.empty();
            }
            if (parts[i].startsWith("messages=")) {
                messages = number.longValueExact();
            } else {
                octets = number.longValueExact();
            }
        }
        return Optional.of(new Quota(messages, octets));
    }

    /** Negative for an unknown unit. */
    private static BigInteger scaled(BigInteger number, String unit, String usual) {
        int power = UNITS.indexOf((unit.isEmpty() ? usual : unit).toLowerCase(Locale.ROOT));
        return power < 0 ? BigInteger.ONE.negate() : number.shiftLeft(10 * power);
    }

    /** As {@link #ofRule} reads it. */
    public String rule() {
        return "*:bytes=" + octets + ":messages=" + messages;
    }

    /** {@code 1000 messages, 1048576 octets}; {@code unlimited} if there is no limit. */
    @Override
    public String toString() {
        if (isUnlimited()) {
            return "unlimited";
        }
        return (messages == 0 ? "unlimited" : messages) + " messages, " + (octets == 0 ? "unlimited" : octets)
                + " octets";
    }
}
