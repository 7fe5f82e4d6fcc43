package org.pop2.storage.sql;

/**
 * Every statement that is sent while the server runs, and those of migrations that are not files. What changes mail
 * names the key of one mailbox, ends within milliseconds, and holds no lock beyond its transaction: an engine that
 * shards by mailbox runs it on one shard. {@code StatementsTest} holds that, and lists the others with their reasons.
 */
final class Sql {

    private Sql() {}

    static final String ENCODING = "SELECT current_setting('server_encoding')";

    /** Which of the limits of a session are unlimited: through a pooler they can only come from the role. */
    static final String UNLIMITED = "SELECT name FROM pg_settings WHERE setting = '0' AND name IN"
            + " ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') ORDER BY name";

    /** Begins a transaction with limits of its own, in one message; numbers are milliseconds. */
    static String begin(long statement, long lock, long idle) {
        return "BEGIN; SET LOCAL statement_timeout = " + statement + "; SET LOCAL lock_timeout = " + lock
                + "; SET LOCAL idle_in_transaction_session_timeout = " + idle;
    }

    /** A transaction that has failed already answers the first with an error, and the second without. */
    static final String COMMIT = "SELECT 1; COMMIT";

    // the schema's history, which Flyway keeps

    static final String HISTORY_EXISTS = "SELECT to_regclass('" + SchemaMigration.HISTORY + "') IS NOT NULL";

    static final String VERSION_APPLIED =
            "SELECT EXISTS (SELECT FROM " + SchemaMigration.HISTORY + " WHERE version = $1 AND success)";

    // an engine that spreads tables over machines; asked by pop2d migrate alone

    static final String HAS_CITUS = "SELECT to_regclass('pg_dist_partition') IS NOT NULL";

    static final String IS_DISTRIBUTED =
            "SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = 'mailbox'::regclass)";

    static final String HAS_WORKERS = "SELECT EXISTS (SELECT FROM pg_dist_node WHERE isactive AND shouldhaveshards)";

    static final String DISTRIBUTED_TABLES =
            "SELECT logicalrelid::regclass::text FROM pg_dist_partition ORDER BY logicalrelid::regclass::text";

    // accounts

    static final String ACCOUNT = "SELECT user_name, password_hash, enabled, quota_messages, quota_octets FROM account"
            + " WHERE user_name = $1";

    static final String ACCOUNTS_AFTER = "SELECT user_name, password_hash, enabled, quota_messages, quota_octets"
            + " FROM account WHERE user_name > $1 ORDER BY user_name LIMIT $2";

    static final String PUT_ACCOUNT = "INSERT INTO account (user_name, password_hash, enabled, quota_messages,"
            + " quota_octets) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_name)"
            + " DO UPDATE SET password_hash = EXCLUDED.password_hash, enabled = EXCLUDED.enabled,"
            + " quota_messages = EXCLUDED.quota_messages, quota_octets = EXCLUDED.quota_octets";

    /** One row, or none if it is another by now. $1 to $4 the replacement, $5 user, $6 to $9 what was expected. */
    static final String REPLACE_ACCOUNT = "UPDATE account SET password_hash = $1, enabled = $2, quota_messages = $3,"
            + " quota_octets = $4 WHERE user_name = $5 AND password_hash = $6 AND enabled = $7"
            + " AND quota_messages IS NOT DISTINCT FROM $8 AND quota_octets IS NOT DISTINCT FROM $9";

    static final String REMOVE_ACCOUNT = "DELETE FROM account WHERE user_name = $1";

    // mailboxes

    static final String FOLDERS_AFTER =
            "SELECT folder FROM mailbox WHERE user_name = $1 AND folder > $2 ORDER BY folder LIMIT $3";

    /** With its lease, in one statement: neither is ever there without the other. */
    static final String CREATE_MAILBOX = "WITH created AS (INSERT INTO mailbox (mailbox_id, user_name, folder)"
            + " VALUES ($1, $2, $3) ON CONFLICT (mailbox_id) DO NOTHING RETURNING mailbox_id)"
            + " INSERT INTO maildrop_lease (mailbox_id) SELECT mailbox_id FROM created";

    static final String ENVELOPE = "SELECT sender, received_at FROM message WHERE mailbox_id = $1 AND uid = $2";

    static final String MESSAGES_AFTER = "SELECT uid, octets, body_id, substr(sha256, 1, 8) FROM message"
            + " WHERE mailbox_id = $1 AND uid > $2 ORDER BY uid LIMIT $3";

