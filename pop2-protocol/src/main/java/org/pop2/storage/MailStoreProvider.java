package org.pop2.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.reactivestreams.Publisher;

/** A kind of storage, found by {@link ServiceLoader}: {@code storage.type} names the one that a server uses. */
public interface MailStoreProvider {

    /** The value of {@code storage.type}, and the prefix of its settings: {@code mbox}. */
    String name();

    /** Every setting that it knows, for the check of a configuration and for its documentation. */
    List<Setting> settings();

    /**
     * Opens the storage: recovers what a crash left, prepares what is missing. Work starts at subscription. Fails with
     * {@link StoreException.Reason#UNAVAILABLE} and a message for the administrator if it cannot be used.
     *
     * @throws IllegalArgumentException if a setting's value is none it can work with; the message names the setting
     */
    Publisher<MailStore> open(StoreSettings settings);

    /**
     * Whether what one process stores is there for others. If not, only a server opens such a storage: what a command
     * stored would be gone when it ends.
     */
    default boolean isShared() {
        return true;
    }

    /** What brings the storage's schema up to date; nothing if it has none with versions. */
    default Optional<VersionedSchema> schema() {
        return Optional.empty();
    }

    /**
     * A setting of a storage.
     *
     * @param name below {@code storage.<provider>.}: {@code inbox}
     * @param defaultValue as text; empty: there is none
     * @param description what it is, with the unit: sentences; literals are between backticks
     */
    record Setting(String name, String defaultValue, String description) {}

    /**
     * The provider of that name on the class or module path.
     *
     * @throws IllegalArgumentException if there is none; the message lists those found
     */
    static MailStoreProvider named(String name) {
        List<String> found = new ArrayList<>();
        for (MailStoreProvider provider : all()) {
            if (provider.name().equals(name)) {
                return provider;
            }
            found.add(provider.name());
        }
        throw new IllegalArgumentException(
                "no storage of type '" + name + "'; found: " + (found.isEmpty() ? "none" : String.join(", ", found)));
    }

    /**
     * Every provider found.
     *
     * @throws ServiceConfigurationError if one is registered but cannot be loaded
     */
    static List<MailStoreProvider> all() {
        List<MailStoreProvider> providers = new ArrayList<>();
        ServiceLoader.load(MailStoreProvider.class).forEach(providers::add);
        return providers;
    }
}
