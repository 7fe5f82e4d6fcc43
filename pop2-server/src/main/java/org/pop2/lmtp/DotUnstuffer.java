package org.pop2.lmtp;

/**
 * Decodes a message sent with DATA (RFC 5321 section 4.5.2), in any slices: a line with a single dot ends it, and the
 * first dot of any other line is removed. Only CRLF ends a line. A bare LF is an ordinary octet, so that a message
 * cannot end where the sender's server saw no end. All other octets pass unchanged. Not safe for threads.
 */
final class DotUnstuffer {
    private static final byte[] CR = {'\r'};

    /** Where the octets of the message go. */
    interface Sink {
        void accept(byte[] octets, int offset, int length);
    }

    private enum At {
        LINE_START,
        /** After a dot at the start of a line, which is removed. */
        DOT,
        /** After such a dot and a CR, which is held back. */
        DOT_CR,
        TEXT,
        CR,
        END
    }

    private At at = At.LINE_START;

    boolean ended() {
        return at == At.END;
    }

    /**
     * Takes octets up to the end of the message.
     *
     * @return how many octets were used; after the {@linkplain #ended end}, the rest are commands
     */
    int take(byte[] in, int offset, int length, Sink sink) {
        int end = offset + length;
        int run = offset;
        int i = offset;
        while (i < end && at != At.END) {
            byte octet = in[i];
            switch (at) {
                case LINE_START -> {
                    if (octet == '.') {
                        pass(in, run, i, sink);
                        run = i + 1;
                        at = At.DOT;
                    } else {
                        at = octet == '\r' ? At.CR : At.TEXT;
                    }
                }
                case DOT -> {
                    if (octet == '\r') {
                        run = i + 1;
                        at = At.DOT_CR;
                    } else {
                        at = At.TEXT;
                    }
                }
                case DOT_CR -> {
                    if (octet == '\n') {
                        run = i + 1;
                        at = At.END;
                    } else {
                        sink.accept(CR, 0, 1);
                        at = octet == '\r' ? At.CR : At.TEXT;
                    }
                }
                case TEXT -> {
                    while (i < end && in[i] != '\r') {
                        i++;
                    }
                    if (i < end) {
                        at = At.CR;
                    } else {
                        i--;
                    }
                }
                case CR -> at = octet == '\n' ? At.LINE_START : octet == '\r' ? At.CR : At.TEXT;
                case END -> throw new AssertionError("read beyond the end");
            }
            i++;
        }
        pass(in, run, i, sink);
        return i - offset;
    }

    private static void pass(byte[] in, int from, int to, Sink sink) {
        if (to > from) {
            sink.accept(in, from, to - from);
        }
    }
}
