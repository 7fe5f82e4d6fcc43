package org.pop2.storage.fs;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.tck.MailStoreContract;

/** The contract of a storage, kept by mbox files. */
class MboxMailStoreTest extends MailStoreContract {
    @TempDir
    Path directory;

    private final List<MboxStore> stores = new CopyOnWriteArrayList<>();

    @Override
    protected MailStore open(HoldPolicy policy) {
        MailStore store = await(MailStoreProvider.named("mbox")
                .open(new StoreSettings(Map.of("hold-poll", "50ms"), policy, directory)));
        stores.add((MboxStore) store);
        return store;
    }

    @Override
    protected OptionalLong liveBuffers() {
        return OptionalLong.of(
                stores.stream().mapToLong(MboxStore::buffersAlive).sum());
    }
}
