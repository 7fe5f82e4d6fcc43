package org.pop2.storage;

import java.util.List;
import org.reactivestreams.Publisher;

/**
 * A storage's schema with versions ({@link MailStoreProvider#schema}), which can be brought up to date apart from
 * {@link MailStoreProvider#open}: by somebody who may do more there than the server. Work starts at subscription;
 * errors are {@link StoreException}s, {@link StoreException.Reason#UNAVAILABLE} if the storage cannot be reached or a
 * version cannot be applied.
 */
public interface VersionedSchema {

    /**
     * The versions that {@link #migrate} would apply, in order; none if the schema is up to date, or newer than this
     * program. Changes nothing.
     *
     * @throws IllegalArgumentException if a setting's value is none it can work with; the message names the setting
     */
    Publisher<String> pending(StoreSettings settings);

    /**
     * Applies the versions that are missing, and emits those that it applied, in order; they are durable then. An error
     * leaves the schema at the last version that succeeded, and the same call may be made again. Several at once, on
     * several machines, wait for each other. Once subscribed it runs to its end though that be cancelled.
     *
     * @throws IllegalArgumentException if a setting's value is none it can work with; the message names the setting
     */
    Publisher<String> migrate(StoreSettings settings);

    /** The engines that {@link #distribute} knows, by name; none by default. */
    default List<String> engines() {
        return List.of();
    }

    /**
     * Spreads the tables of the newest version, and what is in them, over the machines of a cluster: once, for each
     * later {@link #migrate} keeps that. Emits the tables that were spread, none if they were already; they are durable
     * then. All of them are spread or none, and servers have to be stopped meanwhile. Once subscribed it runs to its
     * end though that be cancelled.
     *
     * @param engine one of {@link #engines}
     * @throws IllegalArgumentException if it is not, or a setting's value is none it can work with
     */
    default Publisher<String> distribute(StoreSettings settings, String engine) {
        throw new IllegalArgumentException("no engine of the name " + engine + " is known");
    }
}
