package org.pop2.storage;

import java.util.List;
import org.reactivestreams.Publisher;

/**
 * Remembers, beside the mail, how far work has come that goes on for years ({@link MailStore#ledgers}). Unlike
 * {@link Notes}, a ledger is durable, belongs to no mailbox, and may be long. Work starts at subscription; errors are
 * {@link StoreException}s. The contract test is {@code org.pop2.storage.tck.LedgersContract}.
 */
public interface Ledgers {
    /** Most characters of a line. */
    int MAX_LINE = 1000;

    /**
     * Opens a ledger, or makes it, and holds it: of several that open it, in whatever thread, process or node, one gets
     * it, and the others fail with {@link StoreException.Reason#BUSY}. It is free again when it is closed, and soon
     * after the process or the node of whoever held it died.
     *
     * @param name 1 to 60 small letters, digits and hyphens
     * @throws IllegalArgumentException at the call, if the name is none
     */
    Publisher<Ledger> ledger(String name);

    /** For those who implement it: the argument of {@link #ledger}. */
    static void require(String name) {
        if (!name.matches("[a-z0-9-]{1,60}")) {
            throw new IllegalArgumentException("not the name of a ledger: " + name);
        }
    }

    /** For those who implement it: lines that are to be written. */
    static List<String> checked(List<String> lines) {
        for (String line : lines) {
            if (line.length() > MAX_LINE || line.chars().anyMatch(c -> c < ' ' || c > '~')) {
                throw new IllegalArgumentException("no line of a ledger");
            }
        }
        return List.copyOf(lines);
    }

    /**
     * A ledger that is held: lines of ASCII without control characters, in their order. One call at a time. Every
     * change fails with {@link StoreException.Reason#BUSY} once another has got it, and changes nothing then.
     */
    interface Ledger {
        /** All lines, as a list. */
        Publisher<List<String>> lines();

        /** Adds lines. Durable when it completes; after an error, or a crash, some of the first may be there. */
        Publisher<Void> append(List<String> lines);

        /** Puts lines in place of all. Durable when it completes; after an error, or a crash, it is those or these. */
        Publisher<Void> replace(List<String> lines);

        /** Lets others have it. */
        Publisher<Void> close();
    }
}
