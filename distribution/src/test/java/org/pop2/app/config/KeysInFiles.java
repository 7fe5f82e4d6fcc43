package org.pop2.app.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the files of the distribution say of keys: made of what the keys say of themselves. Where a key stands, and what
 * stands around it, is written by hand and stays.
 */
final class KeysInFiles {
    private static final int WIDTH = 118;

    /** A key of the file, commented out, with the comment above it. */
    private static final Pattern SETTING = Pattern.compile("(?m)(?:^# .*\\n)*^#([a-z][\\w.-]+) = .*$");

    /** A row of the manual's tables: key, default, meaning. */
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z]+(?:\\.[\\w-]+)*)` \\| .* \\| .* \\|$");

    /** A row of the table about profiles, or accounts: key, meaning, and by hand who needs it. */
    private static final Pattern PROFILE_ROW = Pattern.compile("(?m)^\\| `([a-z-]+)` \\| [^|]* \\|([^|\\n]*)\\|$");

    private static final Pattern PAGE = Pattern.compile("doc/([a-z-]+\\.md)(?:, \"([^\"]+)\")?");
    private static final Pattern SPECIAL = Pattern.compile("[{}\\[\\]:=,+#`^?!@*&\\\\]");

    private KeysInFiles() {}

    /** conf/pop2d.conf. */
    static String configuration(String file, List<KeyText> keys) {
        return told(file, SETTING, keys, (key, found) -> {
            String value = key.defaultValue();
            boolean quoted = value.isEmpty() || SPECIAL.matcher(value).find();
            return comment(key.plain()) + "#" + key.name() + " = " + (quoted ? '"' + value + '"' : value);
        });
    }

    /** doc/configuration.md. */
    static String manual(String page, List<KeyText> keys) {
        return told(page, ROW, keys, (key, found) -> {
            String value = key.defaultValue().isEmpty() ? "none" : "`" + key.defaultValue() + "`";
            return "| `" + key.name() + "` | " + value + " | " + markdown(key.description(), "configuration.md") + " |";
        });
    }

    /** What doc/old-clients.md says of the keys of a profile. */
    static String profiles(String page, List<KeyText> keys) {
        return block(page, "old-clients.md", keys);
    }

    /** What doc/collect.md says of the keys of an account. */
    static String collectors(String page, List<KeyText> keys) {
        return block(page, "collect.md", keys);
    }

    private static String block(String page, String name, List<KeyText> keys) {
        List<KeyText> named = keys.stream()
                .map(key -> new KeyText(
                        key.name().substring(key.name().lastIndexOf('.') + 1), key.defaultValue(), key.description()))
                .toList();
        return told(page, PROFILE_ROW, named, (key, found) -> {
            String preset = key.defaultValue().isEmpty() ? "" : " Default: `" + key.defaultValue() + "`.";
            String meaning = markdown(key.description(), name) + preset;
            return "| `" + key.name() + "` | " + meaning + " |" + found.group(2) + "|";
        });
    }

    private interface Wording {
        String of(KeyText key, MatchResult found);
    }

    /** The text with each place in it that is about a key made anew. */
    private static String told(String text, Pattern place, List<KeyText> keys, Wording wording) {
        Map<String, KeyText> known = keys.stream().collect(Collectors.toMap(KeyText::name, Function.identity()));
        Set<String> left = new HashSet<>(known.keySet());
        List<String> wrong = new ArrayList<>();
        Matcher matcher = place.matcher(text);
        String made = matcher.replaceAll(found -> {
            KeyText key = known.get(found.group(1));
            if (key == null || !left.remove(key.name())) {
                wrong.add(found.group(1));
                return Matcher.quoteReplacement(found.group());
            }
            return Matcher.quoteReplacement(wording.of(key, found));
        });
        if (!left.isEmpty() || !wrong.isEmpty()) {
            throw new IllegalArgumentException("a line has to be put where they belong for " + left
                    + "; these are no keys, or stand there twice: " + wrong);
        }
        return made;
    }

    private static String comment(String text) {
        StringBuilder out = new StringBuilder();
        String rest = text;
        while (rest.length() > WIDTH) {
            int space = rest.lastIndexOf(' ', WIDTH);
            out.append("# ").append(rest, 0, space).append('\n');
            rest = rest.substring(space + 1);
        }
        return out.append("# ").append(rest).append('\n').toString();
    }

    /** With links to other pages: {@code doc/users.md, "Quotas"} is the section of that name. */
    private static String markdown(String text, String page) {
        return PAGE.matcher(text).replaceAll(found -> {
            String section = found.group(2);
            String other = found.group(1).equals(page) ? "" : found.group(1);
            if (section == null) {
                return "[" + found.group(1) + "](" + other + ")";
            }
            String anchor = "#" + section.toLowerCase(Locale.ROOT).replace(' ', '-');
            return "[" + (other.isEmpty() ? "" : other + ", ") + "\"" + section + "\"](" + other + anchor + ")";
        });
    }
}
