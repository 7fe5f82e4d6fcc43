package org.pop2.net;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A set of networks, IPv4 and IPv6: {@code 10.0.0.0/8, 2001:db8::/32}. Immutable. */
public final class Networks {
    /** No network at all. */
    public static final Networks NONE = new Networks(List.of(), List.of());

    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    private final List<String> written;
    private final List<IpSubnetFilterRule> rules;

    private Networks(List<String> written, List<IpSubnetFilterRule> rules) {
        this.written = List.copyOf(written);
        this.rules = List.copyOf(rules);
    }

    /**
     * Parses networks.
     *
     * @param networks IP addresses, or networks with the length of their prefix: {@code 192.168.0.0/16}
     * @throws IllegalArgumentException if one of them is neither; host names are not looked up
     */
    public static Networks of(List<String> networks) {
        List<IpSubnetFilterRule> rules = new ArrayList<>();
        for (String network : networks) {
            rules.add(rule(network));
        }
        return new Networks(networks, rules);
    }

    private static IpSubnetFilterRule rule(String network) {
        int slash = network.indexOf('/');
        String address = slash < 0 ? network : network.substring(0, slash);
        boolean ipv4 = NetUtil.isValidIpV4Address(address);
        if (ipv4 || (NetUtil.isValidIpV6Address(address) && address.indexOf('%') < 0)) {
            int bits = ipv4 ? IPV4_BITS : IPV6_BITS;
            try {
                int prefix = slash < 0 ? bits : Integer.parseInt(network.substring(slash + 1));
                if (prefix >= 0 && prefix <= bits) {
                    return new IpSubnetFilterRule(address, prefix, IpFilterRuleType.ACCEPT);
                }
            } catch (NumberFormatException e) {
                // told below, as an impossible prefix is
            }
        }
        throw new IllegalArgumentException(
                "expected IP addresses or networks such as 192.168.0.0/16 or 2001:db8::/32, not " + network);
    }

    /** Whether the address is in one of them. */
    public boolean contain(@Nullable SocketAddress address) {
        if (address instanceof InetSocketAddress inet && !inet.isUnresolved()) {
            for (IpSubnetFilterRule rule : rules) {
                if (rule.matches(inet)) {
                    return true;
                }
            }
        }
        return false;
    }

    public boolean isEmpty() {
        return rules.isEmpty();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Networks networks && networks.written.equals(written);
    }

    @Override
    public int hashCode() {
        return written.hashCode();
    }

    /** The networks as written. */
    @Override
    public String toString() {
        return String.join(", ", written);
    }
}
