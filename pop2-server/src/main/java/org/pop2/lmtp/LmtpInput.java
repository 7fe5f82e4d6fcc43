package org.pop2.lmtp;

/** The inputs of a session, the columns of the {@link LmtpTable}. */
enum LmtpInput {
    OPEN,
    LHLO,
    MAIL,
    RCPT,
    DATA,
    END_OF_DATA,
    RSET,
    NOOP,
    VRFY,
    QUIT
}
