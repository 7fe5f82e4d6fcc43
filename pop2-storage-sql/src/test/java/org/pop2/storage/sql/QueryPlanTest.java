package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The hot statements find their rows by key, among many. */
class QueryPlanTest {
    /** A million in the profile {@code big}. */
    private static final int MESSAGES = Integer.getInteger("pop2.plan.messages", 30_000);

    @Test
    void hotStatementsUseIndexes() {
        TestDatabase database = TestDatabase.plain();
        database.execute("INSERT INTO mailbox (mailbox_id, user_name, folder)"
                + " SELECT md5(n::text)::uuid, 'u' || n, 'INBOX' FROM generate_series(0, 999) AS n");
        database.execute("INSERT INTO maildrop_lease (mailbox_id) SELECT mailbox_id FROM mailbox");
        database.execute("INSERT INTO account SELECT user_name, 'x', true FROM mailbox");
        database.execute("INSERT INTO message (mailbox_id, uid, octets, chunks, body_id, delivery_id, sha256, sender)"
                + " SELECT md5((n % 1000)::text)::uuid, n + 1, 2, 1, md5('b' || n)::uuid, md5('d' || n)::uuid,"
                + " sha256('x'), '' FROM generate_series(0, " + (MESSAGES - 1) + ") AS n");
        database.execute(
                "INSERT INTO expunged SELECT mailbox_id, uid, octets, chunks, received_at, md5('e' || uid)::uuid,"
                        + " NULL, sha256, sender, now(), body_id, 1 FROM message");
        database.execute("INSERT INTO message_chunk SELECT mailbox_id, body_id, 0, 'ab' FROM message");
        database.execute("INSERT INTO unreferenced (mailbox_id, body_id) SELECT mailbox_id, body_id FROM expunged");
        database.execute("ANALYZE");
        String mailbox = "md5('7')::uuid";
        String body = "md5('b7')::uuid";
        String session = body;
        for (String explained : List.of(
                fill(Sql.ACCOUNT, "'u7'"),
                fill(Sql.ACCOUNTS_AFTER, "'u7'", "10"),
                fill(
                        Sql.REPLACE_ACCOUNT,
                        "'x'",
                        "true",
                        "NULL",
                        "NULL",
                        "'u7'",
                        "'y'",
                        "true",
                        "NULL::bigint",
                        "NULL::bigint"),
                fill(Sql.LOCK_QUOTA, "'u7'"),
                fill(Sql.QUOTA_OF, "'u7'"),
                fill(Sql.USAGE, "'u7'"),
                fill(Sql.FOLDERS_AFTER, "'u7'", "''", "10"),
                fill(Sql.MESSAGES_AFTER, mailbox, "0", "5000"),
                fill(Sql.CHUNKS, mailbox, body, "0", "8"),
                fill(Sql.SMALL_BODIES, mailbox, "ARRAY[" + body + "]"),
                fill(Sql.ACQUIRE, mailbox, session, session, "NULL", "60000", "NULL::uuid", "30000", "true"),
                fill(Sql.ASK_HOLDER, mailbox),
                fill(Sql.RENEW, "ARRAY[" + mailbox + "]", "ARRAY[" + session + "]", "ARRAY[1]", "60000"),
                fill(Sql.LEASE_SESSIONS, "ARRAY[" + mailbox + "]"),
                fill(Sql.NEWS, session, "1000"),
                fill(Sql.FREE_FENCED, mailbox, session, "1"),
                fill(Sql.FREE_UNUSED, mailbox, session, "1"),
                fill(Sql.FENCE, mailbox, session, "1"),
                fill(Sql.RELEASED_BY, mailbox, "8", session),
                fill(Sql.EXPUNGE, mailbox, "ARRAY[8]", session, "1"),
                fill(Sql.SUBTRACT, mailbox, "0", "0"),
                fill(Sql.STAGE, mailbox, body, "'u7'"),
                fill(Sql.stageChunks(1), mailbox, body, "0", "'ab'"),
                fill(Sql.TAKE_UIDS, mailbox, "2", "1"),
                fill(Sql.DELIVERED_BEFORE, mailbox, body),
                fill(Sql.ALL_DELIVERED_BEFORE, mailbox, "ARRAY[" + body + "]"),
                fill(Sql.COMMITTED_BEFORE, mailbox, "8", body),
                fill(Sql.ADD_MESSAGE, mailbox, body, "8", "2", "1", "NULL", "sha256('x')", "''", "NULL"),
                fill(Sql.ENVELOPE, mailbox, "8"),
                fill(Sql.DOOM, mailbox, body),
                fill(Sql.ABANDONED, "86400000", "200"),
                fill(Sql.DOOMED, "100"),
                fill(Sql.EXPIRED, "604800000", "200"),
                fill(Sql.EXPIRE, mailbox, "ARRAY[8]", "604800000"),
                fill(Sql.DELETE_CHUNKS, mailbox, body, "256"),
                fill(Sql.EXPUNGED_AFTER, mailbox, "0", "500"),
                fill(Sql.UNDELETE, mailbox, "ARRAY[8]"))) {
            String plan = String.join("\n", database.query("EXPLAIN " + explained));
            assertThat(plan)
                    .as(explained)
                    .doesNotContain("Seq Scan on")
                    .containsAnyOf("Index Scan", "Index Only Scan", "Bitmap Index Scan");
        }
    }

    /** The last first, or $1 would be found in $10. */
    private static String fill(String sql, String... values) {
        String filled = sql;
        for (int i = values.length; i > 0; i--) {
            filled = filled.replace("$" + i, values[i - 1]);
        }
        return filled;
    }
}
