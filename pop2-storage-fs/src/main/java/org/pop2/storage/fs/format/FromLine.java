package org.pop2.storage.fs.format;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringTokenizer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The line that begins a message in an mbox: {@code From postel@usc-isif Fri Feb 1 12:00:00 1985}.
 *
 * <p>No two programs write the same one, so what counts is the date, at the end of the line and in any shape that
 * c-client or Dovecot takes: seconds or none, a zone before or after the year or none, {@code Thu, 9 Nov 2002}, and
 * {@code remote from host} behind it all. What stands between {@code From } and the date is not looked at: senders have
 * spaces, quotes, {@code " at "}, or are missing. Without a date it is a line of somebody's letter.
 */
public final class FromLine {
    /** Longest line that can begin a message, in octets. */
    public static final int MAX_OCTETS = 4096;

    private static final String PREFIX = "From ";
    private static final String GIT_DATE = " Mon Sep 17 00:00:00 2001";
    private static final String REMOTE = " remote from ";
    private static final Pattern ISO_DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}.*)?");
    private static final int MAX_SENDER = 256;

    /** {@code Thu,}. */
    private static final int WEEKDAY_LENGTH = 4;

    private static final Pattern WEEKDAY = Pattern.compile("(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\\b.*", Pattern.DOTALL);
    private static final DateTimeFormatter ASCTIME = DateTimeFormatter.ofPattern(
                    "EEE MMM ppd HH:mm:ss yyyy", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private FromLine() {}

    /** Whether the line begins a message. Its line end, LF or CRLF, is not part of the range. */
    static boolean begins(byte[] octets, int from, int to) {
        if (to - from > MAX_OCTETS || Quoting.from(octets, from, to) != Quoting.Match.YES) {
            return false;
        }
        String line = new String(octets, from, to - from, StandardCharsets.ISO_8859_1);
        int remote = line.lastIndexOf(REMOTE);
        // in "From remote from here" the two share a space, and there is no date
        if (remote >= PREFIX.length() && line.indexOf(' ', remote + REMOTE.length()) < 0) {
            line = line.substring(0, remote);
        }
        List<String> words = words(line);
        // a date is four to eight words; it must reach to the end, wherever it begins
        for (int first = words.size() - 4; first >= Math.max(0, words.size() - 8); first--) {
            if (isDate(words.subList(first, words.size()))) {
                return true;
            }
        }
        return false;
    }

    /**
     * What is odd, in words, about a line that could begin a message in an archive although {@link #begins} denies it:
     * it has only a sender or nothing, or a time and a year somewhere. The next line has to decide. {@code null} if it
     * is text.
     */
    static @Nullable String oddity(byte[] octets, int from, int to) {
        if (to - from > MAX_OCTETS || Quoting.from(octets, from, to) != Quoting.Match.YES) {
            return null;
        }
        List<String> words = words(new String(octets, from, to - from, StandardCharsets.ISO_8859_1));
        if (words.size() <= 1) {
            return "without a date";
        }
        return hasTimeAndYear(words) ? "with a date that mailboxes do not have" : null;
    }

    /** {@code 15:59:28} and {@code 2025}, {@code 2025-04-12T15:59:28Z}, {@code 2025-04-12 15:59}. */
    private static boolean hasTimeAndYear(List<String> words) {
        boolean time = false;
        boolean year = false;
        for (String word : words) {
            Matcher iso = ISO_DATE.matcher(word);
            if (iso.matches()) {
                year = true;
                time |= iso.group(1) != null;
            } else {
                time |= isTime(word);
                year |= isYear(word);
            }
        }
        return time && year;
    }

    /**
     * Whether the line is one that {@code git format-patch} writes, the same for every patch but for the name of the
     * commit. In a letter it is a part of the patch; where it begins a message, it begins the next ones too.
     */
    static boolean isOfGit(byte[] octets, int from, int to) {
        int hex = to - from - PREFIX.length() - GIT_DATE.length();
        if (hex != 40 && hex != 64) {
            return false;
        }
        for (int i = 0; i < hex; i++) {
            if (Character.digit(octets[from + PREFIX.length() + i], 16) < 0) {
                return false;
            }
        }
        for (int i = 0; i < GIT_DATE.length(); i++) {
            if (octets[to - GIT_DATE.length() + i] != GIT_DATE.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The envelope's sender in a line; empty for a bounce, or if there is none.
     *
     * @param certain whether it certainly begins a message; otherwise a word without {@code @} may be text
     */
    static String sender(String line, boolean certain) {
        String[] words = line.strip().split("[ \t]+", 3);
        String word = words.length < 2 ? "" : words[1];
        // MAILER-DAEMON is how mbox spells the empty sender of a bounce, and mail programs write a hyphen for nobody
        if (word.length() > MAX_SENDER
                || word.equals("MAILER-DAEMON")
                || word.equals("-")
                || word.chars().anyMatch(Character::isISOControl)) {
            return "";
        }
        if (word.indexOf('@') >= 0) {
            return word;
        }
        // "here" of "From here on" is no sender, nor is the weekday, of any language, where there is none
        boolean named = words.length == 3
                && (WEEKDAY.matcher(words[2]).matches() || (certain && word.length() > WEEKDAY_LENGTH));
        return named ? word : "";
    }

    /** The line for a delivery, with its line feed. */
    public static byte[] of(String sender, Instant time) {
        StringBuilder line = new StringBuilder(PREFIX);
        if (sender.isBlank()) {
            line.append("MAILER-DAEMON");
        } else {
            // a space would be read as the end of the sender by simple readers
            sender.strip()
                    .codePoints()
                    .map(c -> Character.isWhitespace(c) || Character.isSpaceChar(c) || Character.isISOControl(c)
                            ? '_'
                            : c)
                    .forEach(line::appendCodePoint);
        }
        return line.append(' ')
                .append(ASCTIME.format(time))
                .append('\n')
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringTokenizer tokens = new StringTokenizer(line.substring(PREFIX.length()), " \t\r");
        while (tokens.hasMoreTokens()) {
            words.add(tokens.nextToken());
        }
        return words;
    }

    private static boolean isDate(List<String> words) {
        String weekday = words.get(0);
        if (weekday.endsWith(",")) {
            // Thu, 9 Nov 2002 10:20:30 +0200
            return isName(weekday.substring(0, weekday.length() - 1))
                    && words.size() >= 5
                    && isDay(words.get(1))
                    && isName(words.get(2))
                    && isYear(words.get(3))
                    && isTime(words.get(4))
                    && areZones(words, 5);
        }
        if (!isName(weekday) || words.size() < 5) {
            return false;
        }
        boolean american = isName(words.get(1)) && isDay(words.get(2));
        boolean european = isDay(words.get(1)) && isName(words.get(2));
        if (!american && !european) {
            return false;
        }
        if (european && isYear(words.get(3)) && isTime(words.get(4))) {
            return areZones(words, 5);
        }
        if (!isTime(words.get(3))) {
            return false;
        }
        int at = 4;
        while (at < words.size() && isZone(words.get(at))) {
            at++;
        }
        return at <= 6 && at < words.size() && isYear(words.get(at)) && areZones(words, at + 1);
    }

    private static boolean areZones(List<String> words, int from) {
        if (words.size() - from > 2) {
            return false;
        }
        for (int i = from; i < words.size(); i++) {
            if (!isZone(words.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** A weekday or month; not by a list of names, for there are mailboxes in other languages. */
    private static boolean isName(String word) {
        return word.length() == 3 && areLetters(word);
    }

    private static boolean isDay(String word) {
        return word.length() <= 2 && isNumber(word) && number(word) >= 1 && number(word) <= 31;
    }

    private static boolean isYear(String word) {
        return word.length() == 4 && isNumber(word);
    }

    /** {@code 9:05}, {@code 09:05}, {@code 09:05:59}. */
    private static boolean isTime(String word) {
        int colon = word.indexOf(':');
        if (colon < 1 || colon > 2 || !isNumber(word.substring(0, colon)) || number(word.substring(0, colon)) > 24) {
            return false;
        }
        String rest = word.substring(colon + 1);
        return isSixtieth(rest.substring(0, Math.min(2, rest.length())))
                && (rest.length() == 2
                        || (rest.length() == 5 && rest.charAt(2) == ':' && isSixtieth(rest.substring(3))));
    }

    private static boolean isSixtieth(String word) {
        // 60 is a leap second
        return word.length() == 2 && isNumber(word) && number(word) <= 60;
    }

    /** {@code +0200}, {@code EST}, {@code (MEST)}. */
    private static boolean isZone(String word) {
        char first = word.charAt(0);
        if (first == '+' || first == '-') {
            return word.length() == 5 && isNumber(word.substring(1));
        }
        if (first == '(' && word.endsWith(")") && word.length() > 2) {
            return isAbbreviation(word.substring(1, word.length() - 1));
        }
        return isAbbreviation(word);
    }

    private static boolean isAbbreviation(String word) {
        return word.length() <= 5 && areLetters(word);
    }

    private static boolean isLetter(int c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }

    // plain loops: a stream for each word of each message is most of what a scan would allocate

    private static boolean areLetters(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (!isLetter(word.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isNumber(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (word.charAt(i) < '0' || word.charAt(i) > '9') {
                return false;
            }
        }
        return !word.isEmpty();
    }

    private static int number(String word) {
        return Integer.parseInt(word);
    }
}
