package org.pop2.protocol;

/** Why a session ended. */
public enum End {
    /** The client said QUIT, and everything it asked for was done. */
    QUIT,
    /** The connection went away. */
    DISCONNECTED,
    /** The client sent nothing, or read nothing, for too long. */
    TIMED_OUT,
    /** A command out of its state, a malformed or an over-long line. */
    PROTOCOL_ERROR,
    /** The client speaks another protocol. */
    WRONG_PROTOCOL,
    /** RETR of a message that does not exist (RFC 937 p. 10). */
    NO_MESSAGE,
    /** A password in clear is not allowed from the client's network. */
    CLEARTEXT_REFUSED,
    /** Unknown user or wrong password. */
    LOGIN_REFUSED,
    /** Too many logins or connections just now. */
    OVERLOADED,
    /** The session exceeded a limit of its own. */
    LIMIT_REACHED,
    /** Another session holds the mailbox. */
    MAILBOX_IN_USE,
    /** The mailbox was taken over by another session. */
    MAILBOX_LOST,
    /** An operator closed it. */
    KICKED,
    /** The storage failed. */
    STORAGE_FAILED,
    /** The server is stopping. */
    SHUTDOWN
}
