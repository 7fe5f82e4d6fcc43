package org.pop2.app.mailbox;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;

/**
 * A stream whose end is told a moment later. Ctrl-C stops all programs of a pipeline: if the one that gives the mail
 * ends first, what it gave is torn, and whoever reads it should hear of the signal before the end.
 */
final class UnhurriedEnd extends FilterInputStream {
    private static final long MILLIS = 300;

    private boolean told;

    UnhurriedEnd(InputStream in) {
        super(in);
    }

    @Override
    public int read() throws IOException {
        int octet = super.read();
        if (octet < 0) {
            hesitate();
        }
        return octet;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        int read = super.read(into, from, length);
        if (read < 0) {
            hesitate();
        }
        return read;
    }

    private void hesitate() throws IOException {
        if (told) {
            return;
        }
        told = true;
        try {
            Thread.sleep(MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted").initCause(e);
        }
    }
}
