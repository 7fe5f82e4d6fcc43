package org.pop2.net;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is counted as one on the network: an IPv4 address, or the first 64 bits of an IPv6 address, which is what one
 * customer gets.
 *
 * @param octets of the address, or of what counts of it; none: nobody knows
 */
public record NetworkPrefix(ByteBuffer octets) {
    /** Everybody who comes over no network. */
    public static final NetworkPrefix UNKNOWN = new NetworkPrefix(ByteBuffer.allocate(0));

    private static final int PREFIX_OCTETS = 8;

    /** What counts of an address; nothing: {@link #UNKNOWN}. */
    public static NetworkPrefix of(@Nullable InetAddress address) {
        if (address == null) {
            return UNKNOWN;
        }
        byte[] octets = address.getAddress();
        return new NetworkPrefix(
                ByteBuffer.wrap(address instanceof Inet6Address ? Arrays.copyOf(octets, PREFIX_OCTETS) : octets));
    }
}
