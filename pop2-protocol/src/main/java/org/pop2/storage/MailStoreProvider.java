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

    /** All of its settings, to check and to document a configuration. */
    List<Setting> settings();

    /**
     * Opens the storage: finishes what a crash interrupted, creates what is missing. Work starts at subscription. Fails
     * with {@link StoreException.Reason#UNAVAILABLE} and a message for the administrator if it cannot be used.
     *
     * @throws IllegalArgumentException if a setting's value cannot be used; the message names the setting
     */
    Publisher<MailStore> open(StoreSettings settings);

    /**
     * Whether other processes see what this one stores. If not, commands refuse the storage, since what they stored
     * would be gone when they end.
     */
    default boolean isShared() {
        return true;
    }

    /** The storage's schema, if it has versions. */
    default Optional<VersionedSchema> schema() {
        return Optional.empty();
    }

    /**
     * A setting of a storage.
     *
     * @param name below {@code storage.<provider>.}: {@code inbox}
     * @param defaultValue as text; empty if there is no default
     * @param description full sentences, with the unit; literals between backticks
     */
    record Setting(String name, String defaultValue, String description) {}

    /**
     * The provider of that name on the class or module path.
     *
     * @throws IllegalArgumentException if there is no such provider; the message lists those found
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
