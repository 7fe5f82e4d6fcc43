package org.pop2.storage;

import java.util.Collection;
import org.reactivestreams.Publisher;

/** What is in the way of a storage's work, for an administrator ({@link MailStore#examined}). */
public interface Examined {

    /**
     * Looks at what the mailboxes of these users need: locks, permissions, what a crash may have left. Work starts at
     * subscription; nothing is changed, and a lock is held for a moment at most. Nothing found: nothing is in the way.
     * Errors are {@link StoreException}s.
     */
    Publisher<Finding> examine(Collection<UserName> users);

    /**
     * Something that is not as it should be.
     *
     * @param severity how bad it is
     * @param text one line, that names what it is about
     */
    record Finding(Severity severity, String text) {}

    /** How bad a finding is. */
    enum Severity {
        /** It may be as it should be just now: somebody has a lock. */
        NOTE,
        /** It works, but not as well or as safely as it could. */
        WARN,
        /** It does not work until somebody has done something. */
        FAIL
    }
}
