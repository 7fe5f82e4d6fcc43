package org.pop2.server.clients;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.pop2.server.Wire;

/**
 * fetchmail's POP2 with the one line mended that made it wait for the header twice: quotes nothing, reads by number,
 * takes whole lines until the count is used up, waits for the reply to QUIT.
 *
 * @param keep ACKS in place of ACKD
 */
public record Fetchmail(boolean keep) {
    /** The messages, one after the other. */
    public List<String> fetch(InetSocketAddress server, String user, String password, String folder) {
        List<String> messages = new ArrayList<>();
        try (Wire wire = Wire.to(server)) {
            wire.expect("+");
            int count = NosClient.number(wire.ask("HELO " + user + " " + password, "#"));
            if (!folder.isEmpty()) {
                count = NosClient.number(wire.ask("FOLD " + folder, "#"));
            }
            for (int n = 1; n <= count; n++) {
                int left = NosClient.number(wire.ask("READ " + n, "="));
                wire.send("RETR\r\n");
                StringBuilder message = new StringBuilder();
                while (left > 0) {
                    String line = wire.line();
                    message.append(line);
                    left -= line.length();
                }
                messages.add(message.toString());
                wire.ask(keep ? "ACKS" : "ACKD", "=");
            }
            wire.ask("QUIT", "+");
        }
        return messages;
    }
}
