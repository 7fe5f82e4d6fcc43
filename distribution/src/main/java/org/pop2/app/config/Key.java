package org.pop2.app.config;

import java.util.Locale;

/**
 * A key of the configuration.
 *
 * @param name as in the file: {@code listen.port}
 * @param defaultValue as text; empty: there is none, and the key may be left out
 * @param description what it is, with the unit: sentences; literals are between backticks, and pages of the manual are
 *     called {@code doc/users.md}, or {@code doc/users.md, "Quotas"}
 * @param type how its text is read
 * @param <T> what it is read to
 */
record Key<T>(String name, String defaultValue, String description, ValueType<T> type) {

    /** The environment variable that overrides the file: {@code POP2D_LISTEN_PORT}. */
    String variable() {
        return variable(name);
    }

    /** The same of a listener with a name. */
    Key<T> of(String listener) {
        return new Key<>(
                name.replaceFirst("^listen\\.", "listeners." + listener + "."), defaultValue, description, type);
    }

    static String variable(String name) {
        return "POP2D_" + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }
}
