-- What a server notes about a mailbox for its own use: which messages a kind of client has been shown, for one.

CREATE TABLE mailbox_note (
    mailbox_id uuid  NOT NULL REFERENCES mailbox ON DELETE CASCADE,
    name       text COLLATE "C" NOT NULL CHECK (name ~ '^[a-z0-9]{1,20}$'),
    octets     bytea NOT NULL CHECK (length(octets) BETWEEN 1 AND 262144),
    PRIMARY KEY (mailbox_id, name)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
