package org.pop2.storage.sql;

import java.util.List;
import java.util.Optional;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.VersionedSchema;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** The storage of type {@code postgresql}. */
public final class PostgresProvider implements MailStoreProvider, VersionedSchema {

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

    @Override
    public Optional<VersionedSchema> schema() {
        return Optional.of(this);
    }

    @Override
    public Publisher<String> pending(StoreSettings settings) {
        return Flux.from(SchemaMigration.pending(settings)).flatMapIterable(versions -> versions);
    }

    @Override
    public Publisher<String> migrate(StoreSettings settings) {
        return SchemaMigration.apply(PostgresSettings.of(settings)).flatMapIterable(versions -> versions);
    }

    @Override
    public List<String> engines() {
        return List.of(SchemaDistribution.CITUS);
    }

    @Override
    public Publisher<String> distribute(StoreSettings settings, String engine) {
        if (!engines().contains(engine)) {
            throw new IllegalArgumentException("no engine of the name " + engine + " is known, only " + engines());
        }
        return SchemaDistribution.distribute(PostgresSettings.of(settings)).flatMapIterable(tables -> tables);
    }
}
