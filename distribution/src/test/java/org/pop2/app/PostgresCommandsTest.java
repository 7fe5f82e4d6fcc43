package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Commands in this process, on a PostgreSQL: {@code pop2d migrate} and {@code pop2d mailbox undelete}. */
class PostgresCommandsTest extends PostgresCommands {
    private static final UserName POSTEL = new UserName("postel");

    @BeforeEach
    void configure() throws IOException {
        write("postgresql");
    }

    @Test
    void migrateBringsAnEmptyDatabaseUpToDateOnce() {
        assertThat(run("migrate", "--check")).isEqualTo(1);
        assertThat(out).isEqualTo("pending: 1\npending: 2\npending: 3\npending: 4\npending: 5\npending: 6\n");
        assertThat(run("migrate", "--check"))
                .as("looking changes nothing; %s", out)
                .isEqualTo(1);

        assertThat(run("migrate")).isEqualTo(0);
        assertThat(out).isEqualTo("applied: 1\napplied: 2\napplied: 3\napplied: 4\napplied: 5\napplied: 6\n");

        assertThat(run("migrate", "--check")).isEqualTo(0);
        assertThat(out).isEqualTo("the schema is up to date\n");
        assertThat(run("migrate")).isEqualTo(0);
        assertThat(out).isEqualTo("the schema is up to date\n");
    }

    @Test
    void aServerThatMayNotMigrateStartsAfterTheCommandDid() {
        environment.put("POP2D_STORAGE_POSTGRESQL_MIGRATE", "false");
        assertThat(run("user", "list")).isEqualTo(69);
        assertThat(err).contains("older than this program").contains("pop2d migrate");
        assertThat(run("migrate")).isEqualTo(0);
        assertThat(run("user", "list")).isEqualTo(0);
    }

    @Test
    void distributionIsForAClusterAndSaysSo() {
        assertThat(run("migrate", "--distribute", "citus")).isEqualTo(69);
        assertThat(out).contains("applied: 1\n");
        assertThat(err).contains("CREATE EXTENSION citus");
        assertThat(run("migrate", "--distribute", "nonsense")).isEqualTo(64);
        assertThat(err).contains("nonsense").contains("citus");
        assertThat(run("migrate", "--check", "--distribute", "citus")).isEqualTo(64);
    }

    @Test
    void migrateSaysThatTheDatabaseCannotBeReached() throws IOException {
        write("postgresql", "127.0.0.1:1");
        assertThat(run("migrate")).isEqualTo(69);
        assertThat(err).contains("postgresql://127.0.0.1:1/").doesNotContain("password");
        assertThat(run("migrate", "--check")).isEqualTo(69);
    }

    @Test
    void migrateHasNothingToDoForMbox() throws IOException {
        write("mbox", "127.0.0.1:1");
        assertThat(run("migrate")).as(err).isEqualTo(0);
        assertThat(out).isEqualTo("storage of type mbox has no schema: nothing to migrate\n");
        assertThat(run("migrate", "--check")).isEqualTo(0);
        assertThat(out).isEqualTo("storage of type mbox has no schema: nothing to migrate\n");
        environment.put("POP2D_STORAGE_TYPE", "nonsense");
        assertThat(run("migrate")).isEqualTo(78);
    }

    @Test
    void undeleteListsFirstAndBringsEachMessageBackOnce() {
        deliver("Subject: a\n\n\u00e9\0x\r\n", "Subject: b\n\nlonger", "Subject: c\n\n");
        delete(1, 3);

        assertThat(run("mailbox", "undelete", "postel")).isEqualTo(0);
        assertThat(out.lines().toList()).satisfiesExactly(this::isMessage, this::isMessage);
        assertThat(err).contains("2 messages").contains("--all").contains("--since");
        assertThat(run("mailbox", "undelete", "postel", "--all", "--dry-run")).isEqualTo(0);
        assertThat(out.lines()).hasSize(2);
        assertThat(contents()).containsExactly("Subject: b\r\n\r\nlonger\r\n");

        assertThat(run("mailbox", "undelete", "postel", "--all")).isEqualTo(0);
        assertThat(out.lines().toList())
                .satisfiesExactly(
                        this::isMessage,
                        this::isMessage,
                        last -> assertThat(last).isEqualTo("brought back 2 messages to postel/INBOX"));
        assertThat(contents())
                .containsExactly(
                        "Subject: a\r\n\r\n\u00e9\0x\r\n", "Subject: b\r\n\r\nlonger\r\n", "Subject: c\r\n\r\n");

        assertThat(run("mailbox", "undelete", "postel", "--all")).isEqualTo(0);
        assertThat(out).isEqualTo("nothing is kept of what was deleted from postel/INBOX\n");
        assertThat(contents()).hasSize(3);
    }

    private void isMessage(String line) {
        assertThat(line)
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ\t\\d{4}-\\d\\d-\\d\\dT.*Z\t\\d+\tjkr@example.org");
    }

