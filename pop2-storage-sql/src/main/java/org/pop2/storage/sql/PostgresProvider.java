package org.pop2.storage.sql;

import java.util.List;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.StoreSettings;
import org.reactivestreams.Publisher;

/** The storage of type {@code postgresql}. */
public final class PostgresProvider implements MailStoreProvider {

    @Override
    public String name() {
        return "postgresql";
    }

    @Override
    public List<Setting> settings() {
        return PostgresSettings.ALL;
    }

    @Override
    public Publisher<MailStore> open(StoreSettings settings) {
        return PostgresStore.open(PostgresSettings.of(settings), settings.holdPolicy())
                .cast(MailStore.class);
    }
}
