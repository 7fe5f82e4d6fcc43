package org.pop2.storage;

import java.util.List;
import org.reactivestreams.Publisher;

/**
 * A storage's schema with versions (see {@link MailStoreProvider#schema}). It can be migrated apart from
 * {@link MailStoreProvider#open}, by a database user with more rights than the server's. Work starts at subscription;
 * errors are {@link StoreException}s, {@link StoreException.Reason#UNAVAILABLE} if the storage cannot be reached or a
 * version cannot be applied.
 */
public interface VersionedSchema {

    /**
     * The versions that {@link #migrate} would apply, in order; none if the schema is up to date, or newer than this
     * program. Changes nothing.
     *
     * @throws IllegalArgumentException if a setting's value cannot be used; the message names the setting
     */
    Publisher<String> pending(StoreSettings settings);

    /**
     * Applies the versions that are missing, and emits those that it applied, in order; they are durable then. An error
     * leaves the schema at the last version that succeeded, and the same call may be made again. Concurrent calls, also
     * on several machines, wait for each other. Once subscribed to, it runs to completion even if cancelled.
     *
     * @throws IllegalArgumentException if a setting's value cannot be used; the message names the setting
     */
    Publisher<String> migrate(StoreSettings settings);

    /** The engines that {@link #distribute} knows, by name; none by default. */
    default List<String> engines() {
        return List.of();
    }

    /**
     * Distributes the tables of the newest version, with their contents, over the machines of a cluster. Needed once:
     * later {@link #migrate}s keep the distribution. Emits the tables that were distributed, none if they were already;
     * they are durable then. All of them or none; stop the servers meanwhile. Once subscribed to, it runs to completion
     * even if cancelled.
     *
     * @param engine one of {@link #engines}
     * @throws IllegalArgumentException if it is not, or if a setting's value cannot be used
     */
    default Publisher<String> distribute(StoreSettings settings, String engine) {
        throw new IllegalArgumentException("no engine of the name " + engine + " is known");
    }
}
