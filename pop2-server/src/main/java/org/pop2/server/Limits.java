package org.pop2.server;

/**
 * How much a server gives. Immutable. Addresses of this machine (loopback) are in no {@link #perAddress} count: all its
 * programs share them.
 *
 * @param connections connections at a time, over all listeners; one more gets an error line
 * @param perAddress connections at a time from one IPv4 address or one IPv6 network of 64 bits
 * @param perUser sessions at a time that one user is logged in with
 * @param commands commands in one session
 * @param octets octets that one session may send and receive
 */
public record Limits(int connections, int perAddress, int perUser, long commands, long octets) {

    /** @throws IllegalArgumentException if a limit would let nothing through */
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
