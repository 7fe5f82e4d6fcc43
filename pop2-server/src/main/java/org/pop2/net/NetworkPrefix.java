package org.pop2.net;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The unit in which clients are counted: an IPv4 address, or the first 64 bits of an IPv6 address, as one customer
 * gets.
 *
 * @param octets the address or prefix; empty if unknown
 */
public record NetworkPrefix(ByteBuffer octets) {
    /** For clients without a network address. */
    public static final NetworkPrefix UNKNOWN = new NetworkPrefix(ByteBuffer.allocate(0));

    private static final int PREFIX_OCTETS = 8;

    /** The prefix of an address; {@link #UNKNOWN} for {@code null}. */
    public static NetworkPrefix of(@Nullable InetAddress address) {
        if (address == null) {
            return UNKNOWN;
        }
        byte[] octets = address.getAddress();
        return new NetworkPrefix(
                ByteBuffer.wrap(address instanceof Inet6Address ? Arrays.copyOf(octets, PREFIX_OCTETS) : octets));
    }
}
