package org.pop2.profile;

import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pop2.protocol.OnDisconnect;

/**
 * What a kind of client needs. Immutable; start from one of the constants and change what differs.
 *
 * @param name what the configuration calls it
 * @param quirks deviations from the RFC
 * @param width longest line in octets, its CRLF not counted; 0: any. A longer one is broken, in the header as RFC 822
 *     has it (folding), in the body behind a space if there is one in its second half
 * @param maxOctets of a message longer than that only the beginning is sent, with a note, and ACKD does not delete it;
 *     0: messages of any length are sent
 * @param maxMessages a session sees the first so many of a mailbox, so that it comes to its QUIT on a bad line; 0: all
 * @param onDisconnect what becomes of marked messages when a session ends without QUIT; nothing: as for all
 */
public record ClientProfile(
        String name,
        Set<Quirk> quirks,
        int width,
        long maxOctets,
        int maxMessages,
        Optional<OnDisconnect> onDisconnect) {

    /** Shortest width: shorter lines would not be readable. */
    public static final int MIN_WIDTH = 20;
    /** Longest width: RFC 821 allows 1000 octets with the CRLF. */
    public static final int MAX_WIDTH = 998;
    /** Least limit for cut messages: the header must fit. */
    public static final long MIN_CUT = 1024;

    /** The RFC without deviations. */
    public static final ClientProfile DEFAULT = new ClientProfile("default", Set.of(), 0, 0, 0, Optional.empty());

    public static final ClientProfile STRICT = DEFAULT.named("strict").with(Quirk.STRICT);
    public static final ClientProfile UW =
            DEFAULT.named("uw").with(Quirk.STATUS).with(Quirk.FINAL_LINE);
    /** Its buffer has 256 octets. */
    public static final ClientProfile KA9Q = DEFAULT.named("ka9q")
            .with(Quirk.NO_MAIL)
            .with(Quirk.FROM_LINE)
            .with(Quirk.PLAIN_CONTROLS)
            .withWidth(250);
    /**
     * Its buffer has some 1023 octets. It stores fetched mail only after the last message, when the line may have
     * dropped already.
     */
    public static final ClientProfile JNOS = DEFAULT.named("jnos")
            .with(Quirk.PLAIN_CONTROLS)
            .withWidth(MAX_WIDTH)
            .withOnDisconnect(OnDisconnect.KEEP);

    public static final ClientProfile PCNFS = DEFAULT.named("pcnfs").with(Quirk.FINAL_LINE);
    public static final ClientProfile POPMAIL = DEFAULT.named("popmail").with(Quirk.SECURITY_LEVEL);

    /** The built-in profiles. */
    public static final List<ClientProfile> ALL = List.of(DEFAULT, STRICT, UW, KA9Q, JNOS, PCNFS, POPMAIL);

    /** @throws IllegalArgumentException if the width or the limit is out of range */
    public ClientProfile {
        if (width != 0 && (width < MIN_WIDTH || width > MAX_WIDTH)) {
            throw new IllegalArgumentException("lines have " + MIN_WIDTH + " to " + MAX_WIDTH + " octets, or any");
        }
        if (maxOctets != 0 && maxOctets < MIN_CUT) {
            throw new IllegalArgumentException("messages are cut to " + MIN_CUT + " octets or more");
        }
        if (maxMessages < 0) {
            throw new IllegalArgumentException("a session sees one message or more, or 0 for all");
        }
        EnumSet<Quirk> own = EnumSet.noneOf(Quirk.class);
        own.addAll(quirks);
        quirks = Collections.unmodifiableSet(own);
    }

    /** The one of {@link #ALL} with that name. */
    public static Optional<ClientProfile> of(String name) {
        return ALL.stream().filter(profile -> profile.name.equals(name)).findFirst();
    }

    public boolean has(Quirk quirk) {
        return quirks.contains(quirk);
    }

    /** Whether messages are sent unchanged, apart from those that are cut. */
    boolean leavesAsIs() {
        return width == 0 && quirks.stream().noneMatch(Quirk::changesMessages);
    }

    boolean cuts(long octets) {
        return maxOctets > 0 && octets > maxOctets;
    }

    public ClientProfile named(String to) {
        return new ClientProfile(to, quirks, width, maxOctets, maxMessages, onDisconnect);
    }

    public ClientProfile with(Quirk quirk) {
        return with(quirk, true);
    }

    /**
     * The same with or without a quirk.
     *
     * @param on whether it has it
     */
    public ClientProfile with(Quirk quirk, boolean on) {
        Set<Quirk> changed = new HashSet<>(quirks);
        if (on) {
            changed.add(quirk);
        } else {
            changed.remove(quirk);
        }
        return new ClientProfile(name, changed, width, maxOctets, maxMessages, onDisconnect);
    }

    public ClientProfile withWidth(int to) {
        return new ClientProfile(name, quirks, to, maxOctets, maxMessages, onDisconnect);
    }

    public ClientProfile withMaxOctets(long to) {
        return new ClientProfile(name, quirks, width, to, maxMessages, onDisconnect);
    }

    public ClientProfile withMaxMessages(int to) {
        return new ClientProfile(name, quirks, width, maxOctets, to, onDisconnect);
    }

    public ClientProfile withOnDisconnect(OnDisconnect to) {
        return new ClientProfile(name, quirks, width, maxOctets, maxMessages, Optional.of(to));
    }
}
