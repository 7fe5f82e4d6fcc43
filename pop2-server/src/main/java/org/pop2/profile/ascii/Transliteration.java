package org.pop2.profile.ascii;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.StringTokenizer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Unicode written with ASCII: by the table {@code transliteration.txt}, else without accents, other scripts as they are
 * read ({@link Scripts}), emoji by name, else a question mark.
 *
 * <p>No control character comes out but tab and line feed, and of an escape sequence nothing. One text after the other;
 * counts what could not be written.
 */
final class Transliteration {
    private static final Map<Integer, String> TABLE = table();
    private static final int SKIN_TONES = 0x1f3fb;
    private static final int LAST_SKIN_TONE = 0x1f3ff;
    private static final int REGIONAL_A = 0x1f1e6;
    private static final int REGIONAL_Z = 0x1f1ff;
    private static final int FRACTION_SLASH = 0x2044;

    /** What a terminal would do, and not show: CSI, then OSC and its like with their texts, then the short ones. */
    private static final Pattern ESCAPES = Pattern.compile("(?s)(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]"
            + "|\\x1b[\\]PX^_][^\\x07\\x1b\\n]*(?:\\x07|\\x1b\\\\)?|\\x1b[ -/]*[0-~]?");

    /** More than one character in so many that cannot be written, and what is said is not told. */
    private static final int TOLERATED = 10;

    private long characters;
    private long lost;

