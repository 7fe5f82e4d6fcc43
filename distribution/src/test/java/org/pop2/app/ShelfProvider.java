package org.pop2.app;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.memory.MemoryData;
import org.pop2.storage.memory.MemoryMailStore;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** A third party's storage, as far as the application can see: found on the class path, with settings of its own. */
public final class ShelfProvider implements MailStoreProvider {
    private static final Map<Path, MemoryData> DATA = new ConcurrentHashMap<>();

    /** The same mail for the same instance directory, as long as the JVM runs. */
    public static MailStore in(Path directory) {
        return MemoryMailStore.over(data(directory), HoldPolicy.DEFAULT);
    }

    private static MemoryData data(Path directory) {
        return DATA.computeIfAbsent(directory, absent -> new MemoryData());
    }

    @Override
    public String name() {
        return "shelf";
    }

    @Override
    public List<Setting> settings() {
        return List.of(
                new Setting("slots", "10", "a number, 1 to 100"),
                new Setting("pause", "1s", "a duration"),
                new Setting("password", "", "a secret"),
                new Setting("url", "", "where it is"),
                new Setting("broken", "false", "true: the storage cannot be reached"));
    }

    @Override
    public Publisher<MailStore> open(StoreSettings settings) {
        settings.number("slots", 1, 100);
        settings.duration("pause");
        if (settings.flag("broken")) {
            return Mono.error(new StoreException(StoreException.Reason.UNAVAILABLE, "the storage is not there"));
        }
        return Mono.fromSupplier(() -> MemoryMailStore.over(data(settings.directory()), settings.holdPolicy()));
    }
}
