package org.pop2.storage.fs.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.pop2.storage.Account;
import org.pop2.storage.Enveloped.Envelope;
import org.pop2.storage.FolderName;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.transfer.Fingerprint;
import org.pop2.storage.transfer.Header;
import org.pop2.storage.transfer.Progress;
import org.reactivestreams.Publisher;

/**
 * Copies accounts and folders from one storage to another. It recognises what the destination already has by its
 * contents, so it can be killed and run again, and copies only what is missing.
 */
public final class Copier {
    private final OpenStore from;
    private final OpenStore to;
    private final Progress progress;

    public Copier(OpenStore from, OpenStore to, Progress progress) {
        this.from = from;
        this.to = to;
        this.progress = progress;
    }

    /** The result for an account. */
    public enum AccountResult {
        COPIED,
        SAME,
        /** The destination has a different password or rights, and keeps them. */
        DIFFERENT
    }

    /**
     * The result for a folder.
     *
     * @param copied messages delivered to the destination
     * @param present messages that were there already
     */
    public record FolderResult(int copied, int present) {}

    public AccountResult account(Account account) {
        Optional<Account> there = to.account(account.user());
        if (there.isEmpty()) {
            to.put(account);
            return AccountResult.COPIED;
        }
        return there.get().equals(account) ? AccountResult.SAME : AccountResult.DIFFERENT;
    }

    /**
     * Copies the messages of a folder that the destination lacks, and reads all of them back there.
     *
     * @throws StoreException with {@link StoreException.Reason#CORRUPT} if a message is not read back as it was
     */
    public FolderResult folder(UserName user, FolderName folder) throws IOException {
        int copied = 0;
        int present = 0;
        try (OpenMailbox source = from.open(user, folder)) {
            Map<Fingerprint, Integer> there = fingerprints(user, folder);
            boolean fresh = there.isEmpty();
            Map<Fingerprint, Integer> wanted = new HashMap<>();
            for (int number = 1; number <= source.count(); number++) {
                Fingerprint fingerprint = fresh ? null : source.fingerprint(number);
                if (fingerprint != null && there.merge(fingerprint, -1, Integer::sum) >= 0) {
                    present++;
                } else {
                    fingerprint = copy(source, number, user, folder);
                    copied++;
                }
                wanted.merge(fingerprint, 1, Integer::sum);
                progress.octets(source.octets(number));
                progress.message();
            }
            verify(user, folder, wanted);
        }
        return new FolderResult(copied, present);
    }

    private Fingerprint copy(OpenMailbox source, int number, UserName user, FolderName folder) throws IOException {
        byte[] head = source.head(number);
        Fingerprint.Builder fingerprint = new Fingerprint.Builder();
        Publisher<ByteBuffer> content = source.stream(number, fingerprint::add);
        Header header = Header.of(head, head.length);
        Optional<Envelope> envelope = source.envelope(number);
        to.deliver(
                user,
                folder,
                new Message(
                        content,
                        envelope.map(Envelope::sender)
                                .filter(sender -> !sender.isEmpty())
                                .orElse(header.sender()),
                        Optional.empty(),
                        envelope.flatMap(Envelope::received).or(header::received)));
        return fingerprint.build();
    }

    private void verify(UserName user, FolderName folder, Map<Fingerprint, Integer> wanted) throws IOException {
        Map<Fingerprint, Integer> there = fingerprints(user, folder);
        int missing = 0;
        for (Map.Entry<Fingerprint, Integer> entry : wanted.entrySet()) {
            missing += Math.max(0, entry.getValue() - there.getOrDefault(entry.getKey(), 0));
        }
        if (missing > 0) {
            throw new StoreException(
                    StoreException.Reason.CORRUPT,
                    user + "/" + folder + ": " + missing + " of "
                            + wanted.values().stream().mapToInt(it -> it).sum()
                            + " messages could not be read back from the destination");
        }
    }

    private Map<Fingerprint, Integer> fingerprints(UserName user, FolderName folder) throws IOException {
        Map<Fingerprint, Integer> found = new HashMap<>();
        try (OpenMailbox mailbox = to.open(user, folder)) {
            for (int number = 1; number <= mailbox.count(); number++) {
                found.merge(mailbox.fingerprint(number), 1, Integer::sum);
            }
        }
        return found;
    }
}
