package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreSettings;
import reactor.core.publisher.Flux;

/**
 * {@code pop2d migrate --distribute citus} on a PostgreSQL that only says that it is Citus: what becomes of the tables,
 * whatever the cluster then does with them.
 */
class SchemaDistributionTest {
    private static final Set<String> TABLES = Set.of(
            "account",
            "expunged",
            "ledger",
            "ledger_entry",
            "mailbox",
            "mailbox_note",
            "maildrop_lease",
            "message",
            "message_chunk",
            "unreferenced");

    private final TestDatabase database = TestDatabase.plain();
    private final StoreSettings settings = database.settings(HoldPolicy.DEFAULT, Map.of());

    @BeforeEach
    void mail() {
        database.execute("CREATE ROLE " + database.name + "_server;"
                + " GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + database.name
                + "_server");
        database.execute("INSERT INTO account VALUES ('postel', '{PLAIN}x', true);"
                + " INSERT INTO mailbox VALUES (md5('1')::uuid, 'postel', 'INBOX', 3, 1, 2);"
                + " INSERT INTO maildrop_lease (mailbox_id) SELECT mailbox_id FROM mailbox;"
                + " INSERT INTO mailbox_note SELECT mailbox_id, 'seen', 'x' FROM mailbox;"
                + " INSERT INTO message (mailbox_id, uid, octets, chunks, body_id, sha256, sender)"
                + " SELECT mailbox_id, 1, 2, 1, md5('b')::uuid, sha256('x'), 'jkr' FROM mailbox;"
                + " INSERT INTO expunged SELECT mailbox_id, 2, octets, chunks, received_at, md5('e')::uuid, NULL, sha256,"
                + " sender, now(), body_id, 1 FROM message;"
                + " INSERT INTO message_chunk SELECT mailbox_id, md5(b)::uuid, 0, '\\x0d0a' FROM mailbox,"
                + " unnest(ARRAY['b', 'e']) AS b;"
                + " INSERT INTO unreferenced (mailbox_id, body_id) SELECT mailbox_id, md5('u')::uuid FROM mailbox;"
                + " INSERT INTO ledger (name) VALUES ('jon'); INSERT INTO ledger_entry VALUES ('jon', 1, 'x')");
    }

    /** The functions and tables of Citus that are used, and no more of it. */
    private void pretendToBeCitus() {
        database.execute("CREATE TABLE pg_dist_partition (logicalrelid regclass, partkey text, colocated text)");
        database.execute("CREATE TABLE pg_dist_node (isactive boolean, shouldhaveshards boolean)");
        database.execute(
                "CREATE FUNCTION create_distributed_table(name text, key text, colocate_with text) RETURNS void"
                        + " LANGUAGE sql AS 'INSERT INTO pg_dist_partition VALUES (name::regclass, key, colocate_with)'");
        database.execute("CREATE FUNCTION create_reference_table(name text) RETURNS void"
                + " LANGUAGE sql AS 'INSERT INTO pg_dist_partition VALUES (name::regclass, NULL, NULL)'");
        database.execute("CREATE FUNCTION truncate_local_data_after_distributing_table(name text) RETURNS void"
                + " LANGUAGE sql AS ''");
    }

    private List<String> distribute() {
        return Flux.from(new PostgresProvider().distribute(settings, "citus"))
                .collectList()
                .blockOptional(Duration.ofSeconds(60))
                .orElseThrow();
    }

    /** Columns, constraints, indexes, options and rights of all tables, but for those of partitions. */
    private Set<String> tables() {
        String ours =
                " c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relname NOT LIKE 'pg_dist%'"
                        + " AND c.relname <> '" + SchemaMigration.HISTORY + "'";
        return new TreeSet<>(database.query(
                "SELECT c.relname || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull"
                        + " || ' ' || attcollation || ' ' || attstorage::text || attcompression::text || ' '"
                        + " || coalesce(pg_get_expr(adbin, adrelid), '') FROM pg_class c JOIN pg_attribute a ON"
                        + " attrelid = c.oid LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum"
                        + " WHERE c.relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped AND" + ours
                        + " UNION ALL SELECT c.relname || ' ' || conname || ' ' || pg_get_constraintdef(k.oid)"
                        + " FROM pg_class c JOIN pg_constraint k ON conrelid = c.oid WHERE" + ours
                        + " UNION ALL SELECT replace(pg_get_indexdef(c.oid), ' ON ONLY ', ' ON ') FROM pg_class c WHERE"
                        + " c.relkind IN ('i', 'I') AND" + ours
                        + " UNION ALL SELECT c.relname || ' ' || acl FROM pg_class c, unnest(relacl) acl"
                        + " WHERE acl::text LIKE '%_server=%' AND" + ours));
    }

