package org.pop2.trace;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The dialogue of a session since it is watched, without passwords, and of messages only their length.
 *
 * @param session its number
 * @param lines the last lines, oldest first
 * @param ended whether the session has ended
 * @param file the file in which the whole session is recorded ({@link TraceSettings}), if it is
 */
public record SessionTranscript(long session, List<Line> lines, boolean ended, Optional<Path> file) {

    /** Who a line is from. */
    public enum Who {
        CLIENT,
        SERVER,
        /** An event, not a line of the dialogue. */
        NOTE
    }

    /**
     * A line.
     *
     * @param number counted from 1; missing numbers at the beginning are lines that were dropped
     * @param text printable ASCII; other octets, line ends included, are escaped
     */
    public record Line(long number, Instant at, Who who, String text) {}

    /** Copies the lines. */
    public SessionTranscript {
        lines = List.copyOf(lines);
    }
}
