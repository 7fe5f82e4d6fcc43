package org.pop2.app.campaign;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A mail provider that others fetch from by POP3 (RFC 1939): one mailbox, one connection at a time. */
final class Pop3Provider implements AutoCloseable {
    private static final int MILLIS = 60_000;

    private final ServerSocket listening;
    private final List<Held> messages = new ArrayList<>();

    /** @param uid stays the same; numbers begin at 1 in each session */
    private record Held(int uid, String text) {}

    /** @param messages one character for one octet, each line ended with CRLF */
    Pop3Provider(List<String> messages) throws IOException {
        messages.forEach(message -> this.messages.add(new Held(this.messages.size() + 1, message)));
        listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::serve, "pop3-provider");
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return listening.getLocalPort();
    }

    synchronized int left() {
        return messages.size();
    }

    private void serve() {
        while (!listening.isClosed()) {
            try (Socket client = listening.accept()) {
                client.setSoTimeout(MILLIS);
                converse(
                        new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1)),
                        client.getOutputStream());
            } catch (IOException e) {
                // a client that went without a word, or the end
            }
        }
    }

    private void converse(BufferedReader in, OutputStream out) throws IOException {
        List<Held> deleted = new ArrayList<>();
        say(out, "+OK ready");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            int number = words.length > 1 && words[1].matches("\\d{1,9}") ? Integer.parseInt(words[1]) : 0;
            switch (words[0].toUpperCase(Locale.ROOT)) {
                case "USER", "PASS", "NOOP" -> say(out, "+OK");
                case "STAT" -> say(out, "+OK " + left() + " " + octets());
                case "LIST", "UIDL" -> list(out, words[0], number);
                // fetchmail asks for a top of 99,999,999 lines
                case "RETR", "TOP" -> {
                    say(out, "+OK");
                    String stuffed = ("\r\n" + held(number).text()).replace("\r\n.", "\r\n..");
                    say(out, stuffed.substring(2) + ".");
                }
                case "DELE" -> {
                    deleted.add(held(number));
                    say(out, "+OK");
                }
                case "QUIT" -> {
                    delete(deleted);
                    say(out, "+OK");
                    return;
                }
                default -> say(out, "-ERR not here");
            }
        }
    }

    private synchronized void list(OutputStream out, String verb, int number) throws IOException {
        if (number > 0) {
            say(out, "+OK " + entry(verb, number));
            return;
        }
        StringBuilder all = new StringBuilder("+OK\r\n");
        for (int n = 1; n <= messages.size(); n++) {
            all.append(entry(verb, n)).append("\r\n");
        }
        say(out, all + ".");
    }

    private String entry(String verb, int number) {
        Held held = held(number);
        return number + " " + (verb.equalsIgnoreCase("LIST") ? held.text().length() : "uid" + held.uid());
    }

    private synchronized Held held(int number) {
        return number > 0 && number <= messages.size() ? messages.get(number - 1) : new Held(0, "");
    }

    private synchronized int octets() {
        return messages.stream().mapToInt(held -> held.text().length()).sum();
    }

    private synchronized void delete(List<Held> deleted) {
        messages.removeAll(deleted);
    }

    private static void say(OutputStream out, String text) throws IOException {
        out.write((text + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
