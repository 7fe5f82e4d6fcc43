package org.pop2.lmtp;

/** A line that a client sent. */
sealed interface LmtpCommand {
    /** A command whose argument does not matter. */
    record Plain(LmtpInput verb) implements LmtpCommand {}

    /**
     * MAIL FROM.
     *
     * @param sender the address, empty for a bounce
     * @param size octets announced by SIZE= (RFC 1870); 0 if none were
     * @param deliveryId the id given by XDELIVERYID=, which distinguishes equal messages; empty if there was none
     */
    record Mail(String sender, long size, String deliveryId) implements LmtpCommand {}

    /** RCPT TO. */
    record Rcpt(Address address) implements LmtpCommand {}

    /** A line that is refused in any state; the reply says why. */
    record Refused(LmtpReply reply) implements LmtpCommand {}
}
