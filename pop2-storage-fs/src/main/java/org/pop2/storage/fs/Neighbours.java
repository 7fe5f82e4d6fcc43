package org.pop2.storage.fs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pop2.storage.Examined.Finding;
import org.pop2.storage.Examined.Severity;
import org.pop2.storage.fs.format.Quoting;
import org.pop2.storage.fs.format.Traces;
import org.pop2.storage.fs.lock.MailboxPath;
import org.pop2.storage.fs.lock.MboxLocks;

/** The programs that write the mailboxes too, by what they leave there, and whether the settings go with them. */
final class Neighbours {
    /** Who has many mailboxes has the same programs at all of them. */
    private static final int MOST_MAILBOXES = 32;

    private final Quoting quoting;
    private final MboxLocks.Kind locking;
    /** What was said, and of which mailboxes. */
    private final Map<String, List<MailboxPath>> said = new LinkedHashMap<>();

    private int seen;

    Neighbours(Quoting quoting, MboxLocks.Kind locking) {
        this.quoting = quoting;
        this.locking = locking;
    }

    /** Whether one more mailbox should be looked at. */
    boolean wantsMore() {
        return seen < MOST_MAILBOXES;
    }

    /** What was found in a mailbox. */
    void saw(MailboxPath path, Traces traces) {
        seen++;
        if (quoting != Quoting.NONE && traces.plain()) {
            say(
                    path,
                    "a program adds mail without quoting, as Dovecot, mutt and mail.local do, and a line >From of theirs"
                            + " loses its mark; storage.mbox.quoting = none goes with them");
        } else if (quoting == Quoting.NONE && traces.quoted()) {
            say(
                    path,
                    "a program that quotes adds mail, and clients see its marks before From; storage.mbox.quoting ="
                            + (traces.quotedTwice()
                                    ? " mboxrd goes with maildrop"
                                    : " mboxo goes with Postfix, Exim and procmail, mboxrd with maildrop"));
        } else if (quoting == Quoting.MBOXO && traces.quotedTwice()) {
            say(
                    path,
                    "a program adds mail with lines >>From, as maildrop does, and clients see a mark too many;"
                            + " storage.mbox.quoting = mboxrd goes with it");
        }
        if (traces.numbered() && locking == MboxLocks.Kind.DOTLOCK) {
            say(
                    path,
                    "an IMAP program uses it, and Dovecot reads under an fcntl lock alone; storage.mbox.locking = both"
                            + " goes with it");
        } else if (traces.numbered() && locking == MboxLocks.Kind.FCNTL) {
            say(
                    path,
                    "an IMAP program uses it, and alpine and UW imapd share the dot-lock alone; storage.mbox.locking ="
                            + " both goes with them");
        }
    }

    private void say(MailboxPath path, String what) {
        said.computeIfAbsent(what, text -> new ArrayList<>()).add(path);
    }

    List<Finding> findings() {
        return said.entrySet().stream()
                .map(each -> new Finding(
                        Severity.WARN,
                        each.getValue().get(0)
                                + (each.getValue().size() > 1
                                        ? " and " + (each.getValue().size() - 1) + " more"
                                        : "")
                                + ": " + each.getKey()))
                .toList();
    }
}
