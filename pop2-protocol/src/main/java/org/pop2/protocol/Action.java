package org.pop2.protocol;

/** What the server does: the numbered actions of its decision table (RFC 937 p. 23). */
public enum Action {
    /** 1: send {@code - error} and close. */
    REJECT(1),
    /** 2: greet, → AUTH. */
    GREET(2),
    /** 3: if authorised {@code #NNN}, → MBOX; else {@code - error} and close. */
    LOG_IN(3),
    /** 4: {@code + bye}, → DONE. */
    FINISH(4),
    /** 5: {@code #NNN}, → MBOX. (The RFC prints {@code +NNN} here, a slip: text and diagrams say {@code #}.) */
    SELECT(5),
    /** 6: {@code =CCC}, → ITEM. */
    TELL_LENGTH(6),
    /** 7: send the message, → NEXT; if there is none, close. */
    TRANSFER(7),
    /** 8: do what the acknowledgement says, {@code =CCC}, → ITEM. */
    ACKNOWLEDGE(8),
    /** 9: close. */
    CLOSE(9);

    private final int number;

    Action(int number) {
        this.number = number;
    }

    /** The number that the RFC gives it. */
    public int number() {
        return number;
    }
}
