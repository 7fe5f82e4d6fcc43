package org.pop2.profile.ascii;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which words a text has: enough to see whether another text says the same. Addresses of the web do not count, for they
 * differ where texts do not; nor do single letters.
 */
final class Vocabulary {
    private final Set<String> words = new HashSet<>();

    /** Adds the words of some lines of ASCII. */
    void add(List<String> lines) {
        lines.forEach(line -> split(line, words::add));
    }

    void add(Vocabulary other) {
        words.addAll(other.words);
    }

    int size() {
        return words.size();
    }

    /** Whether another has so many in a hundred of these words. */
    boolean isCoveredBy(Vocabulary other, int percent) {
        long there = words.stream().filter(other.words::contains).count();
        return there * 100 >= (long) size() * percent;
    }

    /** Whether a line has a word that is not among these. */
    boolean lacks(String line) {
        boolean[] lacks = {false};
        split(line, word -> lacks[0] |= !words.contains(word));
        return lacks[0];
    }

    private static void split(String line, Consumer<String> to) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i <= line.length(); i++) {
            char c = i < line.length() ? line.charAt(i) : ' ';
            char lower = c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
            if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9')) {
                word.append(lower);
                continue;
            }
            if (c == ':' && (line.startsWith("//", i + 1) || line.startsWith("mailto", i - 6))) {
                while (i < line.length() && line.charAt(i) > ' ') {
                    i++;
                }
            } else if (word.length() > 1) {
                to.accept(word.toString());
            }
            word.setLength(0);
        }
    }
}
