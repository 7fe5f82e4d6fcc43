package org.pop2.fetch;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.pop2.fetch.source.AtProvider;

/**
 * Which messages of an account are brought here, and what becomes of them there.
 *
 * @param which messages
 * @param since only those that arrived there within this time before the run
 * @param maxOctets of longer messages, only the beginning and a note are stored, and they stay at the provider
 * @param atProvider what to do with stored messages at the provider
 * @param earlierToo whether that goes for those, too, that were stored when they were to be kept there
 */
public record FetchPlan(
        Which which, Optional<Duration> since, long maxOctets, AtProvider atProvider, boolean earlierToo) {
    /** No limit: more than any message has. */
    public static final long ANY_OCTETS = 1L << 40;

    public static final FetchPlan DEFAULT = new FetchPlan(Which.NEW, Optional.empty(), ANY_OCTETS, AtProvider.KEEP);

    /** What becomes of a message there is decided when it is stored. */
    public FetchPlan(Which which, Optional<Duration> since, long maxOctets, AtProvider atProvider) {
        this(which, since, maxOctets, atProvider, false);
    }

    /** Whether something may have to be done there with what is stored now. */
    boolean acts() {
        return earlierToo || atProvider.kind() != AtProvider.Kind.KEEP;
    }

    /** Whether a message is one of those that {@link #since} leaves there; never if nobody knows when it came. */
    boolean isTooOld(Optional<Instant> received, Instant now) {
        return since.isPresent() && received.isPresent() && received.get().isBefore(now.minus(since.get()));
    }

    /** Which messages are wanted. */
    public enum Which {
        /** Those that come after the first run. */
        NEW,
        /** Those that are unread when they are first looked at: IMAP only. */
        UNSEEN,
        ALL
    }
}
