package org.pop2.app.config;

import java.util.List;
import org.pop2.storage.MailStoreProvider;

/**
 * A key, for people to read.
 *
 * @param name as in the file: {@code listen.port}
 * @param defaultValue as text; empty: there is none
 * @param description what it is, with the unit, in sentences; literals are between backticks, and other pages are named
 *     {@code doc/users.md}, or {@code doc/users.md, "Quotas"}
 */
public record KeyText(String name, String defaultValue, String description) {
    private static final String OF_TESTS = "org.pop2.app";

    /** Every key, those of the storages that are shipped too, in the order of the manual. */
    public static List<KeyText> all() {
        return of(KeyList.with(MailStoreProvider.all().stream()
                .filter(provider -> !provider.getClass().getPackageName().startsWith(OF_TESTS))
                .toList()));
    }

    /** What can be said of a profile called {@code <name>}. */
    public static List<KeyText> ofProfile() {
        return of(new ProfileKeys("<name>").all());
    }

    /** What can be said of an account at a provider called {@code <name>}. */
    public static List<KeyText> ofCollector() {
        return of(new CollectorKeys("<name>").all());
    }

    /** The description where nothing is marked. */
    public String plain() {
        return description.replace("`", "");
    }

    private static List<KeyText> of(List<Key<?>> keys) {
        return keys.stream()
                .map(key -> new KeyText(key.name(), key.defaultValue(), key.description()))
                .toList();
    }
}
