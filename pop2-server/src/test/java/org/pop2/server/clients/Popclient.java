package org.pop2.server.clients;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.pop2.server.Wire;

/** popclient: reads without a number and exactly the octets announced, and closes right after QUIT. */
public record Popclient(boolean keep) {
    /** The messages, one after the other. */
    public List<String> fetch(InetSocketAddress server, String user, String password) {
        List<String> messages = new ArrayList<>();
        try (Wire wire = Wire.to(server)) {
            wire.expect("+");
            int count = NosClient.number(wire.ask("HELO " + user + " " + password, "#"));
            int octets = count == 0 ? 0 : NosClient.number(wire.ask("READ", "="));
            while (octets > 0) {
                String message = wire.send("RETR\r\n").octets(octets);
                if (message.length() != octets) {
                    throw new AssertionError("announced " + octets + ", got " + message.length());
                }
                messages.add(message);
                octets = NosClient.number(wire.ask(keep ? "ACKS" : "ACKD", "="));
            }
            wire.send("QUIT\r\n");
        }
        return messages;
    }
}
