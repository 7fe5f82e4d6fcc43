package org.pop2.protocol;

import java.security.MessageDigest;
import java.util.Arrays;

/** A password as the octets that came over the wire. Never shows itself. */
public final class Secret {
    private final byte[] octets;

    private Secret(byte[] octets) {
        this.octets = octets;
    }

    /** A secret with a copy of these octets. */
    public static Secret of(byte[] octets) {
        return new Secret(octets.clone());
    }

    /** A copy of the octets, for the caller to wipe. */
    public byte[] octets() {
        return octets.clone();
    }

    /** Overwrites the octets; from then on this is a secret of NULs. */
    public void wipe() {
        Arrays.fill(octets, (byte) 0);
    }

    /** Compares in a time that tells nothing about the octets. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && MessageDigest.isEqual(octets, secret.octets);
    }

    @Override
    public int hashCode() {
        return Secret.class.hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}
