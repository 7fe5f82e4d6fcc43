package org.pop2.auth;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/**
 * 64 bits as six English words (RFC 2289, p. 9 and Appendix D): 11 bits each, the last word with two bits of checksum.
 */
final class SixWords {
    private static final int WORDS = 6;
    private static final int BITS = 11;
    /** The first 571 words of the dictionary have one to three letters, the others four. */
    static final List<String> DICTIONARY = read();

    private static final Map<String, Integer> NUMBERS = numbers();

    private SixWords() {}

    static String encode(long value) {
        StringBuilder words = new StringBuilder();
        // 66 bits: 5 words from the top 55, the last one from the other 9 and the checksum
        for (int i = 0; i < WORDS - 1; i++) {
            words.append(word(value >>> (Long.SIZE - BITS * (i + 1)))).append(' ');
        }
        return words.append(word(value << 2 | checksum(value))).toString();
    }

    /** The value of six words, upper or lower case; empty if the text is something else or the checksum is wrong. */
    static OptionalLong decode(String text) {
        String[] words = text.strip().split("\\s+", -1);
        if (words.length != WORDS) {
            return OptionalLong.empty();
        }
        long value = 0;
        for (int i = 0; i < WORDS; i++) {
            Integer number = NUMBERS.get(words[i].toUpperCase(Locale.ROOT));
            if (number == null) {
                return OptionalLong.empty();
            }
            if (i < WORDS - 1) {
                value = value << BITS | number;
            } else {
                value = value << (BITS - 2) | number >>> 2;
                return (number & 3) == checksum(value) ? OptionalLong.of(value) : OptionalLong.empty();
            }
        }
        throw new IllegalStateException("six words have a last one");
    }

    /** "the 64 bits ... are broken into 32 pairs and these pairs are summed together" (p. 9). */
    private static int checksum(long value) {
        int sum = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 2) {
            sum += (int) (value >>> shift) & 3;
        }
        return sum & 3;
    }

    private static String word(long number) {
        return DICTIONARY.get((int) number & ((1 << BITS) - 1));
    }

    private static List<String> read() {
        try (InputStream in = SixWords.class.getResourceAsStream("rfc2289-dictionary.txt")) {
            if (in == null) {
                throw new IllegalStateException("the dictionary of RFC 2289 is missing");
            }
            List<String> words = new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
            if (words.size() != 1 << BITS) {
                throw new IllegalStateException("the dictionary of RFC 2289 has 2048 words");
            }
            return words;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Integer> numbers() {
        Map<String, Integer> numbers = new HashMap<>();
        for (int i = 0; i < DICTIONARY.size(); i++) {
            numbers.put(DICTIONARY.get(i), i);
        }
        return Map.copyOf(numbers);
    }
}
