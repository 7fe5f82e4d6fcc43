package org.pop2.profile.ascii;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Random;

/** Mail of any structure, in any charset and encoding; some of it broken. */
final class RandomMail {
    private static final List<String> CHARSETS = List.of(
            "us-ascii",
            "utf-8",
            "iso-8859-1",
            "iso-8859-15",
            "windows-1252",
            "koi8-r",
            "iso-2022-jp",
            "utf-16",
            "gb18030",
            "big5",
            "shift_jis",
            "euc-kr",
            "ibm037",
            "windows-1256");
    private static final List<String> LABELS = List.of(
            "x-unknown",
            "ansi_x3.110-1983",
            "unicode-1-1-utf-7",
            "\"",
            "utf-8;format=flowed",
            "utf-8; format=flowed; delsp=yes");
    private static final List<String> KINDS =
            List.of("mixed", "alternative", "related", "signed", "report", "digest", "encrypted", "x-any");
    private static final List<String> WORDS = List.of(
            "word",
            "Gr\u00fc\u00dfe",
            "\u20ac",
            "\u201equoted\u201c",
            "\u2026",
            "\u0416\u0443\u043a",
            "\u03b1\u03b2",
            "\u4f60\u597d",
            "\ud83d\ude00",
            "\ud83e\udd84",
            "e\u0301",
            "\ufb01",
            "\u00bd",
            "\u001b[2J",
            "\u0000",
            "\u0007",
            "\u0085",
            "\u2028",
            "\t",
            "> ",
            "-- ",
            "--",
            "From me",
            "x".repeat(1200),
            "=?utf-8?Q?=C3=BC?=",
            "=?",
            "a@b.example",
            "<b>",
            "</p>",
            "<ul><li>",
            "<a href=\"https://e.example/\">",
            "<!--",
            "<script>",
            "<table><tr><td>",
            "&nbsp;",
            "&#27;",
            "https://e.example/x");
    private static final List<String> FIELDS =
            List.of("Subject", "From", "To", "Cc", "X-Any", "Received", "Comments", "Sender");

    private final Random random;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private RandomMail(Random random) {
        this.random = random;
    }

    static byte[] next(Random random) {
        RandomMail mail = new RandomMail(random);
        mail.message(0);
        mail.ascii("\r\n");
        byte[] octets = mail.out.toByteArray();
        for (int i = random.nextInt(4) == 0 ? random.nextInt(20) : 0; i > 0; i--) {
            octets[random.nextInt(octets.length)] = (byte) random.nextInt(256);
        }
        return octets;
    }

    private <T> T one(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private void ascii(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void message(int depth) {
        for (int i = random.nextInt(5); i > 0; i--) {
            ascii(one(FIELDS) + ": ");
            for (int word = random.nextInt(8); word > 0; word--) {
                word();
            }
            ascii("\r\n");
        }
        if (random.nextBoolean()) {
            ascii("MIME-Version: 1.0\r\n");
        }
        entity(depth);
    }

    private void word() {
        String word = one(WORDS);
        byte[] octets = word.getBytes(Charset.forName(one(CHARSETS.subList(0, 6))));
        switch (random.nextInt(5)) {
            case 0 -> ascii("=?utf-8?B?" + Base64.getEncoder().encodeToString(octets) + "?= ");
            case 1 -> ascii("=?" + one(CHARSETS) + "?q?" + quoted(octets).replace("\r\n", "") + "?= ");
            case 2 -> out.writeBytes(octets);
            case 3 -> ascii("\r\n ");
            default -> ascii("\"" + word.replaceAll("[^ -~]", "") + "\" <a@b.example>, ");
        }
    }

    private static String quoted(byte[] octets) {
        StringBuilder text = new StringBuilder();
        for (byte octet : octets) {
            text.append(String.format("=%02X", octet & 0xff));
            if (text.length() % 76 > 70) {
                text.append("=\r\n");
            }
        }
        return text.toString();
    }

    private void entity(int depth) {
        int kind = random.nextInt(depth > 5 ? 4 : 8);
        if (kind >= 5) {
            multipart(depth);
        } else if (kind == 4) {
            ascii("Content-Type: message/rfc822\r\n\r\n");
            message(depth + 1);
        } else {
            leaf(kind);
        }
    }

    private void multipart(int depth) {
        String boundary = "b" + random.nextInt(1000);
        ascii("Content-Type: multipart/" + one(KINDS) + "; boundary=\"" + boundary + "\"\r\n\r\n");
        ascii(random.nextBoolean() ? "preamble\r\n" : "");
        for (int i = random.nextInt(4); i > 0; i--) {
            ascii("--" + boundary + "\r\n");
            entity(depth + 1);
            ascii("\r\n");
        }
        ascii(random.nextInt(5) == 0 ? "" : "--" + boundary + "--\r\nepilogue\r\n");
    }

    private void leaf(int kind) {
        String charset = one(CHARSETS);
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(10) == 0 ? 3000 : random.nextInt(60); i > 0; i--) {
            text.append(one(WORDS)).append(random.nextInt(6) == 0 ? "\r\n" : " ");
        }
        byte[] octets = text.toString().getBytes(Charset.forName(charset));
        String type = kind == 0 ? "text/html" : kind == 1 ? "image/png" : kind == 2 ? "text/enriched" : "text/plain";
        String label = random.nextInt(4) == 0 ? one(LABELS) : charset;
        ascii("Content-Type: " + type + "; charset=" + label + "\r\n");
        if (random.nextInt(4) == 0) {
            ascii("Content-Disposition: attachment; filename*=utf-8''%E2%82%AC" + random.nextInt(10) + "\r\n");
        }
        switch (random.nextInt(4)) {
            case 0 -> {
                ascii("Content-Transfer-Encoding: base64\r\n\r\n");
                ascii(Base64.getMimeEncoder().encodeToString(octets));
            }
            case 1 -> {
                ascii("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
                ascii(quoted(octets));
            }
            case 2 -> {
                ascii("Content-Transfer-Encoding: x-uuencode\r\n\r\n");
                out.writeBytes(octets);
            }
            default -> {
                ascii("\r\n");
                out.writeBytes(octets);
            }
        }
    }
}
