package org.pop2.storage;

import java.time.Duration;

/**
 * When a second session of a user gets a mailbox that another one holds (rule S13).
 *
 * @param takeoverAfter how long the holder must have been silent to lose the mailbox; zero: at once
 * @param busyWait how long opening waits for a holder that is not silent enough, before it fails as busy
 */
public record HoldPolicy(Duration takeoverAfter, Duration busyWait) {
    /** 30 s of silence, 5 s of waiting. */
    public static final HoldPolicy DEFAULT = new HoldPolicy(Duration.ofSeconds(30), Duration.ofSeconds(5));

    public HoldPolicy {
        if (takeoverAfter.isNegative() || busyWait.isNegative()) {
            throw new IllegalArgumentException("a duration of a hold policy is negative");
        }
    }
}
