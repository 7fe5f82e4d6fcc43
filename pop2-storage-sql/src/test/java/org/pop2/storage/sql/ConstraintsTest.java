package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** States that cannot be: whatever program writes them, the database refuses. */
class ConstraintsTest {
    private static final String NOT_NULL = "23502";
    private static final String FOREIGN_KEY = "23503";
    private static final String UNIQUE = "23505";
    private static final String CHECK = "23514";

    private static final String BOX = "md5('box')::uuid";
    private static final String NO_BOX = "md5('no box')::uuid";
    private static final String BODY = "md5('body')::uuid";
    private static final String OTHER = "md5('other')::uuid";

    @SuppressWarnings("NullAway.Init")
    private static TestDatabase database;

    @SuppressWarnings("NullAway.Init")
    private static Connection connection;

    /** One mailbox with one message of two chunks. What is refused leaves it as it is, for all tests. */
    @BeforeAll
    static void fill() {
        database = TestDatabase.plain();
        database.execute(String.join(
                "; ",
                "INSERT INTO account (user_name, password_hash, enabled) VALUES ('postel', 'x', true)",
                "INSERT INTO mailbox (mailbox_id, user_name, folder, next_uid, messages, octets) VALUES (" + BOX
                        + ", 'postel', 'INBOX', 2, 1, 65538)",
                "INSERT INTO maildrop_lease (mailbox_id) VALUES (" + BOX + ")",
                message(BOX, "1", "65538", "2", BODY, "md5('delivery')::uuid", "sha256('x')", "''"),
                chunk(BODY, "0", "decode(repeat('61', 65536), 'hex')"),
                chunk(BODY, "1", "'\\x0d0a'")));
        connection = database.connect();
    }

    @AfterAll
    static void everythingIsAsItWas() throws SQLException {
        connection.close();
        assertThat(database.contradictions()).isEmpty();
        assertThat(database.query("SELECT octets FROM message")).containsExactly("65538");
    }

    private static String message(
            String box,
            String uid,
            String octets,
            String chunks,
            String body,
            String delivery,
            String hash,
            String from) {
        return "INSERT INTO message (mailbox_id, uid, octets, chunks, body_id, delivery_id, sha256, sender) VALUES ("
                + String.join(", ", box, uid, octets, chunks, body, delivery, hash, from) + ")";
    }

    private static String expunged(String box, String uid, String octets, String chunks, String session, String epoch) {
        return "INSERT INTO expunged (mailbox_id, uid, octets, chunks, received_at, body_id, sha256, sender, session,"
                + " epoch) VALUES ("
                + String.join(", ", box, uid, octets, chunks, "now()", OTHER, "sha256('x')", "''", session, epoch)
                + ")";
    }

    private static String chunk(String body, String seq, String data) {
        return "INSERT INTO message_chunk (mailbox_id, body_id, seq, data) VALUES ("
                + String.join(", ", BOX, body, seq, data) + ")";
    }

    private static String lease(String change) {
        return "UPDATE maildrop_lease SET " + change + " WHERE mailbox_id = " + BOX;
    }

    private static String mailbox(String change) {
        return "UPDATE mailbox SET " + change + " WHERE mailbox_id = " + BOX;
    }

    private static Arguments wrong(String what, String state, String sql) {
        return Arguments.of(what, state, sql);
    }

