package org.pop2.trace;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.pop2.net.Networks;
import org.pop2.net.RemoteClient;
import org.pop2.storage.UserName;

/**
 * Records one session: each line in either direction, with the time, octets other than printable ASCII escaped, and
 * passwords masked. For the connection's event loop.
 */
public final class Transcript extends ChannelDuplexHandler {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");
    /** A longer line is written in pieces. */
    private static final int MAX_LINE = 1000;

    /** Most characters that wait until the session's user is known. */
    private static final int MAX_WAITING = 16 * 1024;

    private static final int CHUNK = 4 * 1024;
    private static final int SOON_MILLIS = 200;

    private final Transcripts transcripts;
    private final Path file;
    private final MaskedLines lines = new MaskedLines(false);
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();

    /** Lines from a HELO on, until it is known whether its name is a user's. */
    private final List<String> undecided = new ArrayList<>();

    private int undecidedLength;
    private final StringBuilder fromClient = new StringBuilder();
    private final StringBuilder fromServer = new StringBuilder();
    private long left;

    /** Whether this session is to be recorded. */
    private boolean wanted;

    private boolean dropped;
    /** Whether a write has been scheduled. */
    private boolean handing;

    /** Begins to record a connection, if its sessions may have to be recorded. */
    public static void begin(Transcripts transcripts, RemoteClient client, ChannelHandlerContext session) {
        Networks addresses = transcripts.settings().addresses();
        if (addresses.isEmpty() || addresses.contain(client.address())) {
            session.pipeline().addBefore(session.name(), "transcript", new Transcript(transcripts, client));
        }
    }

    private Transcript(Transcripts transcripts, RemoteClient client) {
        this.transcripts = transcripts;
        this.file = transcripts.newFile(client);
        this.left = transcripts.settings().maxOctets();
        this.wanted = transcripts.settings().users().isEmpty();
        note(LocalDateTime.now(ZoneId.systemDefault()) + " " + client.text() + (client.encrypted() ? " TLS" : ""));
    }

    /** The transcript's file, which may not exist yet. */
    public Path file() {
        return file;
    }

    /** The session is that user's. */
    public void loggedIn(UserName user) {
        lines.loggedIn();
        if (!undecided.isEmpty()) {
            undecided.set(0, MaskedLines.accepted(undecided.get(0), user));
        }
        decide();
        Set<UserName> users = transcripts.settings().users();
        if (users.isEmpty() || users.contains(user)) {
            wanted = true;
        } else {
            drop();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (message instanceof ByteBuf octets) {
            record(context, octets, fromClient, "C");
        }
        super.channelRead(context, message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
        if (message instanceof ByteBuf octets) {
            record(context, octets, fromServer, "S");
        }
        super.write(context, message, promise);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        if (wanted && !dropped) {
            endLine(fromClient, "C");
            endLine(fromServer, "S");
            decide();
            note("closed");
            hand();
        }
        super.channelInactive(context);
    }

    private void record(ChannelHandlerContext context, ByteBuf octets, StringBuilder line, String who) {
        if (dropped) {
            return;
        }
        octets.forEachByte(octet -> {
            line.append((char) (octet & 0xff));
            if (octet == '\n' || line.length() >= MAX_LINE) {
                endLine(line, who);
            }
            return !dropped;
        });
        if (!wanted) {
            return;
        }
        if (text.size() >= CHUNK) {
            hand();
        } else if (!handing) {
            // somebody may be reading along
            handing = true;
            Future<?> unused = context.executor()
                    .schedule(
                            () -> {
                                handing = false;
                                hand();
                            },
                            SOON_MILLIS,
                            TimeUnit.MILLISECONDS);
        }
    }

    private void endLine(StringBuilder line, String who) {
        if (line.isEmpty() || dropped) {
            return;
        }
        String said = line.toString();
        line.setLength(0);
        if (who.equals("S")) {
            // an answer to HELO comes after the news
            decide();
            note("S: " + MaskedLines.escaped(said));
        } else if (MaskedLines.isHelo(said)) {
            decide();
            hold(now() + "C: " + lines.masked(said));
        } else if (undecided.isEmpty()) {
            note("C: " + lines.masked(said));
        } else {
            hold(now() + "C: " + lines.masked(said));
        }
    }

    private void hold(String line) {
        undecided.add(line);
        undecidedLength += line.length();
        if (undecidedLength > MAX_WAITING) {
            decide();
        }
    }

    private void decide() {
        undecided.forEach(this::put);
        undecided.clear();
        undecidedLength = 0;
    }

    private void note(String what) {
        put(now() + what);
    }

    private static String now() {
        return TIME.format(LocalTime.now(ZoneId.systemDefault())) + " ";
    }

    private void put(String what) {
        byte[] line = (what + "\n").getBytes(StandardCharsets.US_ASCII);
        if (dropped) {
            return;
        }
        if (line.length > left) {
            text.writeBytes("(and more)\n".getBytes(StandardCharsets.US_ASCII));
            if (wanted) {
                hand();
            }
            drop();
            return;
        }
        left -= line.length;
        text.writeBytes(line);
        if (!wanted && text.size() > MAX_WAITING) {
            drop();
        }
    }

    private void hand() {
        if (text.size() > 0) {
            boolean written = transcripts.append(file, text.toByteArray());
            text.reset();
            if (!written) {
                text.writeBytes("(some lines were lost)\n".getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    private void drop() {
        dropped = true;
        text.reset();
        undecided.clear();
        fromClient.setLength(0);
        fromServer.setLength(0);
    }

    /** The transcript of a connection; empty if it is not recorded. */
    public static Optional<Transcript> in(ChannelHandlerContext session) {
        return Optional.ofNullable(session.pipeline().get(Transcript.class));
    }
}
