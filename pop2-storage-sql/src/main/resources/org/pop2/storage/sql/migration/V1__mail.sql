-- Accounts, mailboxes, leases and mail.
--
-- mailbox_id is computed from the user and the folder (MailboxId), so that nothing has to be looked up before a key is
-- known, two nodes that create the same folder agree, and every key can lead with it: on an engine that shards, a
-- mailbox and all its mail live together.

CREATE TABLE account (
    user_name     text COLLATE "C" PRIMARY KEY CHECK (octet_length(user_name) BETWEEN 1 AND 100 AND user_name !~ '[A-Z]'),
    password_hash text    NOT NULL CHECK (length(password_hash) BETWEEN 1 AND 1024),
    enabled       boolean NOT NULL
);

-- No reference to account: a user's mail outlives the account.
-- fillfactor: counters change with every delivery and release; room on the page keeps those updates out of the indexes.
CREATE TABLE mailbox (
    mailbox_id uuid PRIMARY KEY,
    user_name  text COLLATE "C" NOT NULL CHECK (octet_length(user_name) BETWEEN 1 AND 100),
    folder     text COLLATE "C" NOT NULL CHECK (octet_length(folder) BETWEEN 1 AND 255),
    next_uid   bigint NOT NULL DEFAULT 1 CHECK (next_uid >= 1),
    messages   bigint NOT NULL DEFAULT 0 CHECK (messages >= 0),
    octets     bigint NOT NULL DEFAULT 0 CHECK (octets >= 2 * messages),
    UNIQUE (user_name, folder)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- Apart from the counters: renewals and deliveries never want the same row.
CREATE TABLE maildrop_lease (
    mailbox_id  uuid PRIMARY KEY REFERENCES mailbox ON DELETE CASCADE,
    epoch       bigint      NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    session     uuid,
    node        uuid,
    node_name   text,
    expires_at  timestamptz NOT NULL DEFAULT '-infinity',
    active_at   timestamptz NOT NULL DEFAULT '-infinity',
    reported_at timestamptz NOT NULL DEFAULT '-infinity',
    notify_node uuid,
    CHECK ((session IS NULL) = (node IS NULL)),
    CHECK (session IS NOT NULL OR (node_name IS NULL AND expires_at = '-infinity')),
    CHECK (active_at <= reported_at)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON COLUMN maildrop_lease.epoch IS 'fencing token: grows with every acquisition';
COMMENT ON COLUMN maildrop_lease.active_at IS 'when the holder''s client last spoke, as of reported_at';
COMMENT ON COLUMN maildrop_lease.notify_node IS 'the node that has news here: a newcomer waits, or its lease was taken';
CREATE INDEX maildrop_lease_notify ON maildrop_lease (notify_node) WHERE notify_node IS NOT NULL;
CREATE INDEX maildrop_lease_node_name ON maildrop_lease (node_name) WHERE node_name IS NOT NULL;

-- Live mail. octets counts the wire form, which is what the chunks hold. Rows are never updated.
CREATE TABLE message (
    mailbox_id  uuid        NOT NULL REFERENCES mailbox,
    uid         bigint      NOT NULL CHECK (uid >= 1),
    octets      bigint      NOT NULL CHECK (octets >= 2),
    chunks      integer     NOT NULL CHECK (chunks = (octets + 65535) / 65536),
    received_at timestamptz NOT NULL DEFAULT now(),
    body_id     uuid        NOT NULL,
    delivery_id uuid,
    sha256      bytea       NOT NULL CHECK (length(sha256) = 32),
    sender      text        NOT NULL CHECK (length(sender) <= 256),
    PRIMARY KEY (mailbox_id, uid)
) PARTITION BY HASH (mailbox_id);
-- A repeated delivery finds the first one.
CREATE UNIQUE INDEX message_delivery ON message (mailbox_id, delivery_id) WHERE delivery_id IS NOT NULL;

-- What was deleted, until the retention time is over. Partitioned by hash like message and not by month: a message
-- must move here whatever the date, and a missing partition for next month would make every release fail. Retention
-- deletes by the index on expunged_at, in small batches, instead of dropping partitions.
CREATE TABLE expunged (
    mailbox_id  uuid        NOT NULL REFERENCES mailbox,
    uid         bigint      NOT NULL CHECK (uid >= 1),
    octets      bigint      NOT NULL CHECK (octets >= 2),
    chunks      integer     NOT NULL CHECK (chunks = (octets + 65535) / 65536),
    received_at timestamptz NOT NULL,
    body_id     uuid        NOT NULL,
    delivery_id uuid,
    sha256      bytea       NOT NULL CHECK (length(sha256) = 32),
    sender      text        NOT NULL,
    expunged_at timestamptz NOT NULL DEFAULT now(),
    session     uuid        NOT NULL,
    epoch       bigint      NOT NULL,
    PRIMARY KEY (mailbox_id, uid)
) PARTITION BY HASH (mailbox_id);
CREATE UNIQUE INDEX expunged_delivery ON expunged (mailbox_id, delivery_id) WHERE delivery_id IS NOT NULL;
CREATE INDEX expunged_at ON expunged (expunged_at);

-- Bodies, exactly as transmitted. All chunks of a body but the last are full. No reference to message: they come first.
CREATE TABLE message_chunk (
    mailbox_id uuid    NOT NULL,
    body_id    uuid    NOT NULL,
    seq        integer NOT NULL CHECK (seq >= 0),
    data       bytea   NOT NULL CHECK (length(data) BETWEEN 1 AND 65536),
    PRIMARY KEY (mailbox_id, body_id, seq)
) PARTITION BY HASH (mailbox_id);

-- Bodies that neither message nor expunged refers to: deliveries under way (since their start), and what is to be
-- swept (doomed). So every body is referred to by exactly one row of message, expunged or unreferenced.
CREATE TABLE unreferenced (
    mailbox_id uuid        NOT NULL,
    body_id    uuid        NOT NULL,
    since      timestamptz NOT NULL DEFAULT now(),
    doomed     boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (mailbox_id, body_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX unreferenced_since ON unreferenced (since);
CREATE INDEX unreferenced_doomed ON unreferenced (since) WHERE doomed;

DO $$
BEGIN
    -- lz4 reads several times faster than pglz, but not every build has it
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        EXECUTE 'ALTER TABLE message_chunk ALTER COLUMN data SET COMPRESSION lz4';
    END IF;
    -- mail comes and goes: vacuum early, or dead bodies pile up
    FOR i IN 0..15 LOOP
        EXECUTE format('CREATE TABLE message_p%s PARTITION OF message FOR VALUES WITH (MODULUS 16, REMAINDER %s)'
            ' WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)', i, i);
        EXECUTE format('CREATE TABLE expunged_p%s PARTITION OF expunged FOR VALUES WITH (MODULUS 16, REMAINDER %s)'
            ' WITH (autovacuum_vacuum_scale_factor = 0.05)', i, i);
        EXECUTE format('CREATE TABLE message_chunk_p%s PARTITION OF message_chunk'
            ' FOR VALUES WITH (MODULUS 16, REMAINDER %s)'
            ' WITH (autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_vacuum_scale_factor = 0.01)', i, i);
    END LOOP;
END
$$;
