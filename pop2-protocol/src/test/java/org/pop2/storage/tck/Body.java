package org.pop2.storage.tck;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A message as it might arrive.
 *
 * <p>None has a header that a storage may strip on purpose when it is delivered ({@code Status}, {@code X-Status},
 * {@code X-UID}, {@code X-IMAP}, {@code X-IMAPbase}, {@code X-Keywords}, {@code Content-Length}).
 */
final class Body {
    private static final int[] EDGES = {512, 1024, 4096, 8192, 16384, 32768, 65536};
    private static final String HEADER = "From: a@example.org\r\nSubject: awkward\r\n\r\n";
    private static final String SEPARATOR = "From postel@usc-isif Mon Jan  7 10:11:12 1985";

    private final String name;
    private final byte[] octets;

    private Body(String name, byte[] octets) {
        this.name = name;
        this.octets = octets;
    }

    /** What a client must be sent: a bare LF becomes CRLF, the last line gets its CRLF, nothing else is touched. */
    static byte[] wireForm(byte[] delivered) {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        for (int i = 0; i < delivered.length; i++) {
            boolean bareLineFeed = delivered[i] == '\n' && (i == 0 || delivered[i - 1] != '\r');
            if (bareLineFeed) {
                wire.write('\r');
            }
            wire.write(delivered[i]);
        }
        boolean lastLineEnded = delivered.length > 0 && delivered[delivered.length - 1] == '\n';
        if (!lastLineEnded) {
            wire.write('\r');
            wire.write('\n');
        }
        return wire.toByteArray();
    }

    /** As delivered. */
    byte[] octets() {
        return octets;
    }

    byte[] wire() {
        return wireForm(octets);
    }

    @Override
    public String toString() {
        return name;
    }

    /** A well-behaved small message. */
    static byte[] plain(String subject) {
        return latin1("From: a@example.org\r\nSubject: " + subject + "\r\n\r\nHello, " + subject + ".\r\n");
    }

    /** A message of at least that many octets in lines of 78. */
    static byte[] large(int octets) {
        StringBuilder text = new StringBuilder(HEADER);
        int line = 0;
        while (text.length() < octets) {
            text.append("%010d ".formatted(line++)).append("x".repeat(65)).append("\r\n");
        }
        return latin1(text.toString());
    }

