package org.pop2.lmtp.client;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * A message as DATA wants it (RFC 5321 p. 38): lines that end in CRLF, a dot more where one begins with a dot, and a
 * line with one dot at the end. A lone CR or LF becomes CRLF: "MUST NOT send" (p. 15), and mail systems that take one
 * for the end of a line could be told to end the message there.
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
