-- The tables of version 6 over the workers of a Citus cluster, with what is in them. One transaction: all of it or
-- nothing. Whatever belongs to a mailbox is where the mailbox is; accounts, which each delivery looks at, are on every
-- node; a ledger is somewhere by itself.

-- constraints that refer to other tables allow only one connection to each worker
SET LOCAL citus.multi_shard_modify_mode = 'sequential';
LOCK TABLE account, mailbox, maildrop_lease, mailbox_note, message, expunged, message_chunk, unreferenced, ledger,
    ledger_entry IN ACCESS EXCLUSIVE MODE;

-- No engine that shards by mailbox can see to this one. It follows from the key, which is computed of both.
ALTER TABLE mailbox DROP CONSTRAINT mailbox_user_name_folder_key;
CREATE INDEX mailbox_user_name_folder ON mailbox (user_name, folder);

-- for the time of the move
ALTER TABLE maildrop_lease DROP CONSTRAINT maildrop_lease_mailbox_id_fkey;
ALTER TABLE mailbox_note DROP CONSTRAINT mailbox_note_mailbox_id_fkey;
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_name_fkey;

-- shards take the place of partitions
ALTER TABLE message RENAME TO parted_message;
ALTER INDEX message_pkey RENAME TO parted_message_pkey;
ALTER INDEX message_delivery RENAME TO parted_message_delivery;
ALTER TABLE expunged RENAME TO parted_expunged;
ALTER INDEX expunged_pkey RENAME TO parted_expunged_pkey;
ALTER INDEX expunged_at RENAME TO parted_expunged_at;
ALTER TABLE message_chunk RENAME TO parted_message_chunk;
ALTER INDEX message_chunk_pkey RENAME TO parted_message_chunk_pkey;

CREATE TABLE message (LIKE parted_message INCLUDING ALL EXCLUDING INDEXES, PRIMARY KEY (mailbox_id, uid))
    WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
CREATE UNIQUE INDEX message_delivery ON message (mailbox_id, delivery_id) WHERE delivery_id IS NOT NULL;
CREATE TABLE expunged (LIKE parted_expunged INCLUDING ALL EXCLUDING INDEXES, PRIMARY KEY (mailbox_id, uid))
    WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX expunged_at ON expunged (expunged_at);
CREATE TABLE message_chunk
    (LIKE parted_message_chunk INCLUDING ALL EXCLUDING INDEXES, PRIMARY KEY (mailbox_id, body_id, seq))
    WITH (autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_vacuum_scale_factor = 0.01);

-- who may do what with the old ones may do it with the new ones
DO $$
DECLARE given record;
BEGIN
    FOR given IN
        SELECT substr(old.relname, length('parted_') + 1) AS new_name, grantee.rolname, acl.privilege_type
        FROM pg_class old, aclexplode(old.relacl) acl JOIN pg_roles grantee ON grantee.oid = acl.grantee
        WHERE old.oid IN ('parted_message'::regclass, 'parted_expunged'::regclass, 'parted_message_chunk'::regclass)
    LOOP
        EXECUTE format('GRANT %s ON %I TO %I', given.privilege_type, given.new_name, given.rolname);
    END LOOP;
END
$$;

SELECT create_distributed_table('mailbox', 'mailbox_id', colocate_with => 'none');
SELECT create_distributed_table('maildrop_lease', 'mailbox_id', colocate_with => 'mailbox');
SELECT create_distributed_table('mailbox_note', 'mailbox_id', colocate_with => 'mailbox');
SELECT create_distributed_table('unreferenced', 'mailbox_id', colocate_with => 'mailbox');
SELECT create_distributed_table('message', 'mailbox_id', colocate_with => 'mailbox');
SELECT create_distributed_table('expunged', 'mailbox_id', colocate_with => 'mailbox');
SELECT create_distributed_table('message_chunk', 'mailbox_id', colocate_with => 'mailbox');
SELECT create_distributed_table('ledger', 'name', colocate_with => 'none');
SELECT create_distributed_table('ledger_entry', 'name', colocate_with => 'ledger');
SELECT create_reference_table('account');

INSERT INTO message SELECT * FROM parted_message;
INSERT INTO expunged SELECT * FROM parted_expunged;
INSERT INTO message_chunk SELECT * FROM parted_message_chunk;
DROP TABLE parted_message, parted_expunged, parted_message_chunk;

ALTER TABLE maildrop_lease ADD CONSTRAINT maildrop_lease_mailbox_id_fkey
    FOREIGN KEY (mailbox_id) REFERENCES mailbox ON DELETE CASCADE;
ALTER TABLE mailbox_note ADD CONSTRAINT mailbox_note_mailbox_id_fkey
    FOREIGN KEY (mailbox_id) REFERENCES mailbox ON DELETE CASCADE;
ALTER TABLE message ADD CONSTRAINT message_mailbox_id_fkey FOREIGN KEY (mailbox_id) REFERENCES mailbox;
ALTER TABLE expunged ADD CONSTRAINT expunged_mailbox_id_fkey FOREIGN KEY (mailbox_id) REFERENCES mailbox;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_name_fkey
    FOREIGN KEY (name) REFERENCES ledger ON DELETE CASCADE;

-- what the coordinator itself still has of the tables that were moved as they are
SELECT truncate_local_data_after_distributing_table('mailbox');
SELECT truncate_local_data_after_distributing_table('maildrop_lease');
SELECT truncate_local_data_after_distributing_table('mailbox_note');
SELECT truncate_local_data_after_distributing_table('unreferenced');
SELECT truncate_local_data_after_distributing_table('ledger');
SELECT truncate_local_data_after_distributing_table('ledger_entry');
