package org.pop2.lmtp;

/** A line that a client sent. */
sealed interface LmtpCommand {
    /** LHLO, MAIL, … with an argument that needs no looking at. */
    record Plain(LmtpInput verb) implements LmtpCommand {}

    /**
     * MAIL FROM.
     *
     * @param sender the address, empty for a bounce
     * @param size octets announced by SIZE= (RFC 1870); 0: none
     * @param deliveryId what XDELIVERYID= tells this message from an equal one by; empty: there was none
     */
    record Mail(String sender, long size, String deliveryId) implements LmtpCommand {}

    /** RCPT TO. */
    record Rcpt(Address address) implements LmtpCommand {}

    /** Nothing that can be done, whatever the state: the reply says why. */
    record Refused(LmtpReply reply) implements LmtpCommand {}
}
