-- States that no statement of ours leaves behind, and that nobody else shall.

-- A holder has a fencing token, and its lease an end.
ALTER TABLE maildrop_lease
    ADD CONSTRAINT maildrop_lease_holder CHECK (session IS NULL OR (epoch >= 1 AND expires_at > '-infinity'));

-- No more messages than numbers were given out.
ALTER TABLE mailbox
    ADD CONSTRAINT mailbox_numbers CHECK (next_uid > messages);
