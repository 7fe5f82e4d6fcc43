package org.pop2.testing;

import java.util.ArrayList;
import java.util.List;

/**
 * What was said on one connection: lines that begin with {@code C: } or {@code S: }, without their line ends; a message
 * is one line, {@code S: (25 octets)}. A snapshot.
 *
 * @param lines in the order in which they passed
 */
public record Transcript(List<String> lines) {
    public Transcript {
        lines = List.copyOf(lines);
    }

    /** The commands of the client, without {@code C: }. */
    public List<String> commands() {
        return lines.stream()
                .filter(line -> line.startsWith("C: "))
                .map(line -> line.substring(3))
                .toList();
    }

    /**
     * The dialogue has to be this one.
     *
     * @param expected lines as in {@link #lines}; one that ends with {@code *} stands for all that begin so
     * @throws AssertionError if it is another one; the message shows both
     */
    public void assertSaid(String... expected) {
        compare(List.of(expected), lines);
    }

    /** As {@link #assertSaid}, of the client's side alone: {@code "HELO smith secret"}, {@code "READ"} and so on. */
    public void assertCommands(String... expected) {
        compare(List.of(expected), commands());
    }

    private static void compare(List<String> expected, List<String> said) {
        List<String> both = new ArrayList<>();
        boolean same = true;
        for (int i = 0; i < Math.max(expected.size(), said.size()); i++) {
            String wanted = i < expected.size() ? expected.get(i) : null;
            String heard = i < said.size() ? said.get(i) : null;
            if (wanted != null && heard != null && fits(wanted, heard)) {
                both.add("  " + heard);
            } else {
                same = false;
                if (wanted != null) {
                    both.add("- " + wanted);
                }
                if (heard != null) {
                    both.add("+ " + heard);
                }
            }
        }
        if (!same) {
            throw new AssertionError("the dialogue is another one (- expected, + said):\n" + String.join("\n", both));
        }
    }

    private static boolean fits(String wanted, String heard) {
        return wanted.endsWith("*") ? heard.startsWith(wanted.substring(0, wanted.length() - 1)) : heard.equals(wanted);
    }
}
