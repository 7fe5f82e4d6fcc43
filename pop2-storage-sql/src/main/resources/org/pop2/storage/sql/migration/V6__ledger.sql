-- How far work has come that goes on for years: which mail of an account elsewhere is here, for one. A node holds a
-- ledger while it works; entries are added, and replaced as a whole.

CREATE TABLE ledger (
    name       text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z0-9-]{1,60}$'),
    holder     uuid,
    expires_at timestamptz NOT NULL DEFAULT '-infinity',
    entries    bigint      NOT NULL DEFAULT 0 CHECK (entries >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE ledger_entry (
    name   text COLLATE "C" NOT NULL REFERENCES ledger ON DELETE CASCADE,
    number bigint NOT NULL CHECK (number >= 1),
    lines  text   NOT NULL,
    PRIMARY KEY (name, number)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
