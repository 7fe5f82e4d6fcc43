package org.pop2.lmtp;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pop2.net.Networks;
import org.pop2.storage.UserName;

/**
 * Settings of an LMTP server. Immutable; start from {@link #defaults} and change what differs.
 *
 * @param hostName what the greeting calls this host: one word
 * @param address where to listen: an {@link InetSocketAddress} (port 0: any free one) or a
 *     {@link UnixDomainSocketAddress}. LMTP has no login: whoever can connect can deliver
 * @param socketFile mode and owner of a Unix socket's file
 * @param limits limits for clients
 * @param addressing how addresses are mapped to users
 * @param spooling where incomplete messages are kept
 * @param overQuota what becomes of mail for a full mailbox
 * @param allowFrom from where TCP connections are taken, besides this machine's loopback; a socket file has its mode
 */
public record LmtpSettings(
        String hostName,
        SocketAddress address,
        SocketFile socketFile,
        Limits limits,
        Addressing addressing,
        Spooling spooling,
        OverQuota overQuota,
        Networks allowFrom) {

    /** The port that LMTP servers use; none is assigned, and RFC 2033 (p. 5) forbids 25. */
    public static final int PORT = 24;

    private static final int MAX_HOST_NAME = 255;

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if the host name is no word of printable ASCII, the address is neither of the
     *     two kinds, or its port is 25
     */
    public LmtpSettings {
        if (hostName.isEmpty()
                || hostName.length() > MAX_HOST_NAME
                || !hostName.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException("the host name has to be one word of printable ASCII");
        }
        if (address instanceof InetSocketAddress inet) {
            if (inet.getPort() == 25) {
                throw new IllegalArgumentException("LMTP must not be served on port 25 (RFC 2033)");
            }
        } else if (!(address instanceof UnixDomainSocketAddress)) {
            throw new IllegalArgumentException("neither a TCP address nor a Unix socket: " + address);
        }
    }

    /**
     * Loopback, port 24, and the defaults of every part.
     *
     * @param spool a directory for messages over 1 MiB that are being received; has to exist
     */
    public static LmtpSettings defaults(Path spool) {
        return new LmtpSettings(
                "localhost",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), PORT),
                SocketFile.defaults(),
                Limits.defaults(),
                Addressing.defaults(),
                Spooling.in(spool),
                OverQuota.REJECT,
                Networks.NONE);
    }

    public LmtpSettings withHostName(String name) {
        return new LmtpSettings(name, address, socketFile, limits, addressing, spooling, overQuota, allowFrom);
    }

    public LmtpSettings withAddress(SocketAddress where) {
        return new LmtpSettings(hostName, where, socketFile, limits, addressing, spooling, overQuota, allowFrom);
    }

    public LmtpSettings withSocketFile(SocketFile file) {
        return new LmtpSettings(hostName, address, file, limits, addressing, spooling, overQuota, allowFrom);
    }

    public LmtpSettings withLimits(Limits what) {
        return new LmtpSettings(hostName, address, socketFile, what, addressing, spooling, overQuota, allowFrom);
    }

    public LmtpSettings withAddressing(Addressing how) {
        return new LmtpSettings(hostName, address, socketFile, limits, how, spooling, overQuota, allowFrom);
    }

    public LmtpSettings withSpooling(Spooling where) {
        return new LmtpSettings(hostName, address, socketFile, limits, addressing, where, overQuota, allowFrom);
    }

    public LmtpSettings withOverQuota(OverQuota what) {
        return new LmtpSettings(hostName, address, socketFile, limits, addressing, spooling, what, allowFrom);
    }

    public LmtpSettings withAllowFrom(Networks networks) {
        return new LmtpSettings(hostName, address, socketFile, limits, addressing, spooling, overQuota, networks);
    }

    /** What happens to mail for a user whose quota is used up. */
    public enum OverQuota {
        /** {@code 552 5.2.2}: the MTA returns it to its sender at once. */
        REJECT,
        /** {@code 452 4.2.2}: the MTA keeps it and tries again until it gives up. */
        DEFER
    }

    /**
     * The file of a Unix socket.
     *
     * @param mode who may connect: write permission
     * @param owner empty: the server's user
     * @param group empty: the default group of new files
     */
    public record SocketFile(Set<PosixFilePermission> mode, Optional<String> owner, Optional<String> group) {
        public SocketFile {
            mode = Set.copyOf(mode);
        }

        /** {@code rw-rw----}: the MTA's user has to be in the file's group. */
        public static SocketFile defaults() {
            return new SocketFile(PosixFilePermissions.fromString("rw-rw----"), Optional.empty(), Optional.empty());
        }
    }

    /**
     * Limits for clients.
     *
     * @param messageOctets largest message, in octets after dot-unstuffing
     * @param recipients most recipients of a transaction; at least 100 (RFC 5321 p. 64)
     * @param connections concurrent connections; further ones get 421
     * @param commandTimeout between two commands (RFC 5321 p. 66: at least 5 minutes)
     * @param dataTimeout between two pieces of a message
     * @param stopTimeout how long stopping waits for messages under way
     */
    public record Limits(
            long messageOctets,
            int recipients,
            int connections,
            Duration commandTimeout,
            Duration dataTimeout,
            Duration stopTimeout) {

        /** @throws IllegalArgumentException if a limit is not positive, or less than 100 recipients are allowed */
        public Limits {
            if (messageOctets < 1 || connections < 1 || recipients < 100) {
                throw new IllegalArgumentException(
                        "an octet, a connection and 100 recipients are the least that can be allowed");
            }
            requirePositive(commandTimeout, "command timeout");
            requirePositive(dataTimeout, "data timeout");
            requirePositive(stopTimeout, "stop timeout");
        }

        /** 1 GiB, 1,000 recipients, 100 connections, 5 minutes each, 30 s to stop. */
        public static Limits defaults() {
            return new Limits(
                    1L << 30, 1000, 100, Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofSeconds(30));
        }

        private static void requirePositive(Duration time, String what) {
            if (time.isNegative() || time.isZero()) {
                throw new IllegalArgumentException("the " + what + " has to be positive");
            }
        }
    }

    /**
     * How addresses are mapped to users.
     *
     * @param domains the domains whose mail is accepted; empty: any, as the MTA has decided already. Addresses without
     *     a domain are always accepted
     * @param delimiter the character between user and folder in {@code user+folder@domain}; empty: none
     * @param createFolders whether such a folder is created if missing, although anybody on the Internet can write such
     *     addresses; otherwise the message goes to the inbox
     * @param postmaster who gets mail for {@code postmaster} if there is no such account; RFC 5321 (p. 55) requires one
     */
    public record Addressing(
            Set<String> domains, String delimiter, boolean createFolders, Optional<UserName> postmaster) {

        /** @throws IllegalArgumentException if the delimiter is more than one character */
        public Addressing {
            domains = domains.stream().map(d -> d.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
            if (delimiter.length() > 1) {
                throw new IllegalArgumentException("the delimiter is one character, or none");
            }
        }

        /** Any domain, {@code +}, only existing folders, no postmaster. */
        public static Addressing defaults() {
            return new Addressing(Set.of(), "+", false, Optional.empty());
        }
    }

    /**
     * Where incomplete messages are kept.
     *
     * @param directory for messages that do not fit into memory; files in it have no name, so a crash leaves none
     * @param memoryPerMessage octets of one message that are kept in memory
     * @param memoryInAll octets of all messages that are kept in memory
     */
    public record Spooling(Path directory, int memoryPerMessage, long memoryInAll) {
        /** @throws IllegalArgumentException if an amount is negative */
        public Spooling {
            if (memoryPerMessage < 0 || memoryInAll < 0) {
                throw new IllegalArgumentException("an amount of memory is negative");
            }
        }

        /** 1 MiB of a message, 32 MiB in all. */
        public static Spooling in(Path directory) {
            return new Spooling(directory, 1 << 20, 32L << 20);
        }
    }
}
