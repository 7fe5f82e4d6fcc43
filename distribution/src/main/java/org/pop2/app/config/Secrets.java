package org.pop2.app.config;

import java.util.Locale;
import java.util.regex.Pattern;

/** What is hidden of a configuration wherever it is shown. */
final class Secrets {
    private static final Pattern SECRET = Pattern.compile(".*(passwords?|passphrase|secret|token)");
    private static final Pattern SECRET_IN_URL = Pattern.compile("(?<=://)([^/@:]*):[^/@]*(?=@)");

    private Secrets() {}

    /** A value as it may be shown: stars where the key's name tells of a secret, and no password in a URL. */
    static String masked(String key, String value) {
        if (value.isEmpty()) {
            return value;
        }
        if (SECRET.matcher(key.toLowerCase(Locale.ROOT)).matches()) {
            return "***";
        }
        return SECRET_IN_URL.matcher(value).replaceAll("$1:***");
    }
}
