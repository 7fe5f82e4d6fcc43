package org.pop2.profile.ascii;

import com.ibm.icu.text.Transliterator;
import java.util.EnumSet;
import java.util.Set;

/**
 * Other scripts than Latin, Greek and Cyrillic, written as they are read, by ICU: kana, hangul, Chinese characters by
 * their reading in Chinese, Arabic, Hebrew, Devanagari, Thai and the rest. ICU is loaded for the first such text.
 */
final class Scripts {
    /** What the table of {@link Transliteration} and Unicode's own decompositions do as well, and faster. */
    private static final Set<Character.UnicodeScript> OTHERS = EnumSet.of(
            Character.UnicodeScript.LATIN,
            Character.UnicodeScript.GREEK,
            Character.UnicodeScript.CYRILLIC,
            Character.UnicodeScript.COMMON,
            Character.UnicodeScript.INHERITED,
            Character.UnicodeScript.UNKNOWN);

    private static final int LONG_VOWEL_MARK = 0x30fc;
    private static final int LONGEST_RUN = 4096;

    private static final class Icu {
        /** Thread-safe: it has no state but its rules. */
        static final Transliterator TO_ASCII = Transliterator.getInstance("Any-Latin; Latin-ASCII");
    }

    private Scripts() {}

    static boolean isOne(int c) {
        return c >= 0x0530 && (c == LONG_VOWEL_MARK || !OTHERS.contains(Character.UnicodeScript.of(c)));
    }

    /**
     * Where the run of characters ends that belong together, marks and joiners among them. A long one is cut: what is
     * one word is shorter.
     *
     * @param start of a character of a script of ours
     */
    static int endOfRun(CharSequence text, int start) {
        int end = start;
        while (end < text.length() && end - start < LONGEST_RUN) {
            int c = Character.codePointAt(text, end);
            int type = Character.getType(c);
            boolean belongs = isOne(c)
                    || (c >= 0x80
                            && (type == Character.NON_SPACING_MARK
                                    || type == Character.COMBINING_SPACING_MARK
                                    || type == Character.FORMAT));
            if (!belongs) {
                break;
            }
            end += Character.charCount(c);
        }
        return end;
    }

    /** A run as it is read; what ICU does not know of it stays. */
    static String read(String run) {
        return Icu.TO_ASCII.transliterate(run);
    }
}
