package org.pop2.app.bench;

import java.net.InetSocketAddress;
import java.time.Duration;
import org.pop2.protocol.Command;
import org.pop2.protocol.CommandCodec;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;

/**
 * What to run.
 *
 * @param server its resolved address
 * @param user the user name; {@code %d} is the number of the connection, from 0
 * @param password password of all users; the caller wipes it
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

    /** @throws IllegalArgumentException if it would do nothing */
    public Plan {
        if (concurrency < 1 || pipeline < 1 || message < 1 || duration.isNegative() || warmUp.isNegative()) {
            throw new IllegalArgumentException("at least one session, message and octet are needed for a run");
        }
    }

    /**
     * The HELO line of a connection.
     *
     * @throws IllegalArgumentException if name and password do not fit into a line
     */
    byte[] helo(int connection) {
        String name = user.replace("%d", Integer.toString(connection));
        return CommandCodec.encode(new Command.Helo(new Credentials(name, password), null));
    }
}
