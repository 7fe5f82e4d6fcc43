package org.pop2.app.help;

import java.util.ArrayList;
import java.util.List;
import org.pop2.app.config.KeyText;

/** What pop2d.conf(5) says of the keys: made of what the keys say of themselves. */
final class KeysPage {
    private final List<KeyText> left;

    /** @param keys all that have to be told */
    KeysPage(List<KeyText> keys) {
        left = new ArrayList<>(keys);
    }

    /** A list of the keys that begin so, or are called so. */
    String keys(List<String> prefixes) {
        List<KeyText> chosen = left.stream()
                .filter(key -> prefixes.stream()
                        .anyMatch(prefix -> prefix.endsWith(".")
                                ? key.name().startsWith(prefix)
                                : key.name().equals(prefix)))
                .toList();
        if (chosen.isEmpty()) {
            throw new IllegalArgumentException("no key begins with " + prefixes);
        }
        left.removeAll(chosen);
        return list(chosen);
    }

    /** Those that were not told. */
    List<String> left() {
        return left.stream().map(KeyText::name).toList();
    }

    static String list(List<KeyText> keys) {
        Roff out = new Roff().macro(".Bl -tag -width Ds");
        for (KeyText key : keys) {
            out.macro(".It Cm " + key.name());
            out.text(key.plain());
            if (!key.defaultValue().isEmpty()) {
                out.macro("The default is").macro(".Ql " + Roff.escaped(key.defaultValue()) + " .");
            }
        }
        return out.macro(".El").toString();
    }
}
