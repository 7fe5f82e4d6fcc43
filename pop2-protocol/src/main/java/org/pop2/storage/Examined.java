package org.pop2.storage;

import java.util.Collection;
import org.reactivestreams.Publisher;

/** A storage that can say what keeps it from working; see {@link MailStore#examined}. */
public interface Examined {

    /**
     * Looks at what the mailboxes of these users need: locks, permissions, what a crash may have left. Work starts at
     * subscription; nothing is changed, and a lock is held for a moment at most. Emits nothing if all is well. Errors
     * are {@link StoreException}s.
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
        /** Probably right, and worth knowing: another program holds a lock. */
        NOTE,
        /** It works, but less well or less safely than it could. */
        WARN,
        /** It does not work until this is mended. */
        FAIL
    }
}