    /** Every awkward body; the random ones follow the seed. */
    static List<Body> awkward(long seed) {
        List<Body> bodies = new ArrayList<>();
        add(bodies, "empty", "");
        add(bodies, "one octet", "x");
        add(bodies, "one LF", "\n");
        add(bodies, "one CRLF", "\r\n");
        add(bodies, "one bare CR", "\r");
        add(bodies, "one NUL", "\0");
        add(bodies, "only LFs", "\n".repeat(7));
        add(bodies, "only CRLFs", "\r\n".repeat(7));
        add(bodies, "only CRs", "\r".repeat(7));
        add(bodies, "LF then CR", "\n\r");
        add(bodies, "CR CR LF", HEADER + "a\r\r\nb\r\r\n");
        add(bodies, "no final newline", HEADER + "the last line");
        add(bodies, "LF throughout", HEADER.replace("\r", "") + "one\ntwo\n\nfour\n");
        add(bodies, "CRLF throughout", HEADER + "one\r\ntwo\r\n\r\nfour\r\n");
        add(bodies, "line ends mixed", "Subject: mixed\n\r\none\r\ntwo\nthree\r\n\n\r\nend");
        add(bodies, "bare CRs", HEADER + "a\rb\r\rc\r\nd\r\ne");
        add(bodies, "ends in a bare CR", HEADER + "text\r");
        add(bodies, "ends in CRLF and a bare CR", HEADER + "text\r\n\r");
        add(bodies, "NULs", HEADER + "a\0b\0\r\n\0\r\n\0");
        add(bodies, "trailing blank lines, CRLF", HEADER + "text\r\n\r\n\r\n\r\n");
        add(bodies, "trailing blank lines, LF", HEADER.replace("\r", "") + "text\n\n\n\n");
        add(bodies, "trailing spaces", HEADER + "text  \t\r\n  \r\n \r\n ");
        add(bodies, "header only", "Subject: header only\r\n");
        add(bodies, "header and empty line only", "Subject: header only\r\n\r\n");
        add(bodies, "no header", "\r\nonly text\r\n");
        add(bodies, "no header and no empty line", "just a text\r\nof two lines\r\n");
        add(bodies, "folded header", "Subject: folded\r\n over\r\n\tlines\r\n\r\ntext\r\n");
        add(bodies, "dots", HEADER + ".\r\n..\r\n.text\r\n.\r\n");
        add(bodies, "looks like a reply", HEADER + "- error\r\n=0\r\n#0\r\n+ bye\r\nQUIT\r\n");
        add(bodies, "From_ in text", HEADER + "text\r\nFrom here on\r\nmore\r\n");
        add(bodies, "From_ after an empty line", HEADER + "text\r\n\r\nFrom here on\r\nmore\r\n");
        add(bodies, "separator in text, CRLF", HEADER + "text\r\n\r\n" + SEPARATOR + "\r\nSubject: no\r\n\r\nmore\r\n");
        add(bodies, "separator in text, LF", (HEADER + "text\n\n" + SEPARATOR + "\nX: no\n\nmore\n").replace("\r", ""));
        add(bodies, "separator first in text", HEADER + SEPARATOR + "\r\n" + SEPARATOR + "\r\n");
        add(bodies, "separator last, unended", HEADER + "text\r\n\r\n" + SEPARATOR);
        add(bodies, "separator at the very start", SEPARATOR + "\r\nSubject: x\r\n\r\ntext\r\n");
        add(bodies, "separator at the very start, LF", SEPARATOR + "\nSubject: x\n\ntext\n");
        add(bodies, "From_ at the very start", "From here on\r\nSubject: x\r\n\r\ntext\r\n");
        add(bodies, "only From_", "From ");
        add(bodies, "only a separator", SEPARATOR + "\n");
        add(bodies, "quoted From_", HEADER + ">From a\r\n>>From b\r\n\r\n>>>From c\r\n> From d\r\n>>");
        add(bodies, "quoted separators", HEADER + "\r\n>" + SEPARATOR + "\r\n\r\n>>" + SEPARATOR + "\r\n\r\n>From ");
        add(bodies, "quoted From_ at the very start", ">From x\r\n>>From y\r\n\r\ntext\r\n");
        add(bodies, "nearly From_", HEADER + "From\r\nFrom\t\r\nfrom x\r\nFROM x\r\nFro\r\n\rFrom x\r\n\0From x\r\n");
        add(bodies, "From_ behind a bare CR", HEADER + "text\r\n\r\n\r" + SEPARATOR + "\r\n");
        add(bodies, "boundary of another mailbox format", HEADER + "\1\1\1\1\r\nbabyl\u001f\u000c\r\n*** EOOH ***\r\n");
        add(bodies, "control-Z and friends", HEADER + "a\u001ab\u0004c\u0003\u007f\u001b[2J\r\n");
        byte[] everyOctet = new byte[256];
        for (int i = 0; i < everyOctet.length; i++) {
            everyOctet[i] = (byte) i;
        }
        add(bodies, "every octet", HEADER + new String(everyOctet, ISO_8859_1) + "\r\n");
        add(bodies, "8-bit", HEADER + "\u00e4\u00f6\u00fc\u00ff\u00fe\u0080\r\n\u00ff");
        add(bodies, "one long line", HEADER + "y".repeat(70_000) + "\r\n");
        add(bodies, "one very long line, unended", HEADER + "z".repeat(200_001));
        add(bodies, "long header line", "Subject: " + "s".repeat(66_000) + "\r\n\r\ntext\r\n");
        add(bodies, "many short lines", HEADER + "\n".repeat(70_000));
        add(bodies, "many From_ lines", HEADER + "From x\r\n\r\n".repeat(3_000));
        for (int edge : EDGES) {
            for (int before = 1; before <= 2; before++) {
                String upToEdge = HEADER + "e".repeat(edge - before - HEADER.length());
                add(bodies, "CRLF " + before + " before octet " + edge, upToEdge + "\r\ntext\r\n");
                add(bodies, "LF " + before + " before octet " + edge, upToEdge + "\ntext\n");
                add(bodies, "CR " + before + " before octet " + edge, upToEdge + "\rtext\r\n");
                add(bodies, "ends " + before + " before octet " + edge, upToEdge);
            }
            add(
                    bodies,
                    "CR is octet " + edge + " and the last",
                    HEADER + "e".repeat(edge - 1 - HEADER.length()) + "\r");
            add(
                    bodies,
                    "From_ across octet " + edge,
                    HEADER + "e".repeat(edge - 4 - HEADER.length()) + "\r\nFrom x\r\n");
        }
        Random random = new Random(seed);
        for (int i = 0; i < 12; i++) {
            byte[] octets = new byte[1 + random.nextInt(40_000)];
            random.nextBytes(octets);
            bodies.add(new Body("random octets " + i, octets));
        }
        String[] pieces = {"\r", "\n", "\r\n", "From ", ">", "\0", "x", "", SEPARATOR, ".", " ", "\n\n", "\u00e9"};
        for (int i = 0; i < 24; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(3_000); n > 0; n--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            add(bodies, "random pieces " + i, text.toString());
        }
        bodies.add(new Body("3 MiB", large(3 * 1024 * 1024)));
        return bodies;
    }

    private static void add(List<Body> bodies, String name, String latin1) {
        bodies.add(new Body(name, latin1(latin1)));
    }

    private static byte[] latin1(String text) {
        return text.getBytes(ISO_8859_1);
    }
}
