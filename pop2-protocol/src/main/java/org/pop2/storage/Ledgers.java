package org.pop2.storage;

import java.util.List;
import org.reactivestreams.Publisher;

/**
 * Durable records of long-running work, kept beside the mail: which messages have been collected from a provider, say.
 * See {@link MailStore#ledgers}. Unlike {@link Notes}, a ledger is durable, belongs to no mailbox, and may be long.
 * Work starts at subscription; errors are {@link StoreException}s. The contract test is
 * {@code org.pop2.storage.tck.LedgersContract}.
 */
public interface Ledgers {
    /** Most characters of a line. */
    int MAX_LINE = 1000;

    /**
     * Opens a ledger, created if missing, and holds it. Only one of several callers, in any thread, process or node,
     * gets it; the others fail with {@link StoreException.Reason#BUSY}. It is free again once it is closed, or soon
     * after its holder's process or node died.
     *
     * @param name 1 to 60 small letters, digits and hyphens
     * @throws IllegalArgumentException at the call, if the name is malformed
     */
    Publisher<Ledger> ledger(String name);

    /** For implementations: checks the argument of {@link #ledger}. */
    static void require(String name) {
        if (!name.matches("[a-z0-9-]{1,60}")) {
            throw new IllegalArgumentException("not the name of a ledger: " + name);
        }
    }

    /** For implementations: checks lines before they are written. */
    static List<String> checked(List<String> lines) {
        for (String line : lines) {
            if (line.length() > MAX_LINE || line.chars().anyMatch(c -> c < ' ' || c > '~')) {
                throw new IllegalArgumentException("no line of a ledger");
            }
        }
        return List.copyOf(lines);
    }

    /**
     * A ledger that is held: lines of ASCII without control characters, in their order. One call at a time. Once
     * another holder has it, every change fails with {@link StoreException.Reason#BUSY} and changes nothing.
     */
    interface Ledger {
        /** All lines, as a list. */
        Publisher<List<String>> lines();

        /**
         * Adds lines. Durable when it completes. After an error or a crash, some of them may be there, from the first
         * on.
         */
        Publisher<Void> append(List<String> lines);

        /**
         * Replaces all lines. Durable when it completes. After an error or a crash, either the old lines or the new
         * ones are there.
         */
        Publisher<Void> replace(List<String> lines);

        /** Releases the ledger for others. */
        Publisher<Void> close();
    }
}
