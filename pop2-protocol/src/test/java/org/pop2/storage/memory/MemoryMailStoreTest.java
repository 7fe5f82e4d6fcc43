package org.pop2.storage.memory;

import java.util.OptionalLong;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.tck.MailStoreContract;

/** The healthy storage: the contract can be kept. */
class MemoryMailStoreTest extends MailStoreContract {
    private final MemoryData data = new MemoryData();

    @Override
    protected MailStore open(HoldPolicy policy) {
        return MemoryMailStore.over(data, policy);
    }

    @Override
    protected OptionalLong liveBuffers() {
        return OptionalLong.of(data.liveBuffers());
    }
}