    static final String CHUNKS = "SELECT seq, data FROM message_chunk"
            + " WHERE mailbox_id = $1 AND body_id = $2 AND seq >= $3 AND seq < $4 ORDER BY seq";

    /** Bodies of one chunk each. $1 mailbox, $2 bodies. */
    static final String SMALL_BODIES = "SELECT body_id, data FROM message_chunk"
            + " WHERE mailbox_id = $1 AND body_id = ANY ($2::uuid[]) AND seq = 0";

    // notes

    static final String NOTE = "SELECT octets FROM mailbox_note WHERE mailbox_id = $1 AND name = $2";

    static final String PUT_NOTE = "INSERT INTO mailbox_note (mailbox_id, name, octets) VALUES ($1, $2, $3)"
            + " ON CONFLICT (mailbox_id, name) DO UPDATE SET octets = EXCLUDED.octets";

    static final String REMOVE_NOTE = "DELETE FROM mailbox_note WHERE mailbox_id = $1 AND name = $2";

    // ledgers; only the database's clock decides who holds one

    static final String CREATE_LEDGER = "INSERT INTO ledger (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";

    /** Takes a ledger that is free, expired, or our own (a repeated call). $1 name, $2 holder, $3 ttl in ms. */
    static final String TAKE_LEDGER =
            "UPDATE ledger SET holder = $2, expires_at = now() + $3 * interval '1 millisecond'"
                    + " WHERE name = $1 AND (holder IS NULL OR holder = $2 OR expires_at < now())";

    /** $1 name, $2 holder, $3 ttl in ms. No row if another has got it. */
    static final String KEEP_LEDGER = "UPDATE ledger SET expires_at = now() + $3 * interval '1 millisecond',"
            + " entries = entries + 1 WHERE name = $1 AND holder = $2 RETURNING entries";

    static final String FREE_LEDGER =
            "UPDATE ledger SET holder = NULL, expires_at = '-infinity' WHERE name = $1 AND holder = $2";

    static final String LEDGER_LINES =
            "SELECT number, lines FROM ledger_entry WHERE name = $1 AND number > $2" + " ORDER BY number LIMIT $3";

    static final String ADD_TO_LEDGER = "INSERT INTO ledger_entry (name, number, lines) VALUES ($1, $2, $3)";

    static final String CLEAR_LEDGER = "DELETE FROM ledger_entry WHERE name = $1";

    // leases; only the database's clock decides

    /**
     * Need not be on the disk when it is answered. If a crash of the database undoes it, a lease that was free runs
     * out. Never in the transaction of a release. In an expression of its own, which a change joins: an engine that
     * shards takes no volatile function in a WHERE.
     */
    private static final String NOT_DURABLE =
            "lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) = 'off' AS done)";

    /** How old a report of the holder's silence may be that is acted on. Younger than the database's clock may tick. */
    static final String FRESH = "interval '1 second'";

    /** Messages that come with a lease; the others are asked for. */
    static final int LISTED = 100;

    /**
     * Takes the lease if it is free, our own (a repeated call), that of a session of this node that may be displaced,
     * that of a holder who had been silent for long enough when its node reported a moment ago, or an expired one whose
     * node is this one, or was asked and did not answer. Tells the displaced node. Lists the first messages. $1
     * mailbox, $2 session, $3 node, $4 node name, $5 ttl in ms, $6 displaced session, $7 silence in ms, $8 whether the
     * node did not answer.
     *
     * <p>No row if there is no such mailbox. Else at least one: the epoch, or nothing if it was not got; whether it is
     * expired; whether the list is good; and a message, if there is one. What is listed is what was there when the
     * statement began, perhaps before the last holder's deletions: it is good if the lease was free then, for nobody
     * else has had it since. If it is not good, there is no list.
     */
    static final String ACQUIRE = "WITH before AS ("
            + "SELECT session, epoch, session IS NOT NULL AND expires_at < now() AS expired"
            + " FROM maildrop_lease WHERE mailbox_id = $1),"
            + " got AS (UPDATE maildrop_lease SET session = $2, node = $3, node_name = $4, epoch = epoch + 1,"
            + " expires_at = now() + $5 * interval '1 millisecond', active_at = now(), reported_at = now(),"
            + " notify_node = CASE WHEN session IS NOT NULL AND node <> $3 THEN node END"
            + " WHERE mailbox_id = $1"
            + " AND (session IS NULL OR session = $2 OR session = $6 OR (expires_at < now() AND ($8 OR node = $3))"
            + " OR (reported_at - active_at >= $7 * interval '1 millisecond'"
            + " AND ($7 <= 0 OR reported_at BETWEEN now() - " + FRESH + " AND now() + " + FRESH + ")))"
            + " RETURNING epoch),"
            + " answered AS (SELECT got.epoch, before.expired,"
            + " coalesce(before.session IS NULL AND before.epoch = got.epoch - 1, false) AS listed"
            + " FROM before LEFT JOIN got ON true)"
            + " SELECT a.epoch, a.expired, a.listed, m.uid, m.octets, m.body_id, m.checksum FROM answered a"
            + " LEFT JOIN LATERAL (SELECT uid, octets, body_id, substr(sha256, 1, 8) AS checksum FROM message"
            + " WHERE a.listed AND mailbox_id = $1 ORDER BY uid LIMIT " + LISTED + ") m ON true"
            + " ORDER BY m.uid";

