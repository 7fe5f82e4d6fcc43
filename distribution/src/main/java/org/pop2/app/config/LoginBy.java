package org.pop2.app.config;

/** Who says whether a password is right. */
public enum LoginBy {
    /** The hashes that accounts keep. */
    ACCOUNTS,
    /** A process beside this one, which asks PAM or whatever it was told to. */
    SASLAUTHD
}