    private static Map<Integer, String> table() {
        Map<Integer, String> table = new HashMap<>();
        try (InputStream in = Transliteration.class.getResourceAsStream("transliteration.txt");
                BufferedReader lines = new BufferedReader(new InputStreamReader(
                        Objects.requireNonNull(in, "transliteration.txt is not there"), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("#")) {
                    continue;
                }
                StringTokenizer words = new StringTokenizer(line, " ");
                while (words.hasMoreTokens()) {
                    table.put(
                            words.nextToken().codePointAt(0), words.nextToken().replace('_', ' '));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return table;
    }

    /**
     * What was written until some moment.
     *
     * @param characters that are no space and were to be written
     * @param lost those of them that became question marks
     */
    record Tally(long characters, long lost) {}

    Tally tally() {
        return new Tally(characters, lost);
    }

    /** Whether of what was written since then too little can be read: more than a tenth are question marks. */
    boolean isIllegibleSince(Tally before) {
        return (lost - before.lost) * TOLERATED > characters - before.characters;
    }

    /** In one line: no control character comes out, and no line feed. */
    String line(String text) {
        String ascii = of(text);
        StringBuilder line = new StringBuilder(ascii.length());
        for (int i = 0; i < ascii.length(); i++) {
            char c = ascii.charAt(i);
            line.append(c < ' ' ? ' ' : c);
        }
        return line.toString();
    }

    String of(String text) {
        if (isPlain(text)) {
            characters += text.length();
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16);
        // composed: the table has the umlauts as one character
        String composed = Normalizer.normalize(withoutEscapes(text), Normalizer.Form.NFC);
        int at = 0;
        while (at < composed.length()) {
            int c = composed.codePointAt(at);
            int end = at + Character.charCount(c);
            if (Scripts.isOne(c)) {
                end = Scripts.endOfRun(composed, at);
                addRun(composed.substring(at, end), out);
            } else {
                add(c, out);
            }
            at = end;
        }
        return out.toString();
    }

    private static String withoutEscapes(String text) {
        return text.indexOf(0x1b) < 0 && text.indexOf(0x9b) < 0
                ? text
                : ESCAPES.matcher(text).replaceAll("");
    }

    private void addRun(String run, StringBuilder out) {
        String read = Scripts.read(run);
        characters += run.codePoints().filter(Character::isLetterOrDigit).count();
        long counted = characters;
        read.codePoints().forEach(c -> add(c, out));
        // they were counted as they stood in the text; what is lost of them was counted just now
        characters = counted;
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x7f || (c < ' ' && c != '\t' && c != '\n')) {
                return false;
            }
        }
        return true;
    }

    private void add(int c, StringBuilder out) {
        if (c < 0x80) {
            if (c == '\t' || c == '\n' || (c >= ' ' && c < 0x7f)) {
                characters += c > ' ' ? 1 : 0;
                out.append((char) c);
            } else if (c == '\r' || c == '\f' || c == 0x0b) {
                out.append(' ');
            }
            return;
        }
        if (isDropped(c)) {
            return;
        }
        if (Character.isSpaceChar(c)) {
            out.append(c == 0x2028 || c == 0x2029 ? '\n' : ' ');
            return;
        }
        if (c == 0x85) {
            out.append('\n');
            return;
        }
        if (Character.isISOControl(c)) {
            return;
        }
        characters++;
        String known = known(c);
        if (known == null) {
            known = decomposed(c, out);
        }
        if (known == null) {
            known = named(c);
        }
        if (known == null) {
            lost++;
            known = "?";
        }
        out.append(known);
    }

    /** What is seen as nothing, or as a change of what stands before. */
    private static boolean isDropped(int c) {
        int type = Character.getType(c);
        return type == Character.FORMAT
                || type == Character.NON_SPACING_MARK
                || type == Character.ENCLOSING_MARK
                || (c >= SKIN_TONES && c <= LAST_SKIN_TONE);
    }

    private static @Nullable String known(int c) {
        String known = TABLE.get(c);
        if (known != null) {
            return known;
        }
        if (c >= 0x2500 && c <= 0x257f) {
            return box(c);
        }
        if (c >= 0x2580 && c <= 0x259f) {
            return "#";
        }
        if (c >= REGIONAL_A && c <= REGIONAL_Z) {
            return String.valueOf((char) ('A' + c - REGIONAL_A));
        }
        return null;
    }

    private static String box(int c) {
        return switch (c) {
            case 0x2500,
                    0x2501,
                    0x2504,
                    0x2505,
                    0x2508,
                    0x2509,
                    0x254c,
                    0x254d,
                    0x2574,
                    0x2576,
                    0x2578,
                    0x257a,
                    0x257c,
                    0x257e -> "-";
            case 0x2550 -> "=";
            case 0x2502,
                    0x2503,
                    0x2506,
                    0x2507,
                    0x250a,
                    0x250b,
                    0x254e,
                    0x254f,
                    0x2551,
                    0x2575,
                    0x2577,
                    0x2579,
                    0x257b,
                    0x257d,
                    0x257f -> "|";
            case 0x2571 -> "/";
            case 0x2572 -> "\\";
            case 0x2573 -> "X";
            default -> "+";
        };
    }

    private static @Nullable String decomposed(int c, StringBuilder before) {
        String character = Character.toString(c);
        String parts = Normalizer.normalize(character, Normalizer.Form.NFKD);
        if (parts.equals(character)) {
            return null;
        }
        StringBuilder out = new StringBuilder();
        int last = before.length() - 1;
        if (parts.indexOf(FRACTION_SLASH) > 0 && last >= 0 && Character.isDigit(before.charAt(last))) {
            // one and a half is not 11/2
            out.append(' ');
        }
        for (int i = 0; i < parts.length(); i = parts.offsetByCodePoints(i, 1)) {
            int part = parts.codePointAt(i);
            String known = part < 0x80 ? Character.toString(part) : known(part);
            if (known != null) {
                out.append(known);
            } else if (!isDropped(part)) {
                return null;
            }
        }
        return out.isEmpty() || isControl(out) ? null : out.toString();
    }

    private static boolean isControl(CharSequence text) {
        return text.chars().anyMatch(c -> c < ' ' || c == 0x7f);
    }

    /** Pictures: the name that Unicode gives them. */
    private static @Nullable String named(int c) {
        boolean picture =
                (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x2600 && c <= 0x27bf) || (c >= 0x2300 && c <= 0x23ff);
        String name = picture ? Character.getName(c) : null;
        return name == null || !Character.isDefined(c) ? null : ":" + name.toLowerCase(Locale.ROOT) + ":";
    }
}
