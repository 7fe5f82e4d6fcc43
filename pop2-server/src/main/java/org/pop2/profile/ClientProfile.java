package org.pop2.profile;

import java.util.List;
import java.util.Optional;

/**
 * What a kind of client needs. Immutable; start from one of the constants and change what differs.
 *
 * @param name what the configuration calls it
 * @param strict the grammar of commands is taken to the letter
 * @param securityLevel a third word of HELO that is one digit is no part of the password: POPmail sends one
 * @param noMail a login that finds no mail is answered {@code + No mail} instead of {@code #0}, and may be followed by
 *     another: KA9Q NOS would announce new mail
 * @param width longest line in octets, its CRLF not counted; 0: any. A longer one is broken, in the header as RFC 822
 *     has it (folding), in the body behind a space if there is one in its second half
 * @param fromLine the message begins with the {@code From } line of a mailbox file, and no other line looks like one:
 *     KA9Q NOS writes what it gets to such a file
 * @param plainControls NUL becomes a space, and CR that ends no line a line's end: NOS counts lines with the C library
 *     and hangs otherwise
 * @param status the header has a {@code Status:} field, as UW ipop2d sends
 * @param finalLine an empty line follows the message, and counts: PC-NFS waits for it, and UW ipop2d sends it
 * @param keep ACKD is taken as ACKS: nothing is ever deleted
 * @param maxOctets of a message longer than that only the beginning is sent, with a note, and ACKD does not delete it;
 *     0: messages of any length are sent
 * @param ascii MIME is taken apart, and what is sent is text in ASCII, with its attachments named; see
 *     {@link org.pop2.profile.ascii}. A message of which something was left out is not deleted by ACKD
 * @param dropAttachments with {@code ascii}, ACKD deletes a message too whose attachments were only named
 */
