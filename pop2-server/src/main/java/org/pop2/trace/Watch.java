package org.pop2.trace;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.pop2.net.LogText;
import org.pop2.protocol.End;
import org.pop2.storage.UserName;
import org.pop2.trace.SessionTranscript.Line;
import org.pop2.trace.SessionTranscript.Who;

/**
 * The last lines of a session that an operator watches. Written on its event loop, read on any thread. It gets whole
 * lines, and only the length of messages, so that it can contain no mail.
 */
public final class Watch {
    static final int MOST_LINES = 200;

    /** Most characters of a line; of longer ones, the beginning is kept. */
    static final int MOST_CHARACTERS = 300;

    private final long session;
    private final Optional<Path> file;
    private final MaskedLines masked;
    private final Deque<Line> lines = new ArrayDeque<>();
    private long number;

    private boolean lastIsHelo;

    private boolean ended;

    /** @param loggedIn whether the session has logged in, so that no password can follow */
    public Watch(long session, boolean loggedIn, Optional<Path> file) {
        this.session = session;
        this.file = file;
        this.masked = new MaskedLines(!loggedIn);
    }

    /** The session has logged in by its last line. */
    public synchronized void loggedIn(UserName user) {
        masked.loggedIn();
        Line last = lines.peekLast();
        if (lastIsHelo && last != null) {
            lines.removeLast();
            lines.addLast(new Line(number, last.at(), last.who(), cut(MaskedLines.accepted(last.text(), user))));
        }
    }

    /** Adds a line of the client, with its line end; copies the octets. */
    public synchronized void received(ByteBuffer line) {
        String said = StandardCharsets.ISO_8859_1.decode(line).toString();
        add(Who.CLIENT, masked.masked(said));
        lastIsHelo = MaskedLines.isHelo(said);
    }

    /** Adds a line of the server, with its line end. */
    public void sent(byte[] line) {
        add(Who.SERVER, MaskedLines.escaped(new String(line, StandardCharsets.ISO_8859_1)));
    }

    /** Adds an event; the text must not come from a client. */
    public void note(String what) {
        add(Who.NOTE, what);
    }

    /** Ends it; nothing will be added. */
    public synchronized void end(End why) {
        if (!ended) {
            note("the session has ended: " + LogText.word(why));
            ended = true;
        }
    }

    private synchronized void add(Who who, String text) {
        if (lines.size() == MOST_LINES) {
            lines.removeFirst();
        }
        number++;
        lastIsHelo = false;
        lines.addLast(new Line(number, Instant.now(), who, cut(text)));
    }

    private static String cut(String text) {
        return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS) + "...";
    }

    synchronized boolean hasEnded() {
        return ended;
    }

    synchronized SessionTranscript transcript() {
        return new SessionTranscript(session, List.copyOf(lines), ended, file);
    }
}
