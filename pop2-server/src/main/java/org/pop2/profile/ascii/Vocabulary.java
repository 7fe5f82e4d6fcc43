package org.pop2.profile.ascii;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a text says, as words, numbers and addresses: enough to see whether another text says the same. Addresses do not
 * count for how much of a text another one covers, for there are texts of ten words and fifty addresses.
 */
final class Vocabulary {
    private static final Pattern ADDRESS =
            Pattern.compile("(?i)(?:[a-z][a-z0-9+.-]{1,20}://|(?:mailto|tel|sips?|xmpp):)[^\\s<>\"]+");

    /** A number with its sign and what parts its digits, or a word. */
    private static final Pattern WORD =
            Pattern.compile("(?<![a-z0-9])[-+](?=\\d)\\d+(?:[.,:]\\d+)*|\\d+(?:[.,:]\\d+)+|[a-z0-9]+");

    private final Set<String> words = new HashSet<>();
    private final Set<String> addresses = new HashSet<>();

    /** Adds what some lines of ASCII say. */
    void add(List<String> lines) {
        lines.forEach(line -> split(line, words::add, addresses::add));
    }

    void add(Vocabulary other) {
        words.addAll(other.words);
        addresses.addAll(other.addresses);
    }

    int size() {
        return words.size();
    }

    /** Whether another has so many in a hundred of these words. */
    boolean isCoveredBy(Vocabulary other, int percent) {
        long there = words.stream().filter(other.words::contains).count();
        return there * 100 >= (long) size() * percent;
    }

    /** Whether a line has a word, a number or an address that is not among these. */
    boolean lacks(String line) {
        boolean[] lacks = {false};
        split(line, word -> lacks[0] |= !words.contains(word), address -> lacks[0] |= !addresses.contains(address));
        return lacks[0];
    }

    private static void split(String line, Consumer<String> toWords, Consumer<String> toAddresses) {
        Matcher address = ADDRESS.matcher(line);
        StringBuilder rest = new StringBuilder();
        while (address.find()) {
            toAddresses.accept(bare(address.group()));
            address.appendReplacement(rest, " ");
        }
        address.appendTail(rest);
        Matcher word = WORD.matcher(rest.toString().toLowerCase(Locale.ROOT));
        while (word.find()) {
            toWords.accept(word.group());
        }
    }

    /** Without what may differ between two ways to write the same address. */
    private static String bare(String address) {
        return address.replaceFirst("(?i)^(?:https?://(?:www\\.)?|mailto:|tel:)", "")
                .replaceFirst("[]/.,;:!?')}]+$", "");
    }
}
