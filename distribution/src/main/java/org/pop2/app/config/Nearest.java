package org.pop2.app.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Guesses what was meant by a misspelt name. */
public final class Nearest {
    private static final Pattern BETWEEN_WORDS = Pattern.compile("[._-]+");

    /**
     * The candidate with the fewest slips between it and the name; nothing if none is near. One that only has words
     * more, or lacks what stands before the name, is one slip away.
     */
    public static Optional<String> to(String name, Collection<String> candidates) {
        int most = Math.max(1, name.length() / 3);
        return candidates.stream()
                .filter(candidate -> slips(name, candidate) <= most)
                .min(Comparator.comparingInt((String candidate) -> slips(name, candidate))
                        .thenComparing(Comparator.naturalOrder()));
    }

    private static int slips(String name, String candidate) {
        boolean same = candidate.endsWith("." + name) || candidate.endsWith("_" + name);
        List<String> words = List.of(BETWEEN_WORDS.split(name));
        boolean more =
                words.size() > 1 && List.of(BETWEEN_WORDS.split(candidate)).containsAll(words);
        return same || more ? 1 : distance(name, candidate);
    }

    /** Insertions, deletions, replacements and swaps of neighbours that make one text of the other. */
    static int distance(String a, String b) {
        int[][] slips = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            slips[i][0] = i;
        }
        for (int j = 0; j <= b.length(); j++) {
            slips[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                boolean same = a.charAt(i - 1) == b.charAt(j - 1);
                int least =
                        Math.min(Math.min(slips[i - 1][j], slips[i][j - 1]) + 1, slips[i - 1][j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    least = Math.min(least, slips[i - 2][j - 2] + 1);
                }
                slips[i][j] = least;
            }
        }
        return slips[a.length()][b.length()];
    }

    private Nearest() {}
}
