package org.pop2.storage.fs.format;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a mailbox the slow and obvious way, all of it in memory and line by line, by the rules as the manual has them.
 * It shares no code with the readers of the storage, not even the one for dates.
 */
public final class ReferenceReader {
    private static final String GAP = "[ \t\r]++";
    private static final String NAME = "[A-Za-z]{3}";
    private static final String DAY = "(?:0?[1-9]|[12][0-9]|3[01])";
    private static final String NAME_AND_DAY = "(?:" + NAME + GAP + DAY + "|" + DAY + GAP + NAME + ")";
    private static final String YEAR = "[0-9]{4}";
    private static final String SIXTIETH = "(?:[0-5][0-9]|60)";
    private static final String TIME = "(?:[01]?[0-9]|2[0-4]):" + SIXTIETH + "(?::" + SIXTIETH + ")?";
    private static final String ZONE = "(?:[+-][0-9]{4}|[A-Za-z]{1,5}|\\([A-Za-z]{1,5}\\))";
    private static final String GAP_ZONE = "(?:" + GAP + ZONE + ")";
    /** A year with up to three words of time zone around it, at most two on a side. */
    private static final String YEAR_AND_ZONES = "(?:" + GAP_ZONE + "{0,2}" + GAP + YEAR + GAP_ZONE + "?|" + GAP_ZONE
            + "?" + GAP + YEAR + GAP_ZONE + "{0,2})";
    /** {@code Mon Nov 23 12:00:00 2026}: what asctime(3) writes, with time zones. */
    private static final String ASCTIME = NAME + GAP + NAME_AND_DAY + GAP + TIME + YEAR_AND_ZONES;
    /** {@code Mon, 23 Nov 2026 12:00:00 +0100}: as in a header. */
    private static final String HEADER_DATE =
            NAME + ",?" + GAP + DAY + GAP + NAME + GAP + YEAR + GAP + TIME + GAP_ZONE + "{0,2}";

    private static final Pattern ENDS_WITH_DATE =
            Pattern.compile("(?s)(?:.*[ \t\r])?(?:" + ASCTIME + "|" + HEADER_DATE + ")[ \t\r]*");
    private static final Pattern REMOTE_FROM = Pattern.compile(" remote from [^ ]*\\z");
    private static final Pattern MARKED = Pattern.compile("(?s)>+From .*");

    private static final Pattern GIT =
            Pattern.compile("From (?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64}) Mon Sep 17 00:00:00 2001\\r?\\n?");
    private static final Pattern LENGTH = Pattern.compile("(?is)content-length:[ \t]*([0-9]{1,15})[ \t]*\\r?\\n");
    private static final Pattern NOTE =
            Pattern.compile("(?is)(?:status|x-status|x-uid|x-imap|x-imapbase|x-keywords|content-length)[ \t]*:.*");
    private static final Pattern LENGTH_NAME = Pattern.compile("(?is)content-length[ \t]*:.*");
    private static final Pattern LINES = Pattern.compile("(?is)lines[ \t]*:.*");
    /** Line ends between messages. */
    private static final Pattern ENDS = Pattern.compile("(?:\\r?\\n){0,2}");

    private static final int LONGEST_FROM_LINE = 4096;
    private static final int PSEUDO_HEADER = 8192;

    private ReferenceReader() {}

