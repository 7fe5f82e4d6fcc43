package org.pop2.app.campaign;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/** What is known of the messages of one mailbox that several programs add to and delete from. */
final class NeighbourLedger {
    private static final AtomicInteger IDS = new AtomicInteger();
    static final String IMAP = "IMAP";
    static final String POP2 = "POP2";

    private static final String MARK = "X-Campaign: ";
    /** What mutt adds to a header when it writes a mailbox, and Dovecot takes for a field like any other. */
    private static final Pattern LINES = Pattern.compile("\\r\\nLines: \\d+(?=\\r\\n)");

    private final Map<Integer, String> texts = new HashMap<>();
    private final Set<Integer> delivered = new HashSet<>();
    /** Somebody has asked for it, and nobody knows what became of it. */
    private final Set<Integer> maybeDeleted = new HashSet<>();

    private final Set<Integer> deleted = new HashSet<>();
    private final List<String> wrong = new ArrayList<>();
    private final Beside beside;
    private final Set<Integer> cutShort = new HashSet<>();

    /** Which program of a terminal the mailbox is read with, beside IMAP and POP2. */
    enum Beside {
        /** Adds {@code Lines} to headers, which Dovecot takes for a field like any other, and for no change. */
        MUTT,
        /** Knows no {@code Content-Length}: a letter must have no From_ line of its own. */
        ALPINE,
        NOTHING
    }

    NeighbourLedger(Beside beside) {
        this.beside = beside;
    }

    Beside beside() {
        return beside;
    }

    /** A message of its own, with lines ended by CRLF, and such among them as others take for what they are not. */
    String message(Random random) {
        StringBuilder text = new StringBuilder();
        int lines = random.nextInt(20) == 0 ? 1000 + random.nextInt(3000) : random.nextInt(60);
        for (int line = 0; line < lines; line++) {
            switch (random.nextInt(12)) {
                case 0 -> text.append("\r\n");
                case 1 -> text.append("Status: R of a body\r\n");
                case 2 -> text.append("Content-Length: ").append(line).append("\r\n");
                case 9 -> text.append("From here on\r\n");
                case 10 -> text.append(">From there\r\n");
                case 11 ->
                    text.append("\r\nFrom me@example.org ")
                            .append(beside == Beside.ALPINE ? "on Monday" : "Mon Nov 23 12:00:00 2026")
                            .append("\r\nSubject: forged\r\n\r\n");
                default ->
                    text.append("line ")
                            .append(line)
                            .append(' ')
                            .append("x".repeat(random.nextInt(70)))
                            .append("\r\n");
            }
        }
        int id = IDS.incrementAndGet();
        return "From: jkr@example.org\r\nSubject: id-" + id + "-\r\n" + MARK + id + "\r\nTo: postel@example.org\r\n\r\n"
                + text + "end of " + id + "\r\n";
    }

    static int id(String message) {
        int at = message.indexOf(MARK);
        if (at < 0) {
            return 0;
        }
        int end = message.indexOf('\r', at);
        return Integer.parseInt(message.substring(at + MARK.length(), end));
    }

    /** Is about to be delivered. */
    synchronized void sends(String message) {
        texts.put(id(message), message);
    }

    synchronized void delivered(String message) {
        delivered.add(id(message));
    }

    synchronized void mayDelete(Set<Integer> ids) {
        maybeDeleted.addAll(ids);
    }

    synchronized void deleted(Set<Integer> ids) {
        deleted.addAll(ids);
    }

    /** A message that may be there, or 0. */
    synchronized int some(Random random) {
        List<Integer> there = delivered.stream()
                .filter(id -> !deleted.contains(id) && !maybeDeleted.contains(id))
                .toList();
        return there.isEmpty() ? 0 : there.get(random.nextInt(there.size()));
    }

    synchronized int count() {
        return delivered.size();
    }

    synchronized int deletedCount() {
        return deleted.size();
    }

    /** Messages of which Dovecot gave less than all. */
    synchronized int cutShort() {
        return cutShort.size();
    }

    synchronized int live() {
        return (int) delivered.stream()
                .filter(id -> !deleted.contains(id) && !maybeDeleted.contains(id))
                .count();
    }

    /** Compares what a program read with what was sent; programs that deliver add fields before. */
    synchronized int check(String by, String read) {
        int id = id(read);
        String sent = texts.get(id);
        int start = read.indexOf(MARK);
        if (sent == null || start < 0) {
            wrong(by + " read something that nobody sent: " + cut(read));
            return id;
        }
        String expected = sent.substring(sent.indexOf(MARK));
        String found = by.equals(IMAP) ? withoutLines(read.substring(start)) : read.substring(start);
        if (by.equals(IMAP) && found.length() < expected.length() && expected.startsWith(found)) {
            // Dovecot goes on with a size that it remembers, of what the number was before
            cutShort.add(id);
        } else if (!found.equals(expected)) {
            int at = 0;
            while (at < Math.min(found.length(), expected.length()) && found.charAt(at) == expected.charAt(at)) {
                at++;
            }
            wrong(by + " read message " + id + " otherwise from octet " + at + " of " + expected.length() + " on: "
                    + cut(found.substring(Math.max(0, at - 20))) + " instead of "
                    + cut(expected.substring(Math.max(0, at - 20))));
        }
        return id;
    }

    private static String withoutLines(String message) {
        int body = message.indexOf("\r\n\r\n") + 2;
        return body < 2
                ? message
                : LINES.matcher(message.substring(0, body)).replaceFirst("") + message.substring(body);
    }

    private static String cut(String text) {
        String some = text.substring(0, Math.min(text.length(), 120));
        return new String(some.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1)
                .replace("\r", "\\r")
                .replace("\n", "\\n")
                .replace("\0", "\\0");
    }

    synchronized void wrong(String what) {
        wrong.add(what);
    }

    /** Everything that was wrong so far. */
    synchronized List<String> wrongs() {
        return List.copyOf(wrong);
    }

    /** What is there when all is quiet. */
    synchronized void checkAll(String by, List<Integer> found) {
        Set<Integer> once = new HashSet<>();
        for (int id : found) {
            if (!once.add(id)) {
                wrong(by + ": message " + id + " is there twice");
            }
            if (deleted.contains(id)) {
                wrong(by + ": message " + id + " was deleted, and is there again");
            }
        }
        for (int id : delivered) {
            if (!once.contains(id) && !maybeDeleted.contains(id)) {
                wrong(by + ": message " + id + " is lost: nobody wanted it deleted");
            }
        }
    }
}
