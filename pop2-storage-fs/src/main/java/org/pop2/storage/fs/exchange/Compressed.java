package org.pop2.storage.fs.exchange;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Recognises compressed files by their first octets. */
final class Compressed {
    private static final Map<String, String> PROGRAMS = Map.of(
            "1f8b08", "zcat",
            "1f9d", "zcat",
            "425a68", "bzcat",
            "fd377a585a00", "xzcat",
            "28b52ffd", "zstdcat",
            "504b0304", "unzip -p");

    private Compressed() {}

    /** The program that decompresses such a file; {@code null} if it is not compressed. */
    static @Nullable String program(byte[] start) {
        String hex = HexFormat.of().formatHex(Arrays.copyOf(start, Math.min(start.length, 6)));
        return PROGRAMS.entrySet().stream()
                .filter(magic -> hex.startsWith(magic.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }
}
