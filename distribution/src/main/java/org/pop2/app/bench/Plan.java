package org.pop2.app.bench;

import java.net.InetSocketAddress;
import java.time.Duration;
import org.pop2.protocol.Command;
import org.pop2.protocol.CommandCodec;
import org.pop2.protocol.Credentials;
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

    /**
     * The HELO line of a connection.
     *
     * @throws IllegalArgumentException if name and password fit into none
     */
    byte[] helo(int connection) {
        String name = user.replace("%d", Integer.toString(connection));
        return CommandCodec.encode(new Command.Helo(new Credentials(name, password), null));
    }
}
