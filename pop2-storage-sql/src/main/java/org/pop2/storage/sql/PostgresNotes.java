package org.pop2.storage.sql;

import java.util.UUID;
import org.pop2.storage.Notes;
import org.pop2.storage.sql.Database.Repeat;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** The notes of one mailbox. */
final class PostgresNotes implements Notes {
    private final Database database;
    private final UUID mailboxId;

    PostgresNotes(Database database, UUID mailboxId) {
        this.database = database;
        this.mailboxId = mailboxId;
    }

    @Override
    public Publisher<byte[]> read(String name) {
        return database.run(
                        "read a note",
                        Repeat.ALWAYS,
                        connection -> database.rows(
                                connection, Sql.NOTE, row -> Rows.get(row, 0, byte[].class), mailboxId, name))
                .flatMap(found -> Mono.justOrEmpty(found.stream().findFirst()));
    }

    @Override
    public Publisher<Void> write(String name, byte[] octets) {
        Notes.require(name, octets);
        return database.run(
                        "write a note",
                        Repeat.ALWAYS,
                        connection -> octets.length == 0
                                ? database.changed(connection, Sql.REMOVE_NOTE, mailboxId, name)
                                : database.changed(connection, Sql.PUT_NOTE, mailboxId, name, Bytea.of(octets)))
                .then();
    }
}
