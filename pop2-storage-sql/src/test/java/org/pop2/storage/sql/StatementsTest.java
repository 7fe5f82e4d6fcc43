package org.pop2.storage.sql;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * An engine that shards by mailbox runs a statement on one shard if each table of it is asked for one mailbox; it locks
 * rows on one shard only, and takes no volatile function where rows are chosen. So each query of each statement, those
 * in WITH among them, is looked at by itself.
 */
class StatementsTest {
    /** What lives with its mailbox. Accounts are everywhere, and a ledger has its own key. */
    private static final Set<String> OF_A_MAILBOX =
            Set.of("mailbox", "mailbox_note", "maildrop_lease", "message", "expunged", "message_chunk", "unreferenced");

    /** Statements that ask every shard, and why they may. */
    private static final Map<String, String> OF_MANY = Map.ofEntries(
            entry("FOLDERS_AFTER", "a user's folders: a person asked for the list"),
            entry("USAGE", "a user's folders, once a delivery, for users with a quota only"),
            entry("RENEW", "the leases of a node, in one statement; each row is judged by itself"),
            entry("LEASE_SESSIONS", "those of them that were not renewed; changes nothing"),
            entry("NEWS", "twice a second for a node that holds something, by a nearly empty index; changes nothing"),
            entry("NEWS_READ", "what a node was told; each row is judged by itself"),
            entry("FREE_MANY", "what a node held when it stops; each row is judged by itself"),
            entry("FREE_EARLIER_RUNS", "what a node held when it crashed, when it starts"),
            entry("EXPIRED", "a list for the sweep, every ten minutes; changes nothing"),
            entry("ABANDONED", "a list for the sweep, every ten minutes; changes nothing"),
            entry("DOOMED", "a list for the sweep, every ten minutes; changes nothing"));

    private static final Pattern TABLE = Pattern.compile("\\b(FROM|JOIN|UPDATE|INTO|USING)\\s+(\\w+)");
    private static final Pattern ONE_MAILBOX = Pattern.compile("\\bmailbox_id = \\$1\\b");
    /** What is inserted is of the mailbox named, or of rows that a query beside it found in that. */
    private static final Pattern OF_THAT_MAILBOX = Pattern.compile(
            "(VALUES|SELECT) \\(?\\$1,|SELECT (mailbox_id\\b.*|gone\\.\\*.*|\\*) FROM (created|staged|gone|back)\\b");

    private static final Pattern LOCK = Pattern.compile("\\bFOR (UPDATE|SHARE|NO KEY)\\b");
    private static final Pattern CALL = Pattern.compile("\\b([a-z_]+)\\(");

    /** A query by itself: the main one, or one in parentheses, which are cut out of the others. */
    private static List<String> queries(String sql) {
        List<String> queries = new ArrayList<>();
        StringBuilder rest = new StringBuilder(sql);
        while (true) {
            int close = rest.indexOf(")");
            if (close < 0) {
                queries.add(rest.toString());
                return queries;
            }
            int open = rest.lastIndexOf("(", close);
            String inner = rest.substring(open + 1, close);
            boolean query = Pattern.compile("^(SELECT|INSERT|UPDATE|DELETE)\\b")
                    .matcher(inner)
                    .find();
            if (query) {
                queries.add(inner.replace('\u27e8', '(').replace('\u27e9', ')'));
            }
            // a list of columns or an expression stays, with brackets that are not found again
            rest.replace(open, close + 1, query ? "" : "\u27e8" + inner + "\u27e9");
        }
    }

    private static List<String> readable(String sql) {
        return queries(sql).stream()
                .map(query -> query.replace('\u27e8', '(').replace('\u27e9', ')'))
                .toList();
    }

    private static boolean namesOneMailbox(String query) {
        return TABLE.matcher(query)
                .results()
                .filter(found -> OF_A_MAILBOX.contains(found.group(2)))
                .allMatch(found -> found.group(1).equals("INTO")
                        ? OF_THAT_MAILBOX.matcher(query).find()
                        : ONE_MAILBOX.matcher(query).find());
    }

    private static boolean namesOneMailboxEverywhere(String sql) {
        return readable(sql).stream().allMatch(StatementsTest::namesOneMailbox);
    }

