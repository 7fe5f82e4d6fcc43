package org.pop2.storage.fs.exchange;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;
import org.pop2.storage.transfer.Fingerprint;

/**
 * Finds out which of the messages in doubt are in the mailbox: it has more equal ones than the state knows of. The
 * mailbox is read once for all messages whose fingerprint was recorded, and again for each that was too large for that.
 */
final class Doubts {
    private final OpenStore store;
    private final UserName user;
    private final FolderName folder;
    private final ImportState state;
    /** How many more of each message are stored than the state knows of, less those claimed. */
    private @Nullable Map<Fingerprint, Integer> unclaimed;

    Doubts(OpenStore store, UserName user, FolderName folder, ImportState state) {
        this.store = store;
        this.user = user;
        this.folder = folder;
        this.state = state;
    }

    /**
     * Whether a message in doubt was delivered. Each stored message is claimed once. To be asked while everything this
     * run delivered is recorded as done.
     */
    boolean wasDelivered(Fingerprint fingerprint) throws IOException {
        Map<Fingerprint, Integer> left = unclaimed;
        if (left == null) {
            left = look(state.inDoubt());
            unclaimed = left;
        }
        if (!left.containsKey(fingerprint)) {
            left.putAll(look(Set.of(fingerprint)));
        }
        return left.merge(fingerprint, -1, Integer::sum) >= 0;
    }

    private Map<Fingerprint, Integer> look(Set<Fingerprint> wanted) throws IOException {
        Map<Fingerprint, Integer> more = new HashMap<>();
        wanted.forEach(each -> more.put(each, -state.count(each)));
        long least = wanted.stream().mapToLong(Fingerprint::octets).min().orElse(Long.MAX_VALUE);
        try (OpenMailbox mailbox = store.open(user, folder)) {
            for (int number = 1; number <= mailbox.count(); number++) {
                // what the storage removed from it makes it shorter, never longer
                if (mailbox.octets(number) >= least) {
                    more.computeIfPresent(mailbox.fingerprint(number), (each, count) -> count + 1);
                }
            }
        }
        return more;
    }
}
