package org.pop2.profile.ascii;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Every word of a stored message is in what is sent, or the message stays and says so; however broken it is.
 *
 * <p>The words are planted in mail of any structure, wherever somebody may have written something, and then lines are
 * lost, doubled, exchanged and spoilt. What the message has is read without MIME: by looking for the words in its
 * octets, as they are and decoded.
 */
class NothingLostTest {
    private static final Pattern WORD = Pattern.compile("zq[a-y]{4}[0-9]+qz");
    private static final Pattern BASE64 = Pattern.compile("([A-Za-z0-9+/]+)={0,2}");
    private static final Pattern TRACE = Pattern.compile("(?m)^Received:.*(\r?\n[ \t].*)*");
    /** Text of a page, and a word that is within a tag. */
    private static final List<String> PAGES = List.of(
            "<p>%1$s</p>",
            "<p>%1$s</p>",
            "<p>%1$s</p>",
            "<div style='mso-hide:all'>%1$s</div>",
            "<a href='https://example.org/%2$s'>%1$s</a>",
            "<a href='%2$s'>%1$s</a>",
            "<object>%1$s</object>",
            "<textarea>%1$s</textarea>",
            "<select><option>%1$s</select>",
            "<iframe src='x'>%1$s</iframe>",
            "<map><area alt='%1$s' href='%2$s'></map>",
            "<img alt='%1$s'>",
            "<input value='%1$s'>",
            "<svg><text>%1$s</text></svg>");

    private static final List<String> SPOILT = List.of(
            "",
            " ",
            "\t",
            "no field",
            "Content-Type: text/plain",
            "Content-Type: multipart/mixed",
            "Content-Transfer-Encoding: base64",
            "Content-Transfer-Encoding: quoted-printable",
            "--",
            "--b1",
            "--b1--",
            "--b2--",
            "From jkr Mon Nov 30 01:02:03 2026",
            ":",
            "a:b",
            "=",
            "\u0000",
            "\r");

    private final long seed = Long.getLong("pop2.seed", System.nanoTime());
    private final int rounds = Integer.getInteger("pop2.lost.rounds", 4000);

    /** Mail with words in it. */
    private static final class Planted {
        private final Random random;
        private final List<String> lines = new ArrayList<>();
        private int words;
        private int boundaries;

        Planted(Random random) {
            this.random = random;
        }

        private String word() {
            StringBuilder letters = new StringBuilder("zq");
            for (int i = 0; i < 4; i++) {
                letters.append((char) ('a' + random.nextInt(25)));
            }
            return letters.append(words++).append("qz").toString();
        }

        private String words(int most) {
            StringBuilder text = new StringBuilder(word());
            for (int i = random.nextInt(most); i > 0; i--) {
                text.append(random.nextInt(8) == 0 ? " \u00fc " : " ").append(word());
            }
            return text.toString();
        }

        private void add(String... more) {
            lines.addAll(Arrays.asList(more));
        }

        void message(int depth) {
            for (int i = 1 + random.nextInt(4); i > 0; i--) {
                switch (random.nextInt(depth == 0 ? 6 : 3)) {
                    case 0 -> add("From: \"" + words(2) + "\" <jkr@example.org>");
                    case 1 -> add("Subject: =?utf-8?B?" + base64(word()) + "?= " + words(3));
                    case 2 -> add("Subject: " + words(4), " " + words(4));
                    case 3 -> add("Comments: " + words(8));
                    case 4 -> add("Received: from a by b; Mon, 30 Nov 2026 01:02:03 +0000");
                    default -> add("To: " + words(1) + " <postel@example.org>");
                }
            }
            entity(depth);
        }

        private static String base64(String text) {
            return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        }

        private void entity(int depth) {
            int kind = random.nextInt(depth > 3 ? 6 : 10);
            if (kind >= 7) {
                multipart(depth, random.nextInt(3) == 0 ? "alternative" : "mixed");
            } else if (kind == 6) {
                add("Content-Type: message/rfc822", "");
                message(depth + 1);
            } else if (kind == 5) {
                add("Content-Type: application/x-any", "Content-Transfer-Encoding: base64", "");
                body(text(), "base64");
            } else {
                boolean html = random.nextInt(3) == 0;
                leaf(html, text());
            }
        }

