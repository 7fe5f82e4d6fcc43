package org.pop2.server.clients;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.pop2.server.Wire;

/**
 * PC-NFS LifeLine Mail, as UW's ipop2d knew it: it takes a message to its end only where an empty line stands behind
 * it, which it drops, and waits for ever otherwise. Reads by number and deletes.
 */
public record PcNfs() {
    /** The messages, one after the other. */
    public List<String> fetch(InetSocketAddress server, String user, String password) {
        List<String> messages = new ArrayList<>();
        try (Wire wire = Wire.to(server)) {
            wire.expect("+");
            int count = NosClient.number(wire.ask("HELO " + user + " " + password, "#"));
            for (int n = 1; n <= count; n++) {
                int octets = NosClient.number(wire.ask("READ " + n, "="));
                String message = wire.send("RETR\r\n").octets(octets);
                if (message.length() != octets || !message.endsWith("\r\n\r\n")) {
                    throw new AssertionError("it waits for ever, after: " + message);
                }
                messages.add(message.substring(0, octets - 2));
                wire.ask("ACKD", "=");
            }
            wire.ask("QUIT", "+");
        }
        return messages;
    }
}
