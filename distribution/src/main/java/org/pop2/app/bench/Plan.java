package org.pop2.app.bench;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.pop2.protocol.Secret;

/**
 * What is to be run.
 *
 * @param server where; resolved
 * @param user who logs in; {@code %d} is the number of the connection, from 0
 * @param password of all of them; stays the caller's
 * @param scenario what they do
 * @param concurrency sessions at a time
 * @param pipeline messages asked for ahead of the answers; 1: command by command
 * @param message which one {@link Scenario#BIG} reads
 * @param warmUp not counted
 * @param duration what is counted; a session that has begun then ends
 */
public record Plan(
        InetSocketAddress server,
        String user,
        Secret password,
        Scenario scenario,
        int concurrency,
        int pipeline,
        int message,
        Duration warmUp,
        Duration duration) {

    /** @throws IllegalArgumentException if nobody is to do anything */
    public Plan {
        if (concurrency < 1 || pipeline < 1 || message < 1 || duration.isNegative() || warmUp.isNegative()) {
            throw new IllegalArgumentException("at least one session, message and octet are needed for a run");
        }
    }

    /** The HELO line of a connection. A blank or backslash in name or password is quoted (RFC 937 p. 6). */
    byte[] helo(int connection) {
        byte[] name = user.replace("%d", Integer.toString(connection)).getBytes(StandardCharsets.UTF_8);
        byte[] secret = password.octets();
        byte[] line = new byte[5 + 2 * name.length + 1 + 2 * secret.length + 2];
        int end = put(line, 0, "HELO ".getBytes(StandardCharsets.US_ASCII));
        end = putQuoted(line, end, name);
        line[end++] = ' ';
        end = putQuoted(line, end, secret);
        line[end++] = '\r';
        line[end++] = '\n';
        return java.util.Arrays.copyOf(line, end);
    }

    private static int put(byte[] line, int at, byte[] octets) {
        System.arraycopy(octets, 0, line, at, octets.length);
        return at + octets.length;
    }

    private static int putQuoted(byte[] line, int at, byte[] octets) {
        int end = at;
        for (byte octet : octets) {
            if (octet == ' ' || octet == '\\') {
                line[end++] = '\\';
            }
            line[end++] = octet;
        }
        return end;
    }
}