        private List<String> text() {
            List<String> text = new ArrayList<>();
            for (int i = 1 + random.nextInt(6); i > 0; i--) {
                // a word alone may be taken for base64, if a label says so
                text.add(random.nextInt(6) == 0 ? "" : word() + " " + words(6));
            }
            return text;
        }

        private void leaf(boolean html, List<String> text) {
            // of base64 a lost line may lose half a tag, and what is within a tag is no text
            String encoding =
                    List.of("7bit", "8bit", "quoted-printable", "base64").get(random.nextInt(html ? 3 : 4));
            if (random.nextInt(5) > 0) {
                add("Content-Type: text/" + (html ? "html" : "plain") + "; charset=utf-8");
            } else if (html) {
                add("Content-Type: text/html");
            }
            if (random.nextInt(6) == 0) {
                add("Content-Disposition: " + (random.nextBoolean() ? "inline" : "attachment") + "; filename=a.txt");
            }
            add("Content-Transfer-Encoding: " + encoding, "");
            List<String> shown =
                    html ? text.stream().map(line -> page(line, encoding)).toList() : text;
            body(shown, encoding);
        }

        /** A link without words would not be seen, nor an attribute whose quotes got lost with its encoding. */
        private String page(String line, String encoding) {
            boolean simple = line.isEmpty() || encoding.equals("quoted-printable");
            String page = simple ? PAGES.get(0) : PAGES.get(random.nextInt(PAGES.size()));
            return String.format(Locale.ROOT, page, line, word());
        }

        private void body(List<String> text, String encoding) {
            String whole = String.join("\r\n", text) + "\r\n";
            switch (encoding) {
                case "base64" ->
                    add(Base64.getMimeEncoder()
                            .encodeToString(whole.getBytes(StandardCharsets.UTF_8))
                            .split("\r\n", -1));
                case "quoted-printable" ->
                    text.forEach(line -> add(line.replace("=", "=3D").replace("\u00fc", "=C3=BC"), "=", ""));
                default -> lines.addAll(text);
            }
        }

        private void multipart(int depth, String kind) {
            String boundary = "b" + ++boundaries;
            add("Content-Type: multipart/" + kind + "; boundary=\"" + boundary + "\"", "");
            if (random.nextInt(4) == 0) {
                add(words(6));
            }
            List<String> same = text();
            for (int i = kind.equals("alternative") ? 2 : random.nextInt(4); i > 0; i--) {
                add("--" + boundary);
                if (kind.equals("mixed")) {
                    entity(depth + 1);
                } else {
                    List<String> text = new ArrayList<>(same);
                    if (random.nextInt(3) == 0) {
                        text.add(words(2));
                    }
                    leaf(i == 1, text);
                }
            }
            if (random.nextInt(6) > 0) {
                add("--" + boundary + "--");
            }
            if (random.nextInt(4) == 0) {
                add(words(6));
            }
        }
    }

