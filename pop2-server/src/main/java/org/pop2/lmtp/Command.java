package org.pop2.lmtp;

/** A line that a client sent. */
sealed interface Command {
    /** LHLO, MAIL, … with an argument that needs no looking at. */
    record Plain(Input verb) implements Command {}

    /**
     * MAIL FROM.
     *
     * @param sender the address, empty for a bounce
     * @param size octets announced by SIZE= (RFC 1870); 0: none
     * @param deliveryId what XDELIVERYID= tells this message from an equal one by; empty: there was none
     */
    record Mail(String sender, long size, String deliveryId) implements Command {}

    /** RCPT TO. */
    record Rcpt(Address address) implements Command {}

    /** Nothing that can be done, whatever the state: the reply says why. */
    record Refused(Reply reply) implements Command {}
}
