package org.pop2.storage.fs.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
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
        try (OpenMailbox source = from.open(user, folder)) {
            return copyAll(source, user, folder, false);
        }
    }

    /**
     * Moves a folder to another user: copies it, reads all of it back, then deletes what was copied. Its owner's
     * sessions wait meanwhile, so nothing is copied that was deleted. A message that an interrupted move has copied is
     * recognised by its contents, sender and time of arrival; in doubt it is copied again.
     *
     * @return how many messages were copied, or had been copied before
     * @throws StoreException with {@link StoreException.Reason#CORRUPT} if a message is not read back as it was; then
     *     nothing is deleted
     */
    public FolderResult move(UserName owner, FolderName folder, UserName newOwner) throws IOException {
        try (OpenMailbox source = from.open(owner, folder)) {
            source.requireWritable();
            FolderResult result = copyAll(source, newOwner, folder, true);
            source.deleteAll();
            return result;
        }
    }

    /**
     * What two copies of a message have in common.
     *
     * @param envelope sender and second of arrival; empty where it does not matter
     */
    private record Identity(Fingerprint fingerprint, String envelope) {}

    private static Identity identity(Fingerprint fingerprint, OpenMailbox mailbox, int number, boolean byEnvelope) {
        return new Identity(
                fingerprint,
                byEnvelope
                        ? mailbox.envelope(number)
                                .map(it -> it.sender() + " "
                                        + it.received()
                                                .map(Instant::getEpochSecond)
                                                .orElse(0L))
                                .orElse("")
                        : "");
    }

    private FolderResult copyAll(OpenMailbox source, UserName user, FolderName folder, boolean byEnvelope)
            throws IOException {
        if (source.count() == 0) {
            // nothing of the destination has to be read for that
            return new FolderResult(0, 0);
        }
        int copied = 0;
        int present = 0;
        Map<Identity, Integer> there = identities(user, folder, byEnvelope);
        boolean fresh = there.isEmpty();
        Map<Identity, Integer> wanted = new HashMap<>();
        for (int number = 1; number <= source.count(); number++) {
            Fingerprint fingerprint = fresh ? null : source.fingerprint(number);
            if (fingerprint != null
                    && there.merge(identity(fingerprint, source, number, byEnvelope), -1, Integer::sum) >= 0) {
                present++;
            } else {
                fingerprint = copy(source, number, user, folder);
                copied++;
            }
            wanted.merge(identity(fingerprint, source, number, false), 1, Integer::sum);
            progress.octets(source.octets(number));
            progress.message();
        }
        verify(user, folder, wanted);
        return new FolderResult(copied, present);
    }

    private Map<Identity, Integer> identities(UserName user, FolderName folder, boolean byEnvelope) throws IOException {
        Map<Identity, Integer> found = new HashMap<>();
        try (OpenMailbox mailbox = to.open(user, folder)) {
            for (int number = 1; number <= mailbox.count(); number++) {
                found.merge(identity(mailbox.fingerprint(number), mailbox, number, byEnvelope), 1, Integer::sum);
            }
        }
        return found;
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

    private void verify(UserName user, FolderName folder, Map<Identity, Integer> wanted) throws IOException {
        Map<Identity, Integer> there = identities(user, folder, false);
        int missing = 0;
        for (Map.Entry<Identity, Integer> entry : wanted.entrySet()) {
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
}
