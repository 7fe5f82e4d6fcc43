package org.pop2.storage;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The configuration of a storage: the settings below {@code storage.<provider>.}, as text, and those that every storage
 * has. The caller has checked the names against {@link MailStoreProvider#settings} and filled in the defaults.
 */
public final class StoreSettings {
    private final Map<String, String> values;
    private final HoldPolicy holdPolicy;
    private final Path directory;
    private final Quota quota;

    /** Settings without a default quota. */
    public StoreSettings(Map<String, String> values, HoldPolicy holdPolicy, Path directory) {
        this(values, holdPolicy, directory, Quota.UNLIMITED);
    }

    /**
     * @param values settings by name without the prefix
     * @param holdPolicy when a second session gets a held mailbox
     * @param directory the instance's directory, against which relative paths are resolved
     * @param quota the default, for users who have none of their own
     */
    public StoreSettings(Map<String, String> values, HoldPolicy holdPolicy, Path directory, Quota quota) {
        this.quota = quota;
        this.values = Map.copyOf(values);
        this.holdPolicy = holdPolicy;
        this.directory = directory.toAbsolutePath().normalize();
    }

    /** The same, with defaults filled in for missing values. */
    public StoreSettings withDefaults(List<MailStoreProvider.Setting> settings) {
        Map<String, String> all = new HashMap<>(values);
        for (MailStoreProvider.Setting setting : settings) {
            if (find(setting.name()).isEmpty()) {
                all.put(setting.name(), setting.defaultValue());
            }
        }
        return new StoreSettings(all, holdPolicy, directory, quota);
    }

    public HoldPolicy holdPolicy() {
        return holdPolicy;
    }

    public Path directory() {
        return directory;
    }

    /** The default quota, for accounts without one (rule S15). */
    public Quota quota() {
        return quota;
    }

    /** The value as written, or nothing if absent or empty. */
    public Optional<String> find(String name) {
        return Optional.ofNullable(values.get(name)).filter(value -> !value.isEmpty());
    }

    /**
     * The value as written.
     *
     * @throws IllegalArgumentException if absent or empty
     */
    public String text(String name) {
        return find(name).orElseThrow(() -> new IllegalArgumentException(name + ": is missing"));
    }

    /**
     * A boolean.
     *
     * @throws IllegalArgumentException if absent, or neither {@code true} nor {@code false}
     */
    public boolean flag(String name) {
        return switch (text(name)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw bad(name, "true or false");
        };
    }

    /**
     * A whole number within bounds, which are inclusive.
     *
     * @throws IllegalArgumentException if absent, not a number, or out of bounds
     */
    public int number(String name, int least, int most) {
        String what = "a number from " + least + " to " + most;
        try {
            int number = Integer.parseInt(text(name));
            if (number < least || number > most) {
                throw bad(name, what);
            }
            return number;
        } catch (NumberFormatException e) {
            throw bad(name, what);
        }
    }

    /**
     * A duration, as {@link #durationOf} reads it.
     *
     * @throws IllegalArgumentException if absent or malformed
     */
    public Duration duration(String name) {
        String text = text(name);
        try {
            return durationOf(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
        }
    }

    /**
     * A duration within bounds, which are inclusive.
     *
     * @throws IllegalArgumentException if absent, not a duration, or out of bounds
     */
    public Duration duration(String name, Duration least, Duration most) {
        Duration duration = duration(name);
        if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
            throw bad(name, "a duration from " + least.toMillis() + "ms to " + most.toMinutes() + "m");
        }
        return duration;
    }

    /**
     * A duration as the configuration file writes it: a whole number and a unit, {@code ms}, {@code s}, {@code m},
     * {@code h} or {@code d}, or one of HOCON's longer names for them, such as {@code 10 minutes}. A number alone is
     * refused: HOCON would read {@code idle-timeout = 600} as milliseconds, which is hardly meant.
     *
     * @throws IllegalArgumentException if the text is not a duration
     */
    public static Duration durationOf(String text) {
        int unit = 0;
        while (unit < text.length() && text.charAt(unit) >= '0' && text.charAt(unit) <= '9') {
            unit++;
        }
        try {
            long amount = Long.parseLong(text.substring(0, unit));
            return switch (text.substring(unit).strip()) {
                case "ms", "milli", "millis", "millisecond", "milliseconds" -> Duration.ofMillis(amount);
                case "s", "second", "seconds" -> Duration.ofSeconds(amount);
                case "m", "minute", "minutes" -> Duration.ofMinutes(amount);
                case "h", "hour", "hours" -> Duration.ofHours(amount);
                case "d", "day", "days" -> Duration.ofDays(amount);
                default -> throw noDuration();
            };
        } catch (NumberFormatException | ArithmeticException e) {
            throw noDuration();
        }
    }

    private static IllegalArgumentException noDuration() {
        return new IllegalArgumentException(
                "expected a duration such as 30s: a whole number and its unit, ms, s, m, h or d");
    }

    /** A path, resolved against {@link #directory}. */
    public Path path(String name) {
        return directory.resolve(text(name)).normalize();
    }

    /** Names only: a value may be a password. */
    @Override
    public String toString() {
        return "StoreSettings" + new TreeSet<>(values.keySet());
    }

    private static IllegalArgumentException bad(String name, String expected) {
        return new IllegalArgumentException(name + ": expected " + expected);
    }
}
