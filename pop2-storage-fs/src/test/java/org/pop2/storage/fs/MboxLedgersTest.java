package org.pop2.storage.fs;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.tck.LedgersContract;
import reactor.core.publisher.Mono;

class MboxLedgersTest extends LedgersContract {
    @TempDir
    Path directory;

    @Override
    protected MailStore open() {
        return Objects.requireNonNull(Mono.from(MailStoreProvider.named("mbox")
                        .open(new StoreSettings(Map.of(), HoldPolicy.DEFAULT, directory)))
                .block());
    }
}
