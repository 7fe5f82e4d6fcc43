package org.pop2.lmtp;

/** The actions in the {@link LmtpTable}. */
enum LmtpAction {
    /** 220. */
    WELCOME,
    /** 250 and the extensions; ends a transaction. */
    GREET,
    /** Begins a transaction. */
    TAKE_SENDER,
    /** Looks for the recipient, and adds it to the transaction if it exists. */
    TAKE_RECIPIENT,
    /** 354. */
    RECEIVE,
    /** Delivers to each recipient; one reply each. */
    DELIVER,
    /** 250; ends a transaction. */
    RESET,
    /** 250. */
    NOTHING,
    /** 252: does not disclose who has an account. */
    NOT_VERIFIED,
    /** 221. */
    FINISH,
    /** 503; nothing changes. */
    REJECT
}
