package org.pop2.storage.memory;

import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.tck.NotesContract;

class MemoryNotesTest extends NotesContract {
    private final MemoryData data = new MemoryData();

    @Override
    protected MailStore open() {
        return MemoryMailStore.over(data, HoldPolicy.DEFAULT);
    }
}