    @Test
    void undeleteBringsBackOnlyWhatWasDeletedSince() {
        deliver("one", "two");
        delete(1, 2);
        sql(database, "UPDATE expunged SET expunged_at = now() - interval '3 hours' WHERE uid = 1");

        assertThat(run("mailbox", "undelete", "postel", "inbox", "--since", "2h"))
                .isEqualTo(0);

        assertThat(out.lines()).hasSize(2);
        assertThat(contents()).containsExactly("two\r\n");
        assertThat(run("mailbox", "undelete", "postel", "INBOX", "--since", "1 day"))
                .isEqualTo(0);
        assertThat(contents()).containsExactly("one\r\n", "two\r\n");
    }

    @Test
    void undeleteWorksBesideASession() {
        deliver("one", "two");
        delete(1);
        store().work(store -> Mono.usingWhen(
                Mono.from(store.open(POSTEL, FolderName.INBOX)),
                session -> Mono.fromSupplier(() -> {
                            assertThat(run("mailbox", "undelete", "postel", "--all"))
                                    .isEqualTo(0);
                            assertThat(session.count()).isEqualTo(1);
                            return 1;
                        })
                        .subscribeOn(Schedulers.boundedElastic()),
                session -> session.release(new BitSet())));
        assertThat(contents()).containsExactly("one\r\n", "two\r\n");
    }

    @Test
    void undeleteBringsBackMoreThanOneBatch() {
        deliver("n0");
        delete(1);
        sql(
                database,
                "INSERT INTO message_chunk SELECT mailbox_id, md5(n::text)::uuid, 0, convert_to('n' || n || E'\\r\\n', 'UTF8')"
                        + " FROM mailbox, generate_series(1001, 2202) AS n;"
                        + " INSERT INTO expunged SELECT mailbox_id, n, 7, 1, now(), md5(n::text)::uuid, NULL,"
                        + " sha256(convert_to('n' || n || E'\\r\\n', 'UTF8')), '', now(), mailbox_id, 1 FROM mailbox, generate_series(1001, 2202) AS n;"
                        + " UPDATE mailbox SET next_uid = 2203");

        assertThat(run("mailbox", "undelete", "postel", "--all")).isEqualTo(0);

        assertThat(out).endsWith("brought back 1203 messages to postel/INBOX\n");
        assertThat(run("mailbox", "list")).isEqualTo(0);
        assertThat(out).isEqualTo("postel\tINBOX\t1203\t" + (4 + 7 * 1202) + "\n");
        assertThat(run("mailbox", "verify")).isEqualTo(0);
    }

    @Test
    void verifyFindsAnOctetThatChanged() {
        deliver("one", "two", "three");
        assertThat(run("mailbox", "verify")).isEqualTo(0);
        assertThat(out).isEqualTo("postel\tINBOX\t3\tok\n");
        sql(
                database,
                "UPDATE message_chunk SET data = convert_to(E'twe\\r\\n', 'UTF8') WHERE data = convert_to(E'two\\r\\n', 'UTF8')");

        assertThat(run("mailbox", "verify")).isEqualTo(65);

        assertThat(out).isEqualTo("postel\tINBOX\t3\t1 bad\n");
        assertThat(err).contains("postel/INBOX: message 2: ").contains("not what was delivered");
    }

    @Test
    void undeleteSaysWhatIsWrong() throws IOException {
        deliver("one");
        assertThat(run("mailbox", "undelete", "nobody", "--all")).isEqualTo(67);
        assertThat(run("mailbox", "undelete", "postel", "none", "--all")).isEqualTo(66);
        assertThat(run("mailbox", "undelete", "postel", "../x")).isEqualTo(64);
        assertThat(run("mailbox", "undelete", "postel", "--since", "yesterday")).isEqualTo(64);
        assertThat(err).contains("--since").contains("duration");
        assertThat(run("mailbox", "undelete", "postel", "--since", "1h", "--all"))
                .isEqualTo(64);
        assertThat(run("mailbox", "undelete")).isEqualTo(64);
        write("mbox", "127.0.0.1:1");
        assertThat(run("mailbox", "undelete", "postel", "--all")).isEqualTo(69);
        assertThat(err).contains("storage of type mbox keeps nothing that was deleted");
    }

    private void deliver(String... texts) {
        store().work(store -> Mono.from(store.accounts().put(new Account(POSTEL, "{PLAIN}x", true)))
                .thenReturn(1));
        for (String text : texts) {
            assertThat(runWith(text, "deliver", "--user", "postel", "--sender", "jkr@example.org"))
                    .isEqualTo(0);
        }
    }

    private void delete(int... numbers) {
        BitSet deleted = new BitSet();
        for (int number : numbers) {
            deleted.set(number);
        }
        store().work(store -> Mono.from(store.open(POSTEL, FolderName.INBOX))
                .flatMap(mailbox -> Mono.from(mailbox.release(deleted)))
                .thenReturn(1));
    }

    private List<String> contents() {
        return store().contents(POSTEL, FolderName.INBOX);
    }

    private ConfiguredStore store() {
        return new ConfiguredStore(directory.resolve("conf/pop2d.conf"));
    }
}
