package org.pop2.app.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pop2.net.Networks;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;

/**
 * How the text of a value is read.
 *
 * @param <T> what it is read to
 */
@FunctionalInterface
interface ValueType<T> {

    /**
     * The value that the text means.
     *
     * @throws IllegalArgumentException if it means none; the message says what was expected
     */
    T read(String text);

    /** Whether a list is an answer, too: its values with commas between. */
    default boolean takesList() {
        return false;
    }

    static ValueType<String> text() {
        return text -> text;
    }

    static ValueType<Boolean> flag() {
        return text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("expected true or false");
        };
    }

    /** A whole number within bounds, which are inclusive. */
    static ValueType<Integer> number(int least, int most) {
        return text -> {
            try {
                int number = Integer.parseInt(text);
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // answered below, as a number out of bounds is
            }
            throw new IllegalArgumentException("expected a whole number from " + least + " to " + most);
        };
    }

    /** As {@link #number}, or nothing. */
    static ValueType<Optional<Integer>> optionalNumber(int least, int most) {
        ValueType<Integer> number = number(least, most);
        return text -> text.isEmpty() ? Optional.empty() : Optional.of(number.read(text));
    }

    /** A number of octets, at least 1: {@code 4096}, {@code 10MiB}, {@code 1 TB}. */
    static ValueType<Long> octets() {
        return text -> {
            long octets = Octets.of(text);
            if (octets == 0) {
                throw new IllegalArgumentException("expected a number of octets such as 4096, 10MiB or 1TiB");
            }
            return octets;
        };
    }

    /** A number of octets, or 0 for no limit. */
    static ValueType<Long> octetsOrNone() {
        return Octets::of;
    }

    /** IP addresses and networks, with commas between. */
    static ValueType<Networks> networks() {
        return list(Networks::of);
    }

    /** Names of users, with commas between. */
    static ValueType<Set<UserName>> users() {
        return list(names -> names.stream().map(ValueType::userName).collect(Collectors.toUnmodifiableSet()));
    }

    /** The name of a user, or nothing. */
    static ValueType<Optional<UserName>> user() {
        return text -> text.isEmpty() ? Optional.empty() : Optional.of(userName(text));
    }

    private static UserName userName(String name) {
        return UserName.of(name).orElseThrow(() -> new IllegalArgumentException("no user can have the name " + name));
    }

    /** Domains of mail addresses, with commas between. */
    static ValueType<Set<String>> domains() {
        Pattern pattern = Pattern.compile("[\\p{L}\\p{N}](?:[\\p{L}\\p{N}._-]{0,253}[\\p{L}\\p{N}])?");
        return list(names -> names.stream()
                .map(name -> {
                    if (!pattern.matcher(name).matches()) {
                        throw new IllegalArgumentException("no domain can have the name " + name);
                    }
                    return name.toLowerCase(Locale.ROOT);
                })
                .collect(Collectors.toUnmodifiableSet()));
    }

    /** {@code HOST:PORT}, {@code [IPv6]:PORT} or {@code unix:PATH}, or nothing. */
    static ValueType<Optional<SocketAddress>> socketAddress() {
        return text -> text.isEmpty() ? Optional.empty() : Optional.of(socketAddress(text));
    }

    private static SocketAddress socketAddress(String text) {
        if (text.startsWith("unix:") && text.length() > "unix:".length()) {
            try {
                return UnixDomainSocketAddress.of(text.substring("unix:".length()));
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException("expected a path after unix:", e);
            }
        }
        int colon = text.lastIndexOf(':');
        String host = text.substring(0, Math.max(colon, 0));
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (host.isEmpty() || (!bracketed && host.indexOf(':') >= 0)) {
            throw new IllegalArgumentException("expected HOST:PORT, [IPv6]:PORT or unix:PATH");
        }
        int port = number(0, 65_535).read(text.substring(colon + 1));
        return new InetSocketAddress(address().read(bracketed ? host.substring(1, host.length() - 1) : host), port);
    }

    /** Permissions of a file, {@code rw-rw----} or {@code 660}. */
    static ValueType<Set<PosixFilePermission>> permissions() {
        return text -> {
            String symbolic = text;
            if (text.matches("0?[0-7]{3}")) {
                int mode = Integer.parseInt(text, 8);
                StringBuilder letters = new StringBuilder();
                for (int bit = 8; bit >= 0; bit--) {
                    letters.append((mode >> bit & 1) == 0 ? '-' : "xwr".charAt(bit % 3));
                }
                symbolic = letters.toString();
            }
            try {
                return PosixFilePermissions.fromString(symbolic);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("expected permissions such as rw-rw---- or 660", e);
            }
        };
    }

    static ValueType<String> upToOneCharacter() {
        return text -> {
            if (text.length() > 1) {
                throw new IllegalArgumentException("expected one character, or none");
            }
            return text;
        };
    }

    /** Nothing if it is empty. */
    static <T> ValueType<Optional<T>> optional(ValueType<T> type) {
        return text -> text.isEmpty() ? Optional.empty() : Optional.of(type.read(text));
    }

    /** A list of pairs: something of that type, a space, and a word. */
    static <T> ValueType<List<Assignment<T>>> assignments(ValueType<T> type) {
        Pattern pair = Pattern.compile("(\\S+)\\s+(\\S+)");
        return list(values -> values.stream()
                .map(value -> {
                    Matcher matcher = pair.matcher(value);
                    if (!matcher.matches()) {
                        throw new IllegalArgumentException("expected two words in each entry: who, and the profile");
                    }
                    return new Assignment<>(type.read(matcher.group(1)), matcher.group(2));
                })
                .toList());
    }

    /** A list of pairs: the name of a logger, a space, and a level. */
    static ValueType<Map<String, LogLevel>> levels() {
        ValueType<LogLevel> level = choice(LogLevel.class);
        Pattern pair = Pattern.compile("([A-Za-z][\\w.$-]*)\\s+(\\S+)");
        return list(values -> {
            Map<String, LogLevel> levels = new LinkedHashMap<>();
            for (String value : values) {
                Matcher matcher = pair.matcher(value);
                if (!matcher.matches()) {
                    throw new IllegalArgumentException("expected two words in each entry: a logger, and its level");
                }
                levels.put(matcher.group(1), level.read(matcher.group(2)));
            }
            return levels;
        });
    }

    private static <T> ValueType<T> list(Function<List<String>, T> reading) {
        return new ValueType<>() {
            @Override
            public T read(String text) {
                return reading.apply(Pattern.compile(",")
                        .splitAsStream(text)
                        .map(String::strip)
                        .filter(value -> !value.isEmpty())
                        .toList());
            }

            @Override
            public boolean takesList() {
                return true;
            }
        };
    }

    /** A duration within bounds, which are inclusive. */
    static ValueType<Duration> duration(Duration least, Duration most) {
        return text -> {
            Duration duration = StoreSettings.durationOf(text);
            if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
                throw new IllegalArgumentException("expected a duration from " + shown(least) + " to " + shown(most));
            }
            return duration;
        };
    }

    /** One of the constants of an enum, in lower case. */
    static <E extends Enum<E>> ValueType<E> choice(Class<E> type) {
        return text -> Arrays.stream(type.getEnumConstants())
                .filter(constant -> word(constant).equals(text.replace(' ', '-')))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected one of "
                        + Arrays.stream(type.getEnumConstants())
                                .map(ValueType::word)
                                .collect(Collectors.joining(", "))));
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** An IP address, or a name that resolves to one. */
    static ValueType<InetAddress> address() {
        return text -> {
            try {
                return InetAddress.getByName(text);
            } catch (UnknownHostException e) {
                throw new IllegalArgumentException("expected an IP address, or a host name that has one", e);
            }
        };
    }

    /** A host name as a greeting shows it (RFC 937 p. 5: one word), or nothing. */
    static ValueType<String> hostName() {
        Pattern pattern = Pattern.compile("[A-Za-z0-9._:\\[\\]-]{0,255}");
        return text -> {
            if (!pattern.matcher(text).matches()) {
                throw new IllegalArgumentException(
                        "expected a host name: at most 255 letters, digits, dots and hyphens");
            }
            return text;
        };
    }

    private static String shown(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 86_400_000 == 0 && millis > 0) {
            return millis / 86_400_000 + "d";
        }
        if (millis % 3_600_000 == 0 && millis > 0) {
            return millis / 3_600_000 + "h";
        }
        if (millis % 1000 == 0) {
            return millis / 1000 + "s";
        }
        return millis + "ms";
    }
}
