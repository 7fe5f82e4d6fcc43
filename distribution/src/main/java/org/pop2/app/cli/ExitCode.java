package org.pop2.app.cli;

/** Exit codes as {@code sysexits.h} has them: mail systems act on them. */
public final class ExitCode {
    public static final int OK = 0;
    /** The command line is wrong. */
    public static final int USAGE = 64;
    /** The input is wrong: a password that nobody could log in with, an account that exists. */
    public static final int DATA = 65;
    /** A file or folder to read does not exist. */
    public static final int NO_INPUT = 66;
    /** No such user. */
    public static final int NO_USER = 67;
    /** The storage or the address cannot be used. */
    public static final int UNAVAILABLE = 69;
    /** A bug of ours. */
    public static final int SOFTWARE = 70;
    /** No space, or the quota is used up. */
    public static final int CANNOT_CREATE = 73;
    /** Reading or writing a stream failed. */
    public static final int IO = 74;
    /** Try again later. */
    public static final int TRY_LATER = 75;
    /** Another server violates the protocol. */
    public static final int PROTOCOL = 76;
    /** Another server refuses the login. */
    public static final int NO_PERMISSION = 77;
    /** The configuration is wrong. */
    public static final int CONFIG = 78;

    private ExitCode() {}
}
