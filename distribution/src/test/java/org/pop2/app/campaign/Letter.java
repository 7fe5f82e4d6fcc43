package org.pop2.app.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A message that can be told from all others, and whole from torn.
 *
 * @param id unique
 * @param text with LF as line end; its header has the id and a hash of the body
 */
record Letter(int id, String text) {
    private static final Pattern ID = Pattern.compile("(?m)^X-Id: (\\d+)\r\n");
    private static final Pattern HASH = Pattern.compile("(?m)^X-Hash: ([0-9a-f]{64})\r\n");
    /** What programs that deliver put into a header. */
    private static final Pattern ADDED = Pattern.compile(
            "(?m)^(?:Return-Path|X-Original-To|Delivered-To|Received|Content-Length):[^\r]*\r\n(?:[ \t][^\r]*\r\n)*");

    private static final int LONG_ONE_IN = 20;

    static Letter random(int id, Random random) {
        StringBuilder body = new StringBuilder();
        int lines = random.nextInt(LONG_ONE_IN) == 0 ? random.nextInt(2000) : random.nextInt(40);
        for (int i = 0; i < lines; i++) {
            switch (random.nextInt(30)) {
                // no date, so nobody takes it for the start of a message; but most quote it
                case 0 -> body.append("From line ").append(i).append('\n');
                case 1 -> body.append('\n');
                case 2 -> body.append(".\n");
                default ->
                    body.append("line ")
                            .append(i)
                            .append(" of message ")
                            .append(id)
                            .append(" -".repeat(random.nextInt(30)))
                            .append('\n');
            }
        }
        body.append("end\n");
        return new Letter(
                id,
                "X-Id: " + id + "\nX-Hash: " + hash(body.toString().replace("\n", "\r\n"))
                        + "\nFrom: sender@example.org\nTo: you@example.org\nDate: Mon, 23 Nov 2026 12:00:00 +0000\n"
                        + "Message-Id: <" + id + "@example.org>\nSubject: a message\n\n" + body);
    }

    private static String hash(String body) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.ISO_8859_1));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** As a program appends it that does no more than append. */
    String mbox() {
        return "From sender@example.org Mon Nov 23 12:00:00 2026\n" + text.replace("\nFrom ", "\n>From ") + "\n";
    }

    /** The number in what a client was sent. */
    static int idOf(String received) {
        Matcher id = ID.matcher(header(received));
        assertThat(id.find()).as("a message of ours:%n%s", received).isTrue();
        return Integer.parseInt(id.group(1));
    }

    /** Fails unless what a client was sent is this message, octet for octet, but for lines that programs add above. */
    void assertIs(String received) {
        String header = header(received);
        String body = received.substring(header.length());
        Matcher hash = HASH.matcher(header);
        assertThat(hash.find() ? hash.group(1) : "none")
                .as("hash of the body of message " + id)
                .isEqualTo(hash(body.substring(2)));
        assertThat(ADDED.matcher(header).replaceAll("") + body)
                .as("message " + id)
                .isEqualTo(text.replace("\n", "\r\n"));
    }

    /** All lines before the empty one. */
    private static String header(String received) {
        int end = received.indexOf("\r\n\r\n");
        return end < 0 ? received : received.substring(0, end + 2);
    }
}
