package org.pop2.storage.fs;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.tck.BatchDeliveryContract;
import reactor.core.publisher.Mono;

class MboxBatchDeliveryTest extends BatchDeliveryContract {
    @TempDir
    private Path directory;

    @Override
    protected MailStore open() {
        return Mono.from(MailStoreProvider.named("mbox")
                        .open(new StoreSettings(Map.of(), HoldPolicy.DEFAULT, directory)))
                .blockOptional()
                .orElseThrow();
    }
}
