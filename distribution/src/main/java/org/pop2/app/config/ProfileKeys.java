package org.pop2.app.config;

import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import org.pop2.profile.ClientProfile;

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
    private final Key<Optional<Boolean>> fromLine;
    private final Key<Optional<Boolean>> plainControls;
    private final Key<Optional<Boolean>> status;
    private final Key<Optional<Boolean>> finalLine;
    private final Key<Optional<Boolean>> noMail;
    private final Key<Optional<Boolean>> securityLevel;
    private final Key<Optional<Boolean>> strict;
    private final Key<Optional<Boolean>> keep;
    private final Key<Optional<Boolean>> ascii;
    private final Key<Optional<Boolean>> dropAttachments;

    ProfileKeys(String name) {
        this.name = name;
        String widths = ClientProfile.MIN_WIDTH + " to " + ClientProfile.MAX_WIDTH;
        base = key("base", "the profile that it is like but for what follows", ValueType.text(), "default");
        width = optional(
                "width",
                "longest line in octets, " + widths + ", or 0 for any",
                ValueType.number(0, ClientProfile.MAX_WIDTH));
        maxOctets = optional(
                "max-octets",
                "of longer messages only the beginning is sent, and they are not deleted; 0: any are sent",
                ValueType.octets());
        fromLine = flag("from-line", "messages begin with the From_ line of a mailbox file");
        plainControls = flag("plain-controls", "NUL becomes a space, and a lone CR a line's end");
        status = flag("status", "the header has a Status: field");
        finalLine = flag("final-line", "an empty line follows each message");
        noMail = flag("no-mail", "a login that finds no mail is answered with + instead of #0");
        securityLevel = flag("security-level", "a digit that follows the password of HELO is no part of it");
        strict = flag("strict", "the grammar of commands is taken to the letter");
        keep = flag("keep", "nothing is ever deleted");
        ascii = flag("ascii", "messages are made 7-bit text, with their attachments named");
        dropAttachments = flag("drop-attachments", "messages are deleted though ascii left their attachments out");
    }

    private Key<Optional<Boolean>> flag(String key, String description) {
        return optional(key, description, ValueType.flag());
    }

    private <T> Key<Optional<T>> optional(String key, String description, ValueType<T> type) {
        return key(key, description + "; default: as the base", ValueType.optional(type), "");
    }

    private <T> Key<T> key(String key, String description, ValueType<T> type, String defaultValue) {
        return new Key<>("profiles." + name + "." + key, defaultValue, description, type);
    }

    List<Key<?>> all() {
        return List.of(
                base,
                width,
                maxOctets,
                ascii,
                dropAttachments,
                fromLine,
                plainControls,
                status,
                finalLine,
                noMail,
                securityLevel,
                strict,
                keep);
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
        profile = with(profile, values, ascii, ClientProfile::withAscii);
        profile = with(profile, values, dropAttachments, ClientProfile::withDropAttachments);
        profile = with(profile, values, fromLine, ClientProfile::withFromLine);
        profile = with(profile, values, plainControls, ClientProfile::withPlainControls);
        profile = with(profile, values, status, ClientProfile::withStatus);
        profile = with(profile, values, finalLine, ClientProfile::withFinalLine);
        profile = with(profile, values, noMail, ClientProfile::withNoMail);
        profile = with(profile, values, securityLevel, ClientProfile::withSecurityLevel);
        profile = with(profile, values, strict, ClientProfile::withStrict);
        return with(profile, values, keep, ClientProfile::withKeep);
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
