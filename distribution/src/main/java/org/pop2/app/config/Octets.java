package org.pop2.app.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValueFactory;

/** Numbers of octets as people write them. */
public final class Octets {
    private Octets() {}

    /**
     * A number of octets, at least 0: {@code 4096}, {@code 10MiB}, {@code 1 TB}.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static long of(String text) {
        try {
            long octets = ConfigValueFactory.fromAnyRef(text).atKey("value").getBytes("value");
            if (octets >= 0) {
                return octets;
            }
        } catch (ConfigException e) {
            // answered below, as a negative number is
        }
        throw new IllegalArgumentException("expected a number of octets such as 4096, 10MiB or 1TiB");
    }
}