    @Test
    void eachQueryOfAStatementNamesOneMailboxOrTheStatementIsListed() throws Exception {
        Set<String> many = new TreeSet<>();
        ArchitectureTest.statements().forEach((name, sql) -> {
            if (!namesOneMailboxEverywhere(sql)) {
                many.add(name);
            }
        });
        assertThat(many).containsExactlyInAnyOrderElementsOf(OF_MANY.keySet());
    }

    @Test
    void whatNamesNoMailboxIsSeen() {
        for (String wrong : List.of(
                "SELECT uid FROM message WHERE uid = $1",
                "WITH gone AS (DELETE FROM message WHERE uid = $2) SELECT epoch FROM maildrop_lease WHERE mailbox_id = $1",
                "SELECT 1 FROM mailbox b WHERE mailbox_id = $1 AND EXISTS (SELECT 1 FROM message m WHERE m.uid > 3)",
                "INSERT INTO message_chunk (mailbox_id, data) SELECT mailbox_id, data FROM other",
                "SELECT 1 FROM mailbox b JOIN message m ON b.mailbox_id = m.mailbox_id WHERE mailbox_id = $10")) {
            assertThat(namesOneMailboxEverywhere(wrong)).as(wrong).isFalse();
        }
    }

    @Test
    void rowsAreLockedOfOneMailboxOrAccount() throws Exception {
        List<String> locking = new ArrayList<>();
        ArchitectureTest.statements()
                .forEach((name, sql) -> readable(sql).stream()
                        .filter(query -> LOCK.matcher(query).find())
                        .forEach(query -> {
                            locking.add(name);
                            assertThat(query).as(name).containsPattern("WHERE (mailbox_id|user_name) = \\$1\\b");
                        }));
        assertThat(locking).contains("FENCE", "LOCK_QUOTA", "stageChunks");
    }

    /** A function that may answer differently for each row would have to be asked by each shard. */
    @Test
    void volatileFunctionsAreCalledWhereThereIsNoTable() throws Exception {
        TestDatabase database = TestDatabase.plain();
        Set<String> allVolatile = new TreeSet<>(
                database.query(
                        "SELECT DISTINCT proname FROM pg_proc WHERE provolatile = 'v' AND pronamespace = 'pg_catalog'::regnamespace"));
        assertThat(allVolatile).contains("set_config", "gen_random_uuid", "random", "pg_sleep");
        List<String> called = new ArrayList<>();
        ArchitectureTest.statements()
                .forEach((name, sql) -> readable(sql)
                        .forEach(query -> CALL.matcher(query)
                                .results()
                                .map(MatchResult::group)
                                .map(call ->
                                        call.substring(0, call.length() - 1).toLowerCase(Locale.ROOT))
                                .filter(allVolatile::contains)
                                .forEach(call -> {
                                    called.add(call);
                                    assertThat(TABLE.matcher(query).results())
                                            .as(name + ": " + query)
                                            .isEmpty();
                                })));
        assertThat(called).containsOnly("set_config");
    }

    /** The tests that run with it would say nothing otherwise. */
    @Test
    void theWatchRefusesATransactionOfTwoMailboxesAndTakesLeasesTogether() {
        TestDatabase database = TestDatabase.plain();
        OneMailbox.watch(database);
        String two = "INSERT INTO mailbox (mailbox_id, user_name, folder) VALUES"
                + " (md5('1')::uuid, 'one', 'INBOX'), (md5('2')::uuid, 'two', 'INBOX'); ";
        String watched = "SET application_name = 'pop2d'; ";
        assertThatThrownBy(() -> database.execute(watched + two))
                .hasStackTraceContaining("a transaction of two mailboxes");
        database.execute(two);
        database.execute(watched + "INSERT INTO maildrop_lease SELECT mailbox_id FROM mailbox");
        assertThatThrownBy(() -> database.execute(watched
                        + "BEGIN; UPDATE maildrop_lease SET epoch = 1 WHERE mailbox_id = md5('1')::uuid;"
                        + " UPDATE mailbox SET next_uid = 2 WHERE mailbox_id = md5('2')::uuid; COMMIT"))
                .hasStackTraceContaining("a transaction of two mailboxes");
    }
}