    static Stream<Arguments> wrongStates() {
        String hash = "sha256('x')";
        return Stream.of(
                wrong(
                        "message without mailbox",
                        FOREIGN_KEY,
                        message(NO_BOX, "9", "2", "1", OTHER, "NULL", hash, "''")),
                wrong("message twice", UNIQUE, message(BOX, "1", "2", "1", OTHER, "NULL", hash, "''")),
                wrong(
                        "delivery twice",
                        UNIQUE,
                        message(BOX, "9", "2", "1", OTHER, "md5('delivery')::uuid", hash, "''")),
                wrong("message number 0", CHECK, message(BOX, "0", "2", "1", OTHER, "NULL", hash, "''")),
                wrong("message of negative size", CHECK, message(BOX, "9", "-2", "0", OTHER, "NULL", hash, "''")),
                wrong("message without its CRLF", CHECK, message(BOX, "9", "1", "1", OTHER, "NULL", hash, "''")),
                wrong("too few chunks for the size", CHECK, message(BOX, "9", "65537", "1", OTHER, "NULL", hash, "''")),
                wrong(
                        "too many chunks for the size",
                        CHECK,
                        message(BOX, "9", "65536", "2", OTHER, "NULL", hash, "''")),
                wrong("message without body", NOT_NULL, message(BOX, "9", "2", "1", "NULL", "NULL", hash, "''")),
                wrong("message without hash", NOT_NULL, message(BOX, "9", "2", "1", OTHER, "NULL", "NULL", "''")),
                wrong("half a hash", CHECK, message(BOX, "9", "2", "1", OTHER, "NULL", "'\\x00'", "''")),
                wrong(
                        "sender that is too long",
                        CHECK,
                        message(BOX, "9", "2", "1", OTHER, "NULL", hash, "repeat('x', 257)")),
                wrong("deleted message without mailbox", FOREIGN_KEY, expunged(NO_BOX, "9", "2", "1", OTHER, "1")),
                wrong("deleted message with a wrong size", CHECK, expunged(BOX, "9", "2", "2", OTHER, "1")),
                wrong("deleted by no session", NOT_NULL, expunged(BOX, "9", "2", "1", "NULL", "1")),
                wrong("deleted without a fencing token", NOT_NULL, expunged(BOX, "9", "2", "1", OTHER, "NULL")),
                wrong("chunk twice", UNIQUE, chunk(BODY, "1", "'x'")),
                wrong("negative chunk", CHECK, chunk(OTHER, "-1", "'x'")),
                wrong("empty chunk", CHECK, chunk(OTHER, "0", "''")),
                wrong("chunk that is too large", CHECK, chunk(OTHER, "0", "decode(repeat('61', 65537), 'hex')")),
                wrong("mailbox with messages deleted from below it", FOREIGN_KEY, "DELETE FROM mailbox"),
                wrong("negative number of messages", CHECK, mailbox("messages = -1")),
                wrong("more messages than were ever delivered", CHECK, mailbox("messages = 2")),
                wrong("negative octets", CHECK, mailbox("octets = -1")),
                wrong("fewer octets than its messages have at least", CHECK, mailbox("octets = 1")),
                wrong("next number 0", CHECK, mailbox("next_uid = 0, messages = 0")),
                wrong("folder without name", CHECK, mailbox("folder = ''")),
                wrong(
                        "the same folder twice",
                        UNIQUE,
                        "INSERT INTO mailbox (mailbox_id, user_name, folder) VALUES (" + OTHER
                                + ", 'postel', 'INBOX')"),
                wrong(
                        "lease without mailbox",
                        FOREIGN_KEY,
                        "INSERT INTO maildrop_lease (mailbox_id) VALUES (" + NO_BOX + ")"),
                wrong(
                        "two leases for a mailbox",
                        UNIQUE,
                        "INSERT INTO maildrop_lease (mailbox_id) VALUES (" + BOX + ")"),
                wrong("holder without node", CHECK, lease("session = " + OTHER + ", epoch = 1, expires_at = now()")),
                wrong("node without holder", CHECK, lease("node = " + OTHER)),
                wrong(
                        "holder without a fencing token",
                        CHECK,
                        lease("session = " + OTHER + ", node = " + OTHER + ", expires_at = now()")),
                wrong(
                        "holder whose lease never was",
                        CHECK,
                        lease("session = " + OTHER + ", node = " + OTHER + ", epoch = 1")),
                wrong("token that is none", NOT_NULL, lease("epoch = NULL")),
                wrong("negative token", CHECK, lease("epoch = -1")),
                wrong("free lease that has an end", CHECK, lease("expires_at = now()")),
                wrong("free lease with the name of a node", CHECK, lease("node_name = 'a'")),
                wrong("holder that spoke after it was reported on", CHECK, lease("active_at = now()")),
                wrong("account in upper case", CHECK, account("'Postel'", "'x'")),
                wrong("account without name", CHECK, account("''", "'x'")),
                wrong("account without password", CHECK, account("'jkr'", "''")),
                wrong("negative quota of messages", CHECK, quota("-1", "0")),
                wrong("negative quota of octets", CHECK, quota("0", "-1")),
                wrong("half a quota", CHECK, quota("5", "NULL")),
                wrong("the other half", CHECK, quota("NULL", "5")),
                wrong("account twice", UNIQUE, account("'postel'", "'y'")));
    }

    private static String quota(String messages, String octets) {
        return "UPDATE account SET quota_messages = " + messages + ", quota_octets = " + octets
                + " WHERE user_name = 'postel'";
    }

    private static String account(String name, String hash) {
        return "INSERT INTO account (user_name, password_hash, enabled) VALUES (" + name + ", " + hash + ", true)";
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrongStates")
    void wrongStateIsRefused(String what, String state, String sql) {
        assertThatThrownBy(() -> {
                    try (Statement statement = connection.createStatement()) {
                        statement.execute(sql);
                    }
                })
                .as(what)
                .isInstanceOfSatisfying(
                        SQLException.class,
                        e -> assertThat(e.getSQLState()).as(sql).isEqualTo(state));
    }

    /** The table of wrong states proves nothing if right ones are refused as well. */
    @Test
    void rightStatesAreAccepted() {
        database.execute("BEGIN; "
                + message(BOX, "2", "2", "1", OTHER, "NULL", "sha256('x')", "'a@example.org'") + "; "
                + expunged(BOX, "3", "65536", "1", OTHER, "1") + "; "
                + chunk(OTHER, "0", "'ab'") + "; "
                + mailbox("next_uid = 4, messages = 2, octets = 65540") + "; "
                + lease("session = " + OTHER + ", node = " + OTHER + ", epoch = 1, expires_at = now(), node_name = 'a',"
                        + " active_at = now(), reported_at = now()")
                + "; " + account("'jkr'", "'x'") + "; " + quota("0", "9223372036854775807") + "; "
                + quota("NULL", "NULL") + "; ROLLBACK");
    }
}