    /** Asks the holder's node to report how long its client has been silent. */
    static final String ASK_HOLDER =
            "UPDATE maildrop_lease SET notify_node = node WHERE mailbox_id = $1 AND session IS NOT NULL";

    /**
     * Renews many leases, and reports their holders' silence. How many says that all were, mostly: that is all that
     * comes back. No row is locked before it is changed, for an engine that shards cannot do that to many; so a lease
     * that is being released must not be among them, or all others would wait for it. Times are computed before the
     * change, which may call no function with what is in a row. $1 mailboxes, $2 sessions, $3 silences in ms, $4 ttl in
     * ms.
     */
    static final String RENEW = "WITH held AS MATERIALIZED (SELECT h.mailbox_id, h.session,"
            + " now() - h.silence * interval '1 millisecond' AS active_at"
            + " FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS h(mailbox_id, session, silence))"
            + " UPDATE maildrop_lease l SET expires_at = now() + $4 * interval '1 millisecond', reported_at = now(),"
            + " active_at = held.active_at, notify_node = NULL"
            + " FROM held WHERE l.mailbox_id = held.mailbox_id AND l.session = held.session";

    static final String LEASE_SESSIONS =
            "SELECT mailbox_id, session FROM maildrop_lease WHERE mailbox_id = ANY ($1::uuid[])";

    static final String NEWS = "SELECT mailbox_id, session FROM maildrop_lease WHERE notify_node = $1 LIMIT $2";

    static final String NEWS_READ = "UPDATE maildrop_lease SET notify_node = NULL"
            + " WHERE mailbox_id = ANY ($1::uuid[]) AND notify_node = $2 AND node <> $2";

    private static final String FREED = "UPDATE maildrop_lease SET session = NULL, node = NULL, node_name = NULL,"
            + " expires_at = '-infinity', notify_node = NULL";

    static final String FREE = FREED + " WHERE mailbox_id = $1 AND session = $2";

    static final String FREE_FENCED = FREE + " AND epoch = $3";

    /** Of a session that deletes nothing. */
    static final String FREE_UNUSED = "WITH " + NOT_DURABLE + " " + FREED
            + " FROM lazily WHERE mailbox_id = $1 AND session = $2 AND epoch = $3 AND lazily.done";

    static final String FREE_MANY = FREED + " WHERE mailbox_id = ANY ($1::uuid[]) AND node = $2";

    /** What an earlier run of the node of this name left when it crashed. */
    static final String FREE_EARLIER_RUNS = FREED + " WHERE node_name = $1 AND node <> $2";

    // release

    /** The fence: no row, no right to delete. */
    static final String FENCE =
            "SELECT epoch FROM maildrop_lease WHERE mailbox_id = $1 AND session = $2 AND epoch = $3 FOR UPDATE";

    /** Locks what it finds, which is written down: its COMMIT waits for the standby as the one that is looked for. */
    static final String RELEASED_BY =
            "SELECT 1 FROM expunged WHERE mailbox_id = $1 AND uid = $2 AND session = $3 FOR UPDATE";

    /** Moves messages from message to expunged; one row with what was moved. */
    static final String EXPUNGE = "WITH gone AS (DELETE FROM message WHERE mailbox_id = $1 AND uid = ANY ($2::bigint[])"
            + " RETURNING mailbox_id, uid, octets, chunks, received_at, body_id, delivery_id, sha256, sender),"
            + " kept AS (INSERT INTO expunged (mailbox_id, uid, octets, chunks, received_at, body_id, delivery_id,"
            + " sha256, sender, session, epoch) SELECT gone.*, $3, $4 FROM gone RETURNING octets)"
            + " SELECT count(*), coalesce(sum(octets), 0)::bigint FROM kept";