    private static byte[] next(Random random) {
        Planted mail = new Planted(random);
        mail.message(0);
        List<String> lines = mail.lines;
        for (int i = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(3); i > 0; i--) {
            int at = random.nextInt(lines.size());
            switch (random.nextInt(7)) {
                case 0 -> lines.remove(at);
                case 1 -> lines.add(at, lines.get(at));
                case 2 -> lines.add(at, SPOILT.get(random.nextInt(SPOILT.size())));
                case 3 -> lines.set(at, SPOILT.get(random.nextInt(SPOILT.size())));
                case 4 -> lines.add(random.nextInt(lines.size()), lines.remove(at));
                case 5 -> lines.set(at, lines.get(at).replaceFirst(":", " "));
                default -> lines.subList(at, lines.size()).clear();
            }
            if (lines.isEmpty()) {
                lines.add("");
            }
        }
        return (String.join("\r\n", lines) + "\r\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The words that somebody may read in these octets, with a decoder at hand; but not in what is left out for all.
     */
    private static Set<String> readable(byte[] octets) {
        String raw =
                TRACE.matcher(new String(octets, StandardCharsets.ISO_8859_1)).replaceAll("");
        Set<String> words = new TreeSet<>();
        find(raw, words);
        find(quotedPrintable(raw), words);
        Matcher encoded =
                Pattern.compile("(?i)=\\?[\\w-]+\\?b\\?([A-Za-z0-9+/=]+)\\?=").matcher(raw);
        while (encoded.find()) {
            find(base64(encoded.group(1)), words);
        }
        StringBuilder run = new StringBuilder();
        for (String token : raw.split("\\s+", -1)) {
            Matcher base64 = BASE64.matcher(token);
            boolean digits = base64.lookingAt() && !WORD.matcher(token).find();
            run.append(digits ? base64.group(1) : "");
            if (!digits || !base64.hitEnd()) {
                findEncoded(run.toString(), words);
                run.setLength(0);
            }
        }
        findEncoded(run.toString(), words);
        return words;
    }

    /** Wherever the encoding begins. */
    private static void findEncoded(String run, Set<String> words) {
        for (int start = 0; start < Math.min(4, run.length()); start++) {
            find(base64(run.substring(start)), words);
        }
    }

    private static void find(String text, Set<String> words) {
        Matcher matcher = WORD.matcher(text);
        // two may share a letter, where a line between them is gone
        for (int from = 0; matcher.find(from); from = matcher.start() + 1) {
            words.add(matcher.group());
        }
    }

    private static String quotedPrintable(String text) {
        Matcher matcher = Pattern.compile("=([0-9A-F]{2})|=[ \\t]*\r?\n").matcher(text);
        return matcher.replaceAll(found -> found.group(1) == null
                ? ""
                : Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(found.group(1), 16))));
    }

    private static String base64(String text) {
        String whole = text.replaceAll("=+$", "");
        try {
            return new String(
                            Base64.getDecoder().decode(whole.substring(0, whole.length() / 4 * 4)),
                            StandardCharsets.ISO_8859_1)
                    + new String(
                            Base64.getDecoder()
                                    .decode(whole.length() % 4 > 1 ? whole.substring(whole.length() / 4 * 4) : ""),
                            StandardCharsets.ISO_8859_1);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static byte[] sent(byte[] stored, Converted converted) throws IOException {
        return switch (converted.form()) {
            case TEXT -> converted.octets();
            case AS_STORED, AS_STORED_IN_7_BIT -> {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                out.write(stored);
                yield out.toByteArray();
            }
        };
    }

    @Test
    void everyWordIsSentOrTheMessageStays() throws Exception {
        System.out.println("seed " + seed);
        int deletable = 0;
        for (int round = 0; round < rounds; round++) {
            byte[] stored = next(new Random(seed + round));
            Converted converted = new Converter(78, false, false).convert(new ByteArrayInputStream(stored));
            byte[] sent = sent(stored, converted);
            Set<String> lost = readable(stored);
            Set<String> there = readable(sent);
            // text that looks like a field is text once it stands in the body
            find(new String(sent, StandardCharsets.ISO_8859_1), there);
            lost.removeAll(there);
            if (converted.complete()) {
                deletable++;
                assertThat(lost)
                        .as(
                                "seed %d, round %d\n%s\n======== became\n%s",
                                seed,
                                round,
                                new String(stored, StandardCharsets.UTF_8),
                                new String(sent, StandardCharsets.UTF_8))
                        .isEmpty();
            } else {
                assertThat(new String(sent, StandardCharsets.US_ASCII))
                        .as("seed %d, round %d: says so", seed, round)
                        .contains("on the server");
            }
        }
        assertThat(deletable).as("messages that may be deleted").isGreaterThan(rounds / 5);
    }
}