    private Map<String, String> contents() {
        Map<String, String> contents = new java.util.TreeMap<>();
        TABLES.forEach(table -> contents.put(
                table, String.join("\n", database.query("SELECT t::text FROM " + table + " t ORDER BY t::text"))));
        return contents;
    }

    @Test
    void theTablesAreWhatTheyWereButForPartitionsAndOneConstraint() {
        pretendToBeCitus();
        database.execute("INSERT INTO pg_dist_node VALUES (true, true)");
        Set<String> tables = tables();
        Map<String, String> contents = contents();
        assertThat(contents.values()).doesNotContain("");

        assertThat(distribute()).containsExactlyInAnyOrderElementsOf(TABLES);

        assertThat(contents()).isEqualTo(contents);
        Set<String> expected = new TreeSet<>(tables);
        assertThat(expected.remove("mailbox mailbox_user_name_folder_key UNIQUE (user_name, folder)"))
                .isTrue();
        assertThat(expected.remove("CREATE UNIQUE INDEX mailbox_user_name_folder_key ON public.mailbox USING btree"
                        + " (user_name, folder)"))
                .isTrue();
        expected.add("CREATE INDEX mailbox_user_name_folder ON public.mailbox USING btree (user_name, folder)");
        assertThat(tables()).containsExactlyElementsOf(expected);
        assertThat(database.query("SELECT relname FROM pg_class WHERE relkind = 'p' OR relispartition"))
                .isEmpty();
        assertThat(database.query("SELECT reloptions::text FROM pg_class WHERE relname IN ('message', 'expunged',"
                        + " 'message_chunk') ORDER BY relname"))
                .containsExactly(
                        "{autovacuum_vacuum_scale_factor=0.05}",
                        "{autovacuum_vacuum_scale_factor=0.05,autovacuum_analyze_scale_factor=0.05}",
                        "{autovacuum_vacuum_scale_factor=0.01}");
        assertThat(distribute()).as("once is enough").isEmpty();
        assertThat(SchemaMigration.pending(PostgresSettings.of(settings)).block())
                .isEmpty();
    }

    @Test
    void allThatIsOfAMailboxIsWhereTheMailboxIs() {
        pretendToBeCitus();
        database.execute("INSERT INTO pg_dist_node VALUES (true, true)");
        distribute();
        assertThat(database.query(
                        "SELECT logicalrelid || ' ' || coalesce(partkey, '') || ' ' || coalesce(colocated, '') FROM"
                                + " pg_dist_partition ORDER BY logicalrelid::text"))
                .containsExactly(
                        "account  ",
                        "expunged mailbox_id mailbox",
                        "ledger name none",
                        "ledger_entry name ledger",
                        "mailbox mailbox_id none",
                        "mailbox_note mailbox_id mailbox",
                        "maildrop_lease mailbox_id mailbox",
                        "message mailbox_id mailbox",
                        "message_chunk mailbox_id mailbox",
                        "unreferenced mailbox_id mailbox");
    }

    @Test
    void whatIsMissingIsSaidAndNothingIsChanged() {
        Set<String> tables = tables();
        assertThatThrownBy(this::distribute).isInstanceOf(StoreException.class).hasMessageContaining("no Citus");
        pretendToBeCitus();
        assertThatThrownBy(this::distribute).isInstanceOf(StoreException.class).hasMessageContaining("no workers");
        database.execute("INSERT INTO pg_dist_node VALUES (true, true);"
                + " CREATE OR REPLACE FUNCTION create_reference_table(name text) RETURNS void LANGUAGE plpgsql AS"
                + " $$ BEGIN RAISE 'a worker is away'; END $$");
        assertThatThrownBy(this::distribute)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("a worker is away");
        assertThat(tables()).isEqualTo(tables);
        assertThatThrownBy(() -> new PostgresProvider().distribute(settings, "another"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("citus");
    }
}
