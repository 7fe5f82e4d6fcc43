package org.pop2.app;

/** Exit codes as {@code sysexits.h} has them: mail systems act on them. */
final class ExitCode {
    static final int OK = 0;
    /** The command line is wrong. */
    static final int USAGE = 64;
    /** What was given is wrong: a password nobody could log in with, an account that exists already. */
    static final int DATA = 65;
    /** A file or folder to be read is not there. */
    static final int NO_INPUT = 66;
    /** No such user. */
    static final int NO_USER = 67;
    /** The storage or the address cannot be used. */
    static final int UNAVAILABLE = 69;
    /** A bug of ours. */
    static final int SOFTWARE = 70;
    /** No space or quota to write to. */
    static final int CANNOT_CREATE = 73;
    /** Reading or writing a stream failed. */
    static final int IO = 74;
    /** Try again later. */
    static final int TRY_LATER = 75;
    /** Another server does not keep to the protocol. */
    static final int PROTOCOL = 76;
    /** Another server does not let us in. */
    static final int NO_PERMISSION = 77;
    /** The configuration is wrong. */
    static final int CONFIG = 78;

    private ExitCode() {}
}