public record ClientProfile(
        String name,
        boolean strict,
        boolean securityLevel,
        boolean noMail,
        int width,
        boolean fromLine,
        boolean plainControls,
        boolean status,
        boolean finalLine,
        boolean keep,
        long maxOctets,
        boolean ascii,
        boolean dropAttachments) {

    /** Shortest line that can be asked for: what is left of one must still be text. */
    public static final int MIN_WIDTH = 20;
    /** Longest: RFC 821 has 1000 octets with the CRLF. */
    public static final int MAX_WIDTH = 998;
    /** Fewest octets that a long message can be cut to: a header has to have room. */
    public static final long MIN_CUT = 1024;

    /** What the RFC has, and nothing else. */
    public static final ClientProfile DEFAULT =
            new ClientProfile("default", false, false, false, 0, false, false, false, false, false, 0, false, false);

    public static final ClientProfile STRICT = DEFAULT.named("strict").withStrict(true);
    public static final ClientProfile UW = DEFAULT.named("uw").withStatus(true).withFinalLine(true);
    /** Its buffer has 256 octets. */
    public static final ClientProfile KA9Q = DEFAULT.named("ka9q")
            .withNoMail(true)
            .withWidth(250)
            .withFromLine(true)
            .withPlainControls(true);
    /** Its buffer has some 1023 octets. */
    public static final ClientProfile JNOS =
            DEFAULT.named("jnos").withWidth(MAX_WIDTH).withPlainControls(true);

    public static final ClientProfile PCNFS = DEFAULT.named("pcnfs").withFinalLine(true);
    public static final ClientProfile POPMAIL = DEFAULT.named("popmail").withSecurityLevel(true);

    /** Those that need not be configured. */
    public static final List<ClientProfile> ALL = List.of(DEFAULT, STRICT, UW, KA9Q, JNOS, PCNFS, POPMAIL);

    /** @throws IllegalArgumentException if the width or the limit is outside of what makes sense */
    public ClientProfile {
        if (width != 0 && (width < MIN_WIDTH || width > MAX_WIDTH)) {
            throw new IllegalArgumentException("lines have " + MIN_WIDTH + " to " + MAX_WIDTH + " octets, or any");
        }
        if (maxOctets != 0 && maxOctets < MIN_CUT) {
            throw new IllegalArgumentException("messages are cut to " + MIN_CUT + " octets or more");
        }
    }

    /** The one of {@link #ALL} with that name. */
    public static Optional<ClientProfile> of(String name) {
        return ALL.stream().filter(profile -> profile.name.equals(name)).findFirst();
    }

    /** Whether messages of this length are sent as they are. */
    boolean leavesAsIs(long octets) {
        return !ascii && width == 0 && !fromLine && !plainControls && !status && !finalLine && !cuts(octets);
    }

    boolean cuts(long octets) {
        return maxOctets > 0 && octets > maxOctets;
    }

    public ClientProfile named(String to) {
        return new ClientProfile(
                to,
                strict,
                securityLevel,
                noMail,
                width,
                fromLine,
                plainControls,
                status,
                finalLine,
                keep,
                maxOctets,
                ascii,
                dropAttachments);
    }

    public ClientProfile withStrict(boolean to) {
        return new ClientProfile(
                name,
                to,
                securityLevel,
                noMail,
                width,
                fromLine,
                plainControls,
                status,
                finalLine,
                keep,
                maxOctets,
                ascii,
                dropAttachments);
    }

    public ClientProfile withSecurityLevel(boolean to) {
        return new ClientProfile(
                name,
                strict,
                to,
                noMail,
                width,
                fromLine,
                plainControls,
                status,
                finalLine,
                keep,
                maxOctets,
                ascii,
                dropAttachments);
    }

    public ClientProfile withNoMail(boolean to) {
        return new ClientProfile(
                name,
                strict,
                securityLevel,
                to,
                width,
                fromLine,
                plainControls,
                status,
                finalLine,
                keep,
                maxOctets,
                ascii,
                dropAttachments);
    }

    public ClientProfile withWidth(int to) {
        return new ClientProfile(
                name,
                strict,
                securityLevel,
                noMail,
                to,
                fromLine,
                plainControls,
                status,
                finalLine,
                keep,
                maxOctets,
                ascii,
                dropAttachments);
    }

    public ClientProfile withFromLine(boolean to) {
        return new ClientProfile(
                name,
                strict,
                securityLevel,
                noMail,
                width,
                to,
                plainControls,
                status,
                finalLine,
                keep,
                maxOctets,
                ascii,
                dropAttachments);
    }

    public ClientProfile withPlainControls(boolean to) {
        return new ClientProfile(
                name,
                strict,
                securityLevel,
                noMail,
                width,
                fromLine,
                to,
                status,
                finalLine,
                keep,
                maxOctets,
                ascii,
                dropAttachments);
    }

    public ClientProfile withStatus(boolean to) {
        return new ClientProfile(
                name,
                strict,
                securityLevel,
                noMail,
                width,
                fromLine,
                plainControls,
                to,
                finalLine,
                keep,
                maxOctets,
                ascii,
                dropAttachments);
    }

    public ClientProfile withFinalLine(boolean to) {
        return new ClientProfile(
                name,
                strict,
                securityLevel,
                noMail,
                width,
                fromLine,
                plainControls,
                status,
                to,
                keep,
                maxOctets,
                ascii,
                dropAttachments);
    }

    public ClientProfile withKeep(boolean to) {
        return new ClientProfile(
                name,
                strict,
                securityLevel,
                noMail,
                width,
                fromLine,
                plainControls,
                status,
                finalLine,
                to,
                maxOctets,
                ascii,
                dropAttachments);
    }

    public ClientProfile withMaxOctets(long to) {
        return new ClientProfile(
                name,
                strict,
                securityLevel,
                noMail,
                width,
                fromLine,
                plainControls,
                status,
                finalLine,
                keep,
                to,
                ascii,
                dropAttachments);
    }

    public ClientProfile withAscii(boolean to) {
        return new ClientProfile(
                name,
                strict,
                securityLevel,
                noMail,
                width,
                fromLine,
                plainControls,
                status,
                finalLine,
                keep,
                maxOctets,
                to,
                dropAttachments);
    }

    public ClientProfile withDropAttachments(boolean to) {
        return new ClientProfile(
                name,
                strict,
                securityLevel,
                noMail,
                width,
                fromLine,
                plainControls,
                status,
                finalLine,
                keep,
                maxOctets,
                ascii,
                to);
    }
}
