package org.pop2.storage.sql;

/**
 * Holds each transaction to one mailbox, as if each were a shard of its own: the database refuses one that changes rows
 * of two. Only leases by themselves may be of many: a node renews and gives back its own together.
 */
final class OneMailbox {

    private OneMailbox() {}

    /** From now on; triggers stay in the database. */
    static void watch(TestDatabase database) {
        database.execute("CREATE FUNCTION of_one_mailbox() RETURNS trigger LANGUAGE plpgsql AS $$"
                + " DECLARE mailbox text := coalesce(to_jsonb(NEW), to_jsonb(OLD)) ->> 'mailbox_id';"
                + " setting text := CASE TG_TABLE_NAME WHEN 'maildrop_lease' THEN 'watch.lease' ELSE 'watch.mail' END;"
                + " other text := coalesce(current_setting(setting, true), '');"
                + " lease text; mail text;"
                + " BEGIN"
                // what tests do themselves is not watched
                + "  IF current_setting('application_name') <> 'pop2d' THEN RETURN NULL; END IF;"
                + "  PERFORM set_config(setting, CASE WHEN other IN ('', mailbox) THEN mailbox ELSE 'many' END, true);"
                + "  lease := coalesce(current_setting('watch.lease', true), '');"
                + "  mail := coalesce(current_setting('watch.mail', true), '');"
                + "  IF mail = 'many' OR (lease <> '' AND mail <> '' AND lease <> mail) THEN"
                + "   RAISE EXCEPTION 'a transaction of two mailboxes, at %', TG_TABLE_NAME USING ERRCODE = '23999';"
                + "  END IF; RETURN NULL; END $$");
        for (String table : new String[] {
            "mailbox", "maildrop_lease", "mailbox_note", "message", "expunged", "message_chunk", "unreferenced"
        }) {
            database.execute("CREATE TRIGGER of_one_mailbox AFTER INSERT OR UPDATE OR DELETE ON " + table
                    + " FOR EACH ROW EXECUTE FUNCTION of_one_mailbox()");
        }
    }
}
