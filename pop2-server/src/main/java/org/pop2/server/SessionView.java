package org.pop2.server;

import java.time.Duration;
import java.util.Optional;
import org.pop2.protocol.State;
import org.pop2.storage.UserName;

/**
 * A session at one moment.
 *
 * @param id unique while the server runs; also in the log
 * @param listener the name of the listener it came by
 * @param address of the client, and its port
 * @param encrypted whether the connection is encrypted
 * @param user who has logged in
 * @param folder the mailbox that is open, as the client named it: any characters
 * @param message the current message, from 1; 0 where no mailbox is open
 * @param messages how many there are in the mailbox
 * @param octets that were sent
 * @param age since the connection came
 * @param idle since something was heard or sent
 */
public record SessionView(
        long id,
        String listener,
        String address,
        boolean encrypted,
        Optional<UserName> user,
        State state,
        Optional<String> folder,
        int message,
        int messages,
        long octets,
        Duration age,
        Duration idle) {}
