package org.pop2.server;

/**
 * Limits for clients. Immutable. Loopback addresses, which all programs of this machine share, are not counted by
 * {@link #perAddress}.
 *
 * @param connections concurrent connections, over all listeners; further ones get an error line
 * @param perAddress concurrent connections from one IPv4 address or one IPv6 network of 64 bits
 * @param perUser concurrent sessions of one user
 * @param commands commands in one session
 * @param octets octets that one session may send and receive
 */
public record Limits(int connections, int perAddress, int perUser, long commands, long octets) {

    /** @throws IllegalArgumentException if a limit is not positive */
    public Limits {
        if (connections < 1 || perAddress < 1 || perUser < 1 || commands < 1 || octets < 1) {
            throw new IllegalArgumentException("a limit has to be at least 1");
        }
    }

    /** 10,000 connections, 100 for an address, 20 for a user; ten million commands and 1 TiB for a session. */
    public static Limits defaults() {
        return new Limits(10_000, 100, 20, 10_000_000, 1L << 40);
    }

    public Limits withConnections(int number) {
        return new Limits(number, perAddress, perUser, commands, octets);
    }

    public Limits withPerAddress(int number) {
        return new Limits(connections, number, perUser, commands, octets);
    }

    public Limits withPerUser(int number) {
        return new Limits(connections, perAddress, number, commands, octets);
    }

    public Limits withCommands(long number) {
        return new Limits(connections, perAddress, perUser, number, octets);
    }

    public Limits withOctets(long number) {
        return new Limits(connections, perAddress, perUser, commands, number);
    }
}
