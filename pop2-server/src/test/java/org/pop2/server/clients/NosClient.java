package org.pop2.server.clients;

import java.net.InetSocketAddress;
import java.util.Optional;
import org.pop2.server.Wire;

/**
 * The POP2 client of KA9Q NOS and of JNOS: looks for {@code + POP2 }, reads without a number, counts the body line by
 * line with a buffer of its own size, always ACKD, and closes right after QUIT.
 *
 * @param buffer octets of a line that it reads at a time: 255 for KA9Q, 1,023 for JNOS
 * @param quitsOnEmpty JNOS goes at {@code #0}, KA9Q sends READ all the same
 */
public record NosClient(int buffer, boolean quitsOnEmpty) {
    public static final NosClient KA9Q = new NosClient(255, false);
    public static final NosClient JNOS = new NosClient(1023, true);

    /** What it stores of the mailbox; nothing if it gave up. */
    public Optional<String> drain(InetSocketAddress server, String user, String password) {
        try (Wire wire = Wire.to(server)) {
            if (!wire.line().startsWith("+ POP2 ")) {
                return quit(wire, Optional.empty());
            }
            String count = wire.send("HELO " + user + " " + password + "\r\n").line();
            if (count.startsWith("+")) {
                // NOS servers say so that there is no mail
                return quit(wire, Optional.of(""));
            }
            if (!count.startsWith("#")) {
                return quit(wire, Optional.empty());
            }
            if (quitsOnEmpty && number(count) == 0) {
                return quit(wire, Optional.of(""));
            }
            StringBuilder mailbox = new StringBuilder();
            wire.send("READ\r\n");
            while (true) {
                String length = wire.line();
                if (!length.startsWith("=")) {
                    return quit(wire, Optional.empty());
                }
                int left = number(length);
                if (left == 0) {
                    // the end of the folder: only now is the mail stored
                    return quit(wire, Optional.of(mailbox.toString()));
                }
                wire.send("RETR\r\n");
                while (left > 0) {
                    String line = piece(wire);
                    mailbox.append(line).append("\r\n");
                    left -= line.length() + 2;
                }
                wire.send("ACKD\r\n");
            }
        }
    }

    /** A line without its end, or as much of one as fits. */
    private String piece(Wire wire) {
        StringBuilder piece = new StringBuilder();
        while (piece.length() < buffer) {
            String octet = wire.octets(1);
            if (octet.isEmpty()) {
                throw new AssertionError("the connection ended after " + piece);
            }
            if (octet.equals("\n")) {
                break;
            }
            if (!octet.equals("\r")) {
                piece.append(octet);
            }
        }
        return piece.toString();
    }

    static int number(String reply) {
        int end = 1;
        while (Character.isDigit(reply.charAt(end))) {
            end++;
        }
        return Integer.parseInt(reply.substring(1, end));
    }

    private static Optional<String> quit(Wire wire, Optional<String> result) {
        wire.send("QUIT\r\n");
        return result;
    }
}