    static final String SUBTRACT =
            "UPDATE mailbox SET messages = messages - $2, octets = octets - $3 WHERE mailbox_id = $1";

    // delivery

    /** The user must have an account; one row with its quota if so. Says that the body's chunks are about to come. */
    static final String STAGE = "WITH known AS (SELECT quota_messages, quota_octets FROM account WHERE user_name = $3),"
            + " staged AS (INSERT INTO unreferenced (mailbox_id, body_id) SELECT $1, $2 FROM known"
            + " ON CONFLICT (mailbox_id, body_id) DO NOTHING)"
            + " SELECT quota_messages, quota_octets FROM known";

    /**
     * Lets deliveries to a user with a quota come one after the other, to whatever folder and on whatever node: what is
     * counted then stays so until the commit.
     */
    static final String LOCK_QUOTA = "SELECT quota_messages, quota_octets FROM account WHERE user_name = $1 FOR UPDATE";

    static final String QUOTA_OF = "SELECT quota_messages, quota_octets FROM account WHERE user_name = $1";

    static final String USAGE = "SELECT coalesce(sum(messages), 0)::bigint, coalesce(sum(octets), 0)::bigint"
            + " FROM mailbox WHERE user_name = $1";

    /**
     * Adds chunks while the body is still being staged; the lock keeps a sweep from missing one. Repeatable. $1
     * mailbox, $2 body, then number and octets of each chunk.
     */
    static String stageChunks(int count) {
        StringBuilder values = new StringBuilder();
        for (int i = 0; i < count; i++) {
            values.append(i == 0 ? "" : ", ")
                    .append("($")
                    .append(3 + 2 * i)
                    .append("::integer, $")
                    .append(4 + 2 * i)
                    .append("::bytea)");
        }
        return "WITH staging AS (SELECT 1 FROM unreferenced WHERE mailbox_id = $1 AND body_id = $2 AND NOT doomed"
                + " FOR SHARE), added AS (INSERT INTO message_chunk (mailbox_id, body_id, seq, data)"
                + " SELECT $1, $2, v.seq, v.data FROM staging, (VALUES " + values + ") AS v (seq, data)"
                + " ON CONFLICT (mailbox_id, body_id, seq) DO NOTHING)"
                + " SELECT 1 FROM staging";
    }

    /**
     * Gives the first of $3 numbers for as many messages. The lock on the row makes the order of commits that of the
     * numbers: no snapshot skips a number.
     */
    static final String TAKE_UIDS = "UPDATE mailbox SET next_uid = next_uid + $3, messages = messages + $3,"
            + " octets = octets + $2 WHERE mailbox_id = $1 RETURNING next_uid - $3";

    static final String GIVE_BACK_UIDS = "UPDATE mailbox SET next_uid = next_uid - $3, messages = messages - $3,"
            + " octets = octets - $2 WHERE mailbox_id = $1";

    /** Not among what was deleted since: whoever sends the same again wants it to be there. */
    static final String DELIVERED_BEFORE = "SELECT 1 FROM message WHERE mailbox_id = $1 AND delivery_id = $2";

    /** As {@link #DELIVERED_BEFORE}, of a batch. */
    static final String ALL_DELIVERED_BEFORE =
            "SELECT delivery_id FROM message WHERE mailbox_id = $1 AND delivery_id = ANY ($2::uuid[])";

    static final String COMMITTED_BEFORE = "SELECT 1 FROM message WHERE mailbox_id = $1 AND uid = $2 AND body_id = $3"
            + " UNION ALL SELECT 1 FROM expunged WHERE mailbox_id = $1 AND uid = $2 AND body_id = $3";

    /**
     * $1 mailbox, $2 body, $3 uid, $4 octets, $5 chunks, $6 delivery or null, $7 hash, $8 sender, $9 when it was
     * received in microseconds since 1970, null for now.
     */
    static final String ADD_MESSAGE = "WITH staged AS (DELETE FROM unreferenced"
            + " WHERE mailbox_id = $1 AND body_id = $2 AND NOT doomed RETURNING mailbox_id, body_id)"
            + " INSERT INTO message (mailbox_id, uid, octets, chunks, body_id, delivery_id, sha256, sender, received_at)"
            + " SELECT mailbox_id, $3::bigint, $4::bigint, $5::integer, body_id, $6::uuid, $7::bytea, $8::text,"
            + " coalesce('epoch'::timestamptz + $9::bigint * interval '1 microsecond', now())"
            + " FROM staged";

