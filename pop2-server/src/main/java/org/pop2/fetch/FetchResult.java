package org.pop2.fetch;

/**
 * What a run did.
 *
 * @param stored messages
 * @param octets of these
 * @param refused messages that stay at the provider and are tried again
 * @param left messages that stay at the provider for good
 */
public record FetchResult(long stored, long octets, long refused, long left) {
    /** Whether anything happened. */
    public boolean didSomething() {
        return stored + refused + left > 0;
    }
}
