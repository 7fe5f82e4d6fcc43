package org.pop2.app.campaign;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** As much of IMAP as a telephone needs. */
final class ImapClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 120_000;
    private static final Pattern LITERAL = Pattern.compile("\\{(\\d+)}$");
    private static final Pattern EXISTS = Pattern.compile("\\* (\\d+) EXISTS");

    private final Socket socket;
    private final InputStream in;
    private int tags;
    private int exists;

    /**
     * What a command was answered.
     *
     * @param ok whether it was done
     * @param text of the last line
     * @param lines all before, each with its literals behind it
     */
    record Answer(boolean ok, String text, List<String> lines) {}

    ImapClient(int port, String user) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream());
        line();
        must("LOGIN " + user + " secret");
    }

    /** Messages in the selected mailbox, as far as it was told. */
    int exists() {
        return exists;
    }

    Answer must(String command) throws IOException {
        Answer answer = ask(command);
        if (!answer.ok()) {
            throw new IOException(command + ": " + answer.text());
        }
        return answer;
    }

    Answer ask(String command) throws IOException {
        String tag = "a" + ++tags;
        write(tag + " " + command + "\r\n");
        return answer(tag);
    }

    /** Adds a message. */
    Answer append(String message) throws IOException {
        String tag = "a" + ++tags;
        write(tag + " APPEND INBOX {" + message.length() + "}\r\n");
        String first = line();
        if (!first.startsWith("+")) {
            return first.startsWith(tag) ? new Answer(false, first, List.of()) : answer(tag);
        }
        write(message + "\r\n");
        return answer(tag);
    }

    /** Waits until something is told, or so long. */
    void idle(int millis) throws IOException {
        String tag = "a" + ++tags;
        write(tag + " IDLE\r\n");
        line();
        socket.setSoTimeout(millis);
        try {
            in.mark(1);
            in.read();
            in.reset();
        } catch (java.net.SocketTimeoutException e) {
            // nothing came
        }
        socket.setSoTimeout(TIMEOUT_MILLIS);
        write("DONE\r\n");
        answer(tag);
    }

    private Answer answer(String tag) throws IOException {
        List<String> lines = new ArrayList<>();
        while (true) {
            String line = line();
            if (line.startsWith("* BYE")) {
                throw new IOException("the server ends: " + line);
            }
            if (line.startsWith(tag + " ")) {
                return new Answer(line.startsWith(tag + " OK"), line, lines);
            }
            Matcher counted = EXISTS.matcher(line);
            if (counted.matches()) {
                exists = Integer.parseInt(counted.group(1));
            } else if (line.endsWith(" EXPUNGE")) {
                exists--;
            }
            lines.add(line);
        }
    }

    /** A line, with the literals in it, without its end. */
    private String line() throws IOException {
        StringBuilder all = new StringBuilder();
        while (true) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int octet = in.read(); octet != '\n'; octet = in.read()) {
                if (octet < 0) {
                    throw new IOException("the connection ended");
                }
                line.write(octet);
            }
            String text = line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
            all.append(text);
            Matcher literal = LITERAL.matcher(text);
            if (!literal.find()) {
                return all.toString();
            }
            int length = Integer.parseInt(literal.group(1));
            byte[] octets = in.readNBytes(length);
            if (octets.length < length) {
                throw new IOException("the connection ended");
            }
            all.append('\n').append(new String(octets, StandardCharsets.ISO_8859_1));
        }
    }

    private void write(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
