package org.pop2.app.operate;

import java.nio.ByteBuffer;
import java.util.Optional;

/** What in a message old clients stumble over. */
public final class Stumbling {
    /** RFC 5322 section 2.1.1. */
    private static final int MAX_LINE = 998;

    private long length;
    private long longest;
    private long nuls;
    private long eightBit;
    private long lone;
    private boolean afterReturn;

    public void add(ByteBuffer octets) {
        while (octets.hasRemaining()) {
            int octet = octets.get() & 0xff;
            if (octet == '\n') {
                length -= afterReturn ? 1 : 0;
                longest = Math.max(longest, length);
                length = 0;
            } else {
                lone += afterReturn ? 1 : 0;
                length++;
                nuls += octet == 0 ? 1 : 0;
                eightBit += octet > 0x7f ? 1 : 0;
            }
            afterReturn = octet == '\r';
        }
    }

    /** In words; nothing if there is nothing. */
    public Optional<String> found() {
        StringBuilder out = new StringBuilder();
        add(out, longest > MAX_LINE, "a line of " + longest + " octets");
        add(out, nuls > 0, nuls + " NUL octets");
        add(out, eightBit > 0, eightBit + " octets beyond ASCII");
        add(out, lone > 0, lone + " CR without LF");
        return out.isEmpty() ? Optional.empty() : Optional.of(out.toString());
    }

    private static void add(StringBuilder out, boolean there, String what) {
        if (there) {
            out.append(out.isEmpty() ? "" : ", ").append(what);
        }
    }
}
