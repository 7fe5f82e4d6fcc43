package org.pop2.server;

import java.util.List;
import java.util.Optional;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;

/** Maps mailbox names of clients to folders. */
final class FolderNames {
    /** Where mailboxes stood when the RFC was written (p. 14 has one), and since. */
    private static final List<String> SPOOLS = List.of("/usr/spool/mail/", "/var/spool/mail/", "/var/mail/");

    private FolderNames() {}

    /** The folder of that name; empty if the name is not allowed, so that no such folder can exist. */
    static Optional<FolderName> resolve(UserName user, String name) {
        for (String spool : SPOOLS) {
            if (name.startsWith(spool)) {
                return UserName.of(name.substring(spool.length()))
                        .filter(user::equals)
                        .map(own -> FolderName.INBOX);
            }
        }
        return FolderName.of(name);
    }
}