    /**
     * A message.
     *
     * @param offset where its From_ line begins
     * @param text what a client gets, an octet a character
     */
    public record Message(long offset, String text) {
        public byte[] wire() {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    /** Lines of the file, with their line ends, from {@code offset} on. */
    private record Stored(long offset, String fromLine, List<String> content) {
        boolean isOfGit() {
            return GIT.matcher(fromLine).matches();
        }

        /** Whether a From_ line is its own, though it looks like another message's. */
        boolean has(int offset, String line, String all) {
            if (GIT.matcher(line).matches() && !isOfGit()) {
                return true;
            }
            int empty = 0;
            while (empty < content.size() && !isEmpty(content.get(empty))) {
                empty++;
            }
            List<String> header = content.subList(0, empty);
            List<String> lengths = header.stream()
                    .filter(field -> field.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                    .toList();
            if (empty == content.size() || lengths.size() != 1) {
                return false;
            }
            Matcher length = LENGTH.matcher(lengths.get(0));
            if (!length.matches()) {
                return false;
            }
            long body = this.offset
                    + fromLine.length()
                    + content.subList(0, empty + 1).stream()
                            .mapToInt(String::length)
                            .sum();
            long end = body + Long.parseLong(length.group(1));
            return end > offset && end <= all.length() && ends(all, (int) end);
        }

        private boolean ends(String all, int end) {
            for (int at = end; at <= Math.min(end + 4, all.length()); at++) {
                if (ENDS.matcher(all.substring(end, at)).matches() && (at == all.length() || begins(all, at))) {
                    return true;
                }
            }
            return false;
        }

        private boolean begins(String all, int at) {
            String line = lines(all.substring(at)).get(0);
            return all.charAt(at - 1) == '\n'
                    && isFromLine(line)
                    && (isOfGit() || !GIT.matcher(line).matches());
        }
    }

    /** What a client sees of a mailbox, or nothing if it is none. */
    public static Optional<List<Message>> read(byte[] mailbox, Quoting quoting, boolean lenient) {
        List<Stored> stored = new ArrayList<>();
        String all = new String(mailbox, StandardCharsets.ISO_8859_1);
        long offset = 0;
        boolean afterEmpty = true;
        for (String line : lines(all)) {
            Stored last = stored.isEmpty() ? null : stored.get(stored.size() - 1);
            if ((afterEmpty || lenient) && isFromLine(line) && (last == null || !last.has((int) offset, line, all))) {
                stored.add(new Stored(offset, line, new ArrayList<>()));
                afterEmpty = false;
            } else if (stored.isEmpty()) {
                return Optional.empty();
            } else {
                stored.get(stored.size() - 1).content().add(line);
                afterEmpty = isEmpty(line);
            }
            offset += line.length();
        }
        stored.forEach(message -> removeSeparator(message.content()));
        if (!stored.isEmpty() && isPseudo(stored.get(0))) {
            stored.remove(0);
        }
        return Optional.of(stored.stream()
                .map(message -> new Message(message.offset(), wire(message.content(), quoting)))
                .toList());
    }

    private static List<String> lines(String text) {
        List<String> lines = new ArrayList<>();
        int from = 0;
        while (from < text.length()) {
            int lineFeed = text.indexOf('\n', from);
            int to = lineFeed < 0 ? text.length() : lineFeed + 1;
            lines.add(text.substring(from, to));
            from = to;
        }
        return lines;
    }

    private static boolean isEmpty(String line) {
        return line.equals("\n") || line.equals("\r\n");
    }

    static boolean isFromLine(String line) {
        String bare = line.endsWith("\n") ? line.substring(0, line.length() - 1) : line;
        bare = bare.endsWith("\r") ? bare.substring(0, bare.length() - 1) : bare;
        if (!bare.startsWith("From ") || bare.length() > LONGEST_FROM_LINE) {
            return false;
        }
        String rest = REMOTE_FROM.matcher(bare.substring("From ".length())).replaceFirst("");
        return ENDS_WITH_DATE.matcher(rest).matches();
    }

    /** One empty line at the end belongs to the separator. */
    private static void removeSeparator(List<String> content) {
        int last = content.size() - 1;
        if (last >= 0 && isEmpty(content.get(last))) {
            content.remove(last);
        }
    }

    private static boolean isPseudo(Stored message) {
        String all = String.join("", message.content());
        String head = all.substring(0, Math.min(all.length(), PSEUDO_HEADER));
        boolean state = false;
        boolean subject = false;
        for (String line : lines(head)) {
            if (isEmpty(line)) {
                break;
            }
            state |= line.toLowerCase(Locale.ROOT).startsWith("x-imap:");
            subject |= line.toLowerCase(Locale.ROOT).startsWith("subject:") && line.contains("FOLDER INTERNAL DATA");
        }
        return state && subject;
    }

    /** What is the message's, without what mailbox programs noted in its header. */
    private static List<String> sent(List<String> content) {
        List<String> sent = new ArrayList<>();
        boolean inHeader = true;
        boolean hidden = false;
        boolean afterLength = false;
        for (String line : content) {
            inHeader &= !isEmpty(line);
            if (!inHeader || !line.matches("(?s)[ \t].*")) {
                String start = line.substring(0, Math.min(line.length(), 32));
                hidden = inHeader
                        && (NOTE.matcher(start).matches()
                                || (afterLength && LINES.matcher(start).matches()));
                afterLength = inHeader && LENGTH_NAME.matcher(start).matches();
            }
            if (!hidden) {
                sent.add(line);
            }
        }
        return sent;
    }

    private static String wire(List<String> all, Quoting quoting) {
        List<String> content = sent(all);
        StringBuilder wire = new StringBuilder();
        for (String stored : content) {
            boolean quoted = switch (quoting) {
                case MBOXRD -> MARKED.matcher(stored).matches();
                case MBOXO -> stored.startsWith(">From ");
                case NONE -> false;
            };
            String line = quoted ? stored.substring(1) : stored;
            if (line.endsWith("\n")) {
                line = line.substring(0, line.length() - (line.endsWith("\r\n") ? 2 : 1));
            }
            wire.append(line).append("\r\n");
        }
        if (content.isEmpty()) {
            wire.append("\r\n");
        }
        return wire.toString();
    }
}
