package org.pop2.app.conform;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.pop2.protocol.Secret;
import org.pop2.protocol.State;

/**
 * The server that is looked at, and the mailbox that may be used.
 *
 * @param folder the mailbox, if it is not the one that the server opens itself
 */
record Subject(InetSocketAddress server, String user, Secret password, Optional<String> folder, int timeoutMillis) {

    /** A connection whose greeting has been read. */
    Dialogue greeted() throws IOException {
        Dialogue dialogue = new Dialogue(server, timeoutMillis);
        boolean good = false;
        try {
            expect(dialogue.line(), '+', "the greeting");
            good = true;
            return dialogue;
        } finally {
            if (!good) {
                dialogue.close();
            }
        }
    }

    /** A mailbox that has been opened. */
    record Opened(Dialogue dialogue, long messages) {}

    Opened opened() throws IOException {
        Dialogue dialogue = greeted();
        boolean good = false;
        try {
            dialogue.send(helo());
            String reply = dialogue.line();
            if (reply.startsWith("-")) {
                throw new RefusedException(Dialogue.shown(reply));
            }
            long messages = count(reply);
            if (folder.isPresent()) {
                messages = count(ask(dialogue, "FOLD " + quoted(folder.get())));
            }
            good = true;
            return new Opened(dialogue, messages);
        } finally {
            if (!good) {
                dialogue.close();
            }
        }
    }

    /** NOS says that there is no mail instead of counting it. */
    private static long count(String reply) throws IOException {
        return reply.regionMatches(true, 0, "+ No mail", 0, 9) ? 0 : number(reply, '#', "the count");
    }

    /** A session in that state; message 1 is the current one in ITEM, and has been sent in NEXT. */
    Dialogue in(State state) throws IOException {
        if (state == State.AUTH) {
            return greeted();
        }
        Dialogue dialogue = opened().dialogue();
        boolean good = false;
        try {
            if (state == State.ITEM || state == State.NEXT) {
                long octets = number(ask(dialogue, "READ 1"), '=', "the length of message 1");
                if (state == State.NEXT) {
                    dialogue.send("RETR");
                    whole(dialogue, octets);
                }
            }
            good = true;
            return dialogue;
        } finally {
            if (!good) {
                dialogue.close();
            }
        }
    }

    /** The login, as octets: a password is nobody's text. */
    byte[] helo() {
        return helo(password.octets());
    }

    byte[] helo(byte[] secret) {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        line.writeBytes(("HELO " + quoted(user) + " ").getBytes(StandardCharsets.UTF_8));
        for (byte octet : secret) {
            if (octet == ' ' || octet == '\\') {
                line.write('\\');
            }
            line.write(octet);
        }
        line.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
        Arrays.fill(secret, (byte) 0);
        return line.toByteArray();
    }

    static String quoted(String argument) {
        return argument.replace("\\", "\\\\").replace(" ", "\\ ");
    }

    static String ask(Dialogue dialogue, String command) throws IOException {
        dialogue.send(command);
        return dialogue.line();
    }

    static String expect(String reply, char first, String what) throws Unexpected {
        if (reply.isEmpty()) {
            throw new Unexpected("the end of the connection instead of " + what);
        }
        if (reply.charAt(0) != first) {
            throw new Unexpected("\"" + Dialogue.shown(reply) + "\" instead of " + what + " (" + first + ")");
        }
        return reply;
    }

    static long number(String reply, char first, String what) throws Unexpected {
        String digits = expect(reply, first, what).substring(1).stripTrailing().split(" ", 2)[0];
        if (digits.matches("[0-9]{19,}")) {
            throw new Unexpected("\"" + Dialogue.shown(reply) + "\", a number that no mailbox has");
        }
        if (!digits.matches("[0-9]+")) {
            throw new Unexpected("\"" + Dialogue.shown(reply) + "\", which has no number");
        }
        return Long.parseLong(digits);
    }

    /** A message, exactly as announced. */
    static byte[] whole(Dialogue dialogue, long announced) throws IOException {
        byte[] octets = dialogue.octets(announced);
        if (octets.length < announced) {
            int bare = 0;
            for (int i = 0; i < octets.length; i++) {
                bare += octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r') ? 1 : 0;
            }
            throw new Unexpected(octets.length + " octets of " + announced
                    + (bare == announced - octets.length
                            ? ": it counts CRLF for each line and sends LF, as JNOS does"
                            : ""));
        }
        return octets;
    }
}
