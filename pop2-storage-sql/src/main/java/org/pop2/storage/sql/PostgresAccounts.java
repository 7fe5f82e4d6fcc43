package org.pop2.storage.sql;

import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.Readable;
import java.util.Optional;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.FolderName;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.pop2.storage.sql.Database.Repeat;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** The account table. */
final class PostgresAccounts implements Accounts {
    private final Database database;

    PostgresAccounts(Database database) {
        this.database = database;
    }

    /** An account as it is stored: what cannot be one is an error of that user's alone. */
    private record Stored(String user, String passwordHash, boolean enabled, Optional<Quota> quota) {
        static Stored of(Readable row) {
            return new Stored(
                    Rows.get(row, 0, String.class),
                    Rows.get(row, 1, String.class),
                    Rows.get(row, 2, Boolean.class),
                    PostgresAccounts.quota(row, 3));
        }

        Account account() {
            try {
                return new Account(new UserName(user), passwordHash, enabled, quota);
            } catch (IllegalArgumentException e) {
                throw new StoreException(Reason.CORRUPT, "an account is stored that cannot be: " + e.getMessage(), e);
            }
        }
    }

    /** A quota in this column and the next one; nothing where they are null. */
    static Optional<Quota> quota(Readable row, int column) {
        Long messages = row.get(column, Long.class);
        Long octets = row.get(column + 1, Long.class);
        return messages == null || octets == null ? Optional.empty() : Optional.of(new Quota(messages, octets));
    }

    private static Object messages(Account account) {
        return account.quota().<Object>map(Quota::messages).orElse(Parameters.in(Long.class));
    }

    private static Object octets(Account account) {
        return account.quota().<Object>map(Quota::octets).orElse(Parameters.in(Long.class));
    }

    @Override
    public Publisher<Account> find(UserName user) {
        return database.run(
                        "find an account",
                        Repeat.ALWAYS,
                        connection -> database.rows(connection, Sql.ACCOUNT, Stored::of, user.value()))
                .flatMap(found ->
                        found.isEmpty() ? Mono.empty() : Mono.just(found.get(0).account()));
    }

    /** With the user's inbox, so that it can be held before the first mail has come. */
    @Override
    public Publisher<Void> put(Account account) {
        UserName user = account.user();
        return database.transaction(
                        "put an account",
                        Repeat.ALWAYS,
                        connection -> database.changed(
                                        connection,
                                        Sql.PUT_ACCOUNT,
                                        user.value(),
                                        account.passwordHash(),
                                        account.enabled(),
                                        messages(account),
                                        octets(account))
                                .then(database.changed(
                                        connection,
                                        Sql.CREATE_MAILBOX,
                                        MailboxId.of(user, FolderName.INBOX),
                                        user.value(),
                                        FolderName.INBOX.value())))
                .then();
    }

    /** Not repeated when the connection is lost: the second time its own work would look like another's. */
    @Override
    public Publisher<Boolean> replace(Account expected, Account replacement) {
        if (!expected.user().equals(replacement.user())) {
            throw new IllegalArgumentException("a replacement of another user's account");
        }
        return database.run(
                        "replace an account",
                        Repeat.IF_VICTIM,
                        connection -> database.changed(
                                connection,
                                Sql.REPLACE_ACCOUNT,
                                replacement.passwordHash(),
                                replacement.enabled(),
                                messages(replacement),
                                octets(replacement),
                                expected.user().value(),
                                expected.passwordHash(),
                                expected.enabled(),
                                messages(expected),
                                octets(expected)))
                .map(changed -> changed > 0);
    }

    /** Not repeated when the connection is lost: the second time it would be missing. */
    @Override
    public Publisher<Void> remove(UserName user) {
        return database.run(
                        "remove an account",
                        Repeat.IF_VICTIM,
                        connection -> database.changed(connection, Sql.REMOVE_ACCOUNT, user.value()))
                .flatMap(removed -> removed > 0
                        ? Mono.empty()
                        : Mono.error(new StoreException(Reason.NOT_FOUND, "remove an account: no account " + user)));
    }

    @Override
    public Publisher<Account> list() {
        return Pages.of(last -> database.run(
                "list accounts",
                Repeat.ALWAYS,
                connection -> database.rows(
                        connection,
                        Sql.ACCOUNTS_AFTER,
                        row -> Stored.of(row).account(),
                        last == null ? "" : last.user().value(),
                        Pages.SIZE)));
    }
}
