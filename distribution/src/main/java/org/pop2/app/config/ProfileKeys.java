package org.pop2.app.config;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.Quirk;
import org.pop2.protocol.OnDisconnect;

/** The keys of one profile of the administrator's, {@code profiles.<name>.width} and so on. */
final class ProfileKeys {
    /** Reads the value of a key; notes what is wrong with it, and goes on with its default. */
    interface Values {
        <T> T of(Key<T> key);
    }

    private final String name;
    private final Key<String> base;
    private final Key<Optional<Integer>> width;
    private final Key<Optional<Long>> maxOctets;
    private final Key<Optional<Integer>> maxMessages;
    private final Key<Optional<OnDisconnect>> onDisconnect;
    private final Key<Optional<Header>> header;
    private final Key<Optional<Again>> again;
    private final Map<Quirk, Key<Optional<Boolean>>> quirks = new EnumMap<>(Quirk.class);

    /** Which fields ascii shows. */
    enum Header {
        /** Those that people wrote, or want. */
        SHORT,
        FULL
    }

    /** How often what is kept is offered. */
    enum Again {
        EVERY_TIME,
        ONCE
    }

    ProfileKeys(String name) {
        this.name = name;
        base = key(
                "base",
                "The profile that it is like, but for what follows: one of those that are there.",
                ValueType.text(),
                "default");
        width = optional(
                "width",
                "The longest line in octets, without its CRLF: 20 to 998, or 0 for any. A longer line of the"
                        + " header is folded as RFC 822 has it. One of the body is broken behind a space if there is"
                        + " one in its second half, and never within a character of UTF-8.",
                ValueType.number(0, ClientProfile.MAX_WIDTH));
        maxOctets = optional(
                "max-octets",
                "Of a longer message only the header, some 20 lines and a note are sent, and ACKD does not"
                        + " delete it. 0: messages of any length are sent.",
                ValueType.octets());
        maxMessages = optional(
                "max-messages",
                "A session sees the first so many messages of a mailbox, and gets the others next time. 0:" + " all.",
                ValueType.number(0, Integer.MAX_VALUE));
        onDisconnect = optional(
                "on-disconnect",
                "As `session.on-disconnect`, for these clients: what becomes of messages acknowledged with"
                        + " ACKD when a session ends without QUIT, `keep` or `apply`. `apply` suits programs that still"
                        + " have what they acknowledged when the line drops (KA9Q NOS). With JNOS, which stores all"
                        + " messages after the last one, it loses mail.",
                ValueType.choice(OnDisconnect.class));
        header = optional(
                "header",
                "With `ascii`: `short` leaves out fields that programs wrote for programs (`Received`,"
                        + " `DKIM-Signature`, `X-*`, `List-*` but for `List-Unsubscribe` and `List-Post`), `full` sends"
                        + " all. The profiles that are there have `short`.",
                ValueType.choice(Header.class));
        again = optional(
                "again",
                "How often a client is offered a message that it acknowledged with ACKD and that its profile keeps"
                        + " (`ascii`, `max-octets`, `keep`): `every-time`, or `once`. With `once` it is passed over from"
                        + " the next session on: doc/old-clients.md, \"What stays is offered once\". The profiles that"
                        + " are there have `every-time`.",
                ValueType.choice(Again.class));
        for (Quirk quirk : EnumSet.complementOf(EnumSet.of(Quirk.FULL_HEADER, Quirk.ONCE))) {
            quirks.put(quirk, optional(quirk.key(), quirk.description(), ValueType.flag()));
        }
    }

    private <T> Key<Optional<T>> optional(String key, String description, ValueType<T> type) {
        return key(key, description, ValueType.optional(type), "");
    }

    private <T> Key<T> key(String key, String description, ValueType<T> type, String defaultValue) {
        return new Key<>("profiles." + name + "." + key, defaultValue, description, type);
    }

    List<Key<?>> all() {
        List<Key<?>> all = new ArrayList<>(List.of(base, width, maxOctets, maxMessages, onDisconnect, header, again));
        all.addAll(quirks.values());
        return all;
    }

    /** @param problem told what is wrong with a value that can be read */
    ClientProfile profile(Values values, BiConsumer<Key<?>, String> problem) {
        if (ClientProfile.of(name).isPresent()) {
            problem.accept(base, name + " is a profile already; a profile of your own needs another name");
        }
        ClientProfile start = ClientProfile.of(values.of(base)).orElse(null);
        if (start == null) {
            problem.accept(base, "expected one of " + builtIn());
            start = ClientProfile.DEFAULT;
        }
        ClientProfile profile = start.named(name);
        profile = checked(profile, values, width, ClientProfile::withWidth, problem);
        profile = checked(profile, values, maxOctets, ClientProfile::withMaxOctets, problem);
        profile = with(profile, values, maxMessages, ClientProfile::withMaxMessages);
        profile = with(profile, values, onDisconnect, ClientProfile::withOnDisconnect);
        profile =
                with(profile, values, header, (before, which) -> before.with(Quirk.FULL_HEADER, which == Header.FULL));
        profile = with(profile, values, again, (before, which) -> before.with(Quirk.ONCE, which == Again.ONCE));
        for (Map.Entry<Quirk, Key<Optional<Boolean>>> entry : quirks.entrySet()) {
            Quirk quirk = entry.getKey();
            profile = with(profile, values, entry.getValue(), (before, on) -> before.with(quirk, on));
        }
        return profile;
    }

    /** The names of those that need not be configured. */
    static String builtIn() {
        return String.join(
                ", ", ClientProfile.ALL.stream().map(ClientProfile::name).toList());
    }

    private static <T> ClientProfile with(
            ClientProfile profile,
            Values values,
            Key<Optional<T>> key,
            BiFunction<ClientProfile, T, ClientProfile> how) {
        return values.of(key).map(value -> how.apply(profile, value)).orElse(profile);
    }

    private static <T> ClientProfile checked(
            ClientProfile profile,
            Values values,
            Key<Optional<T>> key,
            BiFunction<ClientProfile, T, ClientProfile> how,
            BiConsumer<Key<?>, String> problem) {
        try {
            return with(profile, values, key, how);
        } catch (IllegalArgumentException e) {
            problem.accept(key, String.valueOf(e.getMessage()));
            return profile;
        }
    }
}
