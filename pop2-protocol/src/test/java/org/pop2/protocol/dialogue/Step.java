package org.pop2.protocol.dialogue;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.regex.Pattern;

/** One line of a dialogue. */
sealed interface Step {
    /** Where in the file it stands, from 1. */
    int line();

    /** {@code C:} and a line: the client sends it. */
    record Say(int line, ByteBuffer octets) implements Step {}

    /** {@code C: <drops>}: the client's end of the connection is gone. */
    record Drop(int line) implements Step {}

    /** {@code C: <is silent>}: until the server's timer has run out. */
    record Silence(int line) implements Step {}

    /** {@code S:} and a line: the server says what matches it. */
    record Hear(int line, String expected, Pattern pattern) implements Step {}

    /** {@code S: <message n>}: the server sends exactly these octets, which it has announced. */
    record HearMessage(int line, ByteBuffer octets) implements Step {}

    /** {@code S: <closes>}: the server closes, and sends nothing before. */
    record HearClose(int line) implements Step {}

    /** {@code meanwhile message}: mail arrives. */
    record Delivery(int line, String user, String folder, ByteBuffer message) implements Step {}

    /** {@code afterwards}: what is in a folder when the session is over. */
    record Afterwards(int line, String user, String folder, List<byte[]> messages) implements Step {}
}
