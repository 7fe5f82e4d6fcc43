package org.pop2.lmtp.client;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Encodes a message for DATA (RFC 5321 p. 38): lines end with CRLF, lines that begin with a dot get another one, and a
 * line with a single dot comes last. A lone CR or LF becomes CRLF: clients "MUST NOT send" it (p. 15), and mail systems
 * that accept one as a line end could be tricked into ending the message there.
 */
final class DotStuffer {
    private final OutputStream out;
    private boolean lineStart = true;
    private boolean afterCr;

    DotStuffer(OutputStream out) {
        this.out = out;
    }

    /** Uses up the buffer. */
    void write(ByteBuffer octets) throws IOException {
        while (octets.hasRemaining()) {
            byte octet = octets.get();
            if (octet == '\n') {
                if (!afterCr) {
                    endLine();
                }
                afterCr = false;
                continue;
            }
            afterCr = octet == '\r';
            if (afterCr) {
                endLine();
                continue;
            }
            if (lineStart && octet == '.') {
                out.write('.');
            }
            lineStart = false;
            out.write(octet);
        }
    }

    void end() throws IOException {
        if (!lineStart) {
            endLine();
        }
        out.write('.');
        endLine();
    }

    private void endLine() throws IOException {
        out.write('\r');
        out.write('\n');
        lineStart = true;
    }
}
