package org.pop2.server.clients;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.pop2.server.Wire;

/**
 * POPmail of the University of Minnesota, as the server that was written for it knew it: says a security level behind
 * the password, 1 where the greeting names none, and reads messages in order.
 */
public record Popmail() {
    /** The messages, one after the other. */
    public List<String> fetch(InetSocketAddress server, String user, String password) {
        List<String> messages = new ArrayList<>();
        try (Wire wire = Wire.to(server)) {
            if (wire.expect("+ POP2 ").contains("SECURITYLEVEL")) {
                throw new AssertionError("it would hide the password, in ways that were never written down");
            }
            int count = NosClient.number(wire.ask("HELO " + user + " " + password + " 1", "#"));
            for (int n = 1; n <= count; n++) {
                int octets = NosClient.number(wire.ask("READ " + n, "="));
                messages.add(wire.send("RETR\r\n").octets(octets));
                wire.ask("ACKD", "=");
            }
            wire.ask("QUIT", "+");
        }
        return messages;
    }
}