    /**
     * Adds chunks of bodies that become messages in the same transaction. $1 mailbox, then body, number, octets of
     * each.
     */
    static String addChunks(int count) {
        StringBuilder values = new StringBuilder();
        for (int i = 0; i < count; i++) {
            values.append(i == 0 ? "" : ", ")
                    .append("($")
                    .append(2 + 3 * i)
                    .append("::uuid, $")
                    .append(3 + 3 * i)
                    .append("::integer, $")
                    .append(4 + 3 * i)
                    .append("::bytea)");
        }
        return "INSERT INTO message_chunk (mailbox_id, body_id, seq, data)"
                + " SELECT $1, v.body_id, v.seq, v.data FROM (VALUES " + values + ") AS v (body_id, seq, data)";
    }

    /** $1 mailbox, then an array of each: bodies, uids, octets, chunks, deliveries, hashes in hex, senders, times. */
    static final String ADD_MESSAGES =
            "INSERT INTO message (mailbox_id, body_id, uid, octets, chunks, delivery_id, sha256, sender, received_at)"
                    + " SELECT $1, v.body_id, v.uid, v.octets, v.chunks, v.delivery_id, decode(v.sha256, 'hex'), v.sender,"
                    + " coalesce('epoch'::timestamptz + v.received * interval '1 microsecond', now())"
                    + " FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::integer[], $6::uuid[], $7::text[],"
                    + " $8::text[], $9::bigint[]) AS v (body_id, uid, octets, chunks, delivery_id, sha256, sender,"
                    + " received)";

    // what nobody refers to

    static final String DOOM = "UPDATE unreferenced SET doomed = true WHERE mailbox_id = $1 AND body_id = $2";

    static final String ABANDONED = "SELECT mailbox_id, body_id FROM unreferenced"
            + " WHERE NOT doomed AND since < now() - $1 * interval '1 millisecond' ORDER BY since LIMIT $2";

    static final String DOOMED = "SELECT mailbox_id, body_id FROM unreferenced WHERE doomed ORDER BY since LIMIT $1";

    static final String DELETE_CHUNKS =
            "DELETE FROM message_chunk WHERE mailbox_id = $1 AND body_id = $2 AND seq IN (SELECT seq FROM message_chunk"
                    + " WHERE mailbox_id = $1 AND body_id = $2 ORDER BY seq LIMIT $3)";

    static final String SWEPT = "DELETE FROM unreferenced WHERE mailbox_id = $1 AND body_id = $2 AND doomed";

    /** What is past its retention, of any mailbox. */
    static final String EXPIRED = "SELECT mailbox_id, uid FROM expunged"
            + " WHERE expunged_at < now() - $1 * interval '1 millisecond' ORDER BY expunged_at LIMIT $2";

    /**
     * Hands bodies past their retention over to the sweep. What somebody brought back meanwhile, or another node was
     * faster with, is not there any more. $1 mailbox, $2 uids, $3 retention in ms.
     */
    static final String EXPIRE = "WITH gone AS (DELETE FROM expunged WHERE mailbox_id = $1 AND uid = ANY ($2::bigint[])"
            + " AND expunged_at < now() - $3 * interval '1 millisecond' RETURNING mailbox_id, body_id)"
            + " INSERT INTO unreferenced (mailbox_id, body_id, doomed) SELECT mailbox_id, body_id, true FROM gone";

    static final String EXPUNGED_AFTER = "SELECT uid, octets, received_at, expunged_at, sender FROM expunged"
            + " WHERE mailbox_id = $1 AND uid > $2 ORDER BY uid LIMIT $3";

    /** Moves messages back, without their delivery ids, which may have come again; one row with what was moved. */
    static final String UNDELETE =
            "WITH back AS (DELETE FROM expunged WHERE mailbox_id = $1 AND uid = ANY ($2::bigint[])"
                    + " RETURNING mailbox_id, uid, octets, chunks, received_at, body_id, sha256, sender),"
                    + " live AS (INSERT INTO message (mailbox_id, uid, octets, chunks, received_at, body_id,"
                    + " sha256, sender) SELECT * FROM back RETURNING octets)"
                    + " SELECT count(*), coalesce(sum(octets), 0)::bigint FROM live";
}
