package org.pop2.protocol;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.Command.Fold;
import org.pop2.protocol.Command.Foreign;
import org.pop2.protocol.Command.Helo;
import org.pop2.protocol.Command.Malformed;
import org.pop2.protocol.Command.Read;

/**
 * A server's side of one connection, as a pure machine: an {@link Event} in, a list of {@link Effect}s out. No I/O, no
 * clock, no threads.
 *
 * <p>What a command does is looked up in the {@link DecisionTable}. Five effects take time (log in, select, measure,
 * deliver, release): until their outcome is told the session is not {@link #ready}, and takes no command. A timeout, a
 * lost connection or an abort may come at any time.
 *
 * <p>Every mailbox that was selected is released exactly once, on every way out.
 */
public final class Session {
    /** The user's default mailbox, opened by HELO (RFC 937 p. 7). */
    public static final String DEFAULT_MAILBOX = "INBOX";

    /** The effect whose outcome is awaited. */
    private enum Pending {
        NOTHING,
        LOGIN,
        SELECTION,
        MEASURING,
        TRANSFER,
        RELEASE_BEFORE_NO_MAIL,
        RELEASE_BEFORE_FOLD,
        RELEASE_BEFORE_QUIT
    }

    private final String hostName;
    private final OnDisconnect onDisconnect;

    private State state = State.LSTN;
    private Pending pending = Pending.NOTHING;
    private @Nullable MailboxView mailbox;
    private String folder = DEFAULT_MAILBOX;
    private int current = 1;
    /** The octets of the current message, once they are known. */
    private long length;

    private BitSet deleted = new BitSet();
    /** Acknowledged with ACKD, and not to be deleted. */
    private BitSet kept = new BitSet();

    private int discarded;

    /**
     * A session that waits for a connection.
     *
     * @param hostName what the greeting calls this host
     * @param onDisconnect what becomes of marked messages when it ends without QUIT
     */
    public Session(String hostName, OnDisconnect onDisconnect) {
        this.hostName = hostName;
        this.onDisconnect = onDisconnect;
    }

    public State state() {
        return state;
    }

    /** The current message (p. 9); a number that READ named may be beyond the mailbox. */
    public int current() {
        return current;
    }

    /** Whether it takes a command: nothing is under way and it has not ended. */
    public boolean ready() {
        return pending == Pending.NOTHING && state != State.DONE && state != State.LSTN;
    }

    /** Whether a message is being sent: no line may be put between its octets. */
    public boolean transferring() {
        return pending == Pending.TRANSFER;
    }

    /** Messages that were marked by ACKD but kept, as the session ended without QUIT. */
    public int discarded() {
        return discarded;
    }

    /**
     * What to do about an event.
     *
     * @throws IllegalStateException if the event is impossible now: a command while another is under way, or the
     *     outcome of an effect that is not under way. A bug of the caller, never of a peer.
     */
    public List<Effect> on(Event event) {
        if (event instanceof Event.Received received) {
            return received(received.command());
        }
        if (event instanceof Event.Opened) {
            return decide(Input.OPEN, null);
        }
        if (event instanceof Event.Closed) {
            return decide(Input.CLOSE, null);
        }
        if (event instanceof Event.TimedOut) {
            return decide(Input.TIMEOUT, null);
        }
        if (event instanceof Event.Aborted aborted) {
            return state == State.DONE ? List.of() : end(aborted.end(), aborted.text());
        }
        return outcome(event);
    }

    /** The same as {@link #on} of {@link Event.Received}, without an object for the most frequent event. */
    public List<Effect> received(Command command) {
        if (pending != Pending.NOTHING) {
            throw new IllegalStateException("a command while " + pending + " is under way");
        }
        return decide(command.input(), command);
    }

    private List<Effect> decide(Input input, @Nullable Command command) {
        return switch (DecisionTable.action(state, input)) {
            case REJECT -> reject(input, command);
            case GREET -> greet();
            case LOG_IN -> logIn(command);
            case SELECT -> fold(command);
            case TELL_LENGTH -> read(command);
            case TRANSFER -> transfer();
            case ACKNOWLEDGE -> acknowledge(input);
            case FINISH -> finish();
            case CLOSE -> List.of();
        };
    }

    /** Action 1: "send - error, close the connection". */
    private List<Effect> reject(Input input, @Nullable Command command) {
        if (state == State.DONE) {
            // the close has been asked for already, and nothing is sent after it
            return List.of();
        }
        if (input == Input.CLOSE) {
            // nobody is there to read an error; what was under way comes to its end without us
            return end(End.DISCONNECTED, null);
        }
        if (input == Input.TIMEOUT) {
            return end(End.TIMED_OUT, "timed out, closing");
        }
        if (command instanceof Foreign foreign) {
            return end(
                    End.WRONG_PROTOCOL,
                    "this is POP2 (RFC 937), you speak " + foreign.protocol().description());
        }
        if (command instanceof Malformed malformed) {
            return end(End.PROTOCOL_ERROR, malformed.reason());
        }
        return end(End.PROTOCOL_ERROR, input + " is out of order, expected " + expected());
    }

    private String expected() {
        return switch (state) {
            case LSTN -> "a connection";
            case AUTH -> "HELO or QUIT";
            case MBOX -> "FOLD, READ or QUIT";
            case ITEM -> "FOLD, READ, RETR or QUIT";
            case NEXT -> "ACKS, ACKD or NACK";
            case DONE -> "nothing more";
        };
    }

    /** Action 2. Nothing may stand between "+ " and "POP2": old clients compare seven octets. */
    private List<Effect> greet() {
        state = State.AUTH;
        return send(new Reply.Success("POP2 " + hostName + " server ready"));
    }

    /** Action 3: "if authorized, send #NNN, → MBOX; else send - error, close". */
    private List<Effect> logIn(@Nullable Command command) {
        pending = Pending.LOGIN;
        return List.of(new Effect.LogIn((Helo) command(command)));
    }

    /** Action 5: the mailbox held is released before another is opened (p. 8). */
    private List<Effect> fold(@Nullable Command command) {
        folder = ((Fold) command(command)).mailbox();
        pending = Pending.RELEASE_BEFORE_FOLD;
        return List.of(release());
    }

    /** Action 6. "If the number is given the current message is set to it" (p. 9). */
    private List<Effect> read(@Nullable Command command) {
        int number = ((Read) command(command)).number();
        if (number != Read.CURRENT) {
            current = number;
        }
        return tellLength();
    }

    /** Action 7. "If the message length is zero the server closes the connection" (p. 10), without a line. */
    private List<Effect> transfer() {
        if (length == 0) {
            return end(End.NO_MESSAGE, null);
        }
        pending = Pending.TRANSFER;
        return List.of(new Effect.Deliver(current, length));
    }

    /** Action 8: keep or mark, and go on to the next; after NACK offer the same again (p. 10). */
    private List<Effect> acknowledge(Input input) {
        if (input == Input.ACKD) {
            (mailbox().deletable(current) ? deleted : kept).set(current);
        } else if (input == Input.ACKS) {
            // read once more after ACKD: the last word counts
            kept.clear(current);
        }
        if (input != Input.NACK) {
            current++;
        }
        return tellLength();
    }

    /** Action 4. "+" is only said when the deletions are done. */
    private List<Effect> finish() {
        if (mailbox == null) {
            return bye();
        }
        pending = Pending.RELEASE_BEFORE_QUIT;
        return List.of(release());
    }

    private List<Effect> bye() {
        state = State.DONE;
        return List.of(new Effect.Send(new Reply.Success("bye")), new Effect.Close(End.QUIT));
    }

    private List<Effect> outcome(Event event) {
        Pending was = pending;
        pending = Pending.NOTHING;
        if (event instanceof Event.Failed failed && was != Pending.NOTHING) {
            // as long as a message is being sent nothing else can be said
            String text = was == Pending.TRANSFER ? null : failed.text();
            return state == State.DONE ? List.of() : end(failed.end(), text);
        }
        if (event instanceof Event.LoggedIn && was == Pending.LOGIN) {
            return state == State.DONE ? List.of() : select(DEFAULT_MAILBOX);
        }
        if (event instanceof Event.Selected selected && was == Pending.SELECTION) {
            return selected(selected.mailbox());
        }
        if (event instanceof Event.Measured measured && was == Pending.MEASURING) {
            return state == State.DONE ? List.of() : tell(measured.octets());
        }
        if (event instanceof Event.Delivered && was == Pending.TRANSFER) {
            if (state != State.DONE) {
                state = State.NEXT;
            }
            return List.of();
        }
        if (event instanceof Event.Released && was == Pending.RELEASE_BEFORE_NO_MAIL) {
            return state == State.DONE ? List.of() : send(new Reply.Success("No mail, sorry"));
        }
        if (event instanceof Event.Released && was == Pending.RELEASE_BEFORE_FOLD) {
            return state == State.DONE ? List.of() : select(folder);
        }
        if (event instanceof Event.Released && was == Pending.RELEASE_BEFORE_QUIT) {
            return state == State.DONE ? List.of() : bye();
        }
        if (state == State.DONE) {
            // the release of a session that ended otherwise
            return List.of();
        }
        throw new IllegalStateException(event + " while " + was + " is under way");
    }

    private List<Effect> select(String name) {
        pending = Pending.SELECTION;
        return List.of(new Effect.Select(name));
    }

    private List<Effect> selected(MailboxView selected) {
        mailbox = selected;
        if (state == State.DONE) {
            // the client went while the mailbox was being opened
            return List.of(release());
        }
        if (state == State.AUTH && selected.count() == 0 && selected.saysNoMail()) {
            pending = Pending.RELEASE_BEFORE_NO_MAIL;
            return List.of(release());
        }
        state = State.MBOX;
        current = 1;
        // "messages", even for one: scanners and people look for the word
        return send(new Reply.Count(selected.count(), "messages for you"));
    }

    /** 0 for a message that is deleted or does not exist (p. 9). */
    private List<Effect> tellLength() {
        MailboxView selected = mailbox();
        if (current < 1 || current > selected.count() || deleted.get(current)) {
            return tell(0);
        }
        if (selected.lengthKnown(current)) {
            return tell(selected.octets(current));
        }
        pending = Pending.MEASURING;
        return List.of(new Effect.Measure(current));
    }

    private List<Effect> tell(long octets) {
        state = State.ITEM;
        length = octets;
        return send(new Reply.Length(octets));
    }

    /** Takes the mailbox out of the session: from here on the release belongs to the caller. */
    private Effect release() {
        Effect release = new Effect.Release(deleted, kept);
        mailbox = null;
        deleted = new BitSet();
        kept = new BitSet();
        return release;
    }

    /**
     * Ends the session in any way but QUIT.
     *
     * @param text for the client, or nothing
     */
    private List<Effect> end(End end, @Nullable String text) {
        List<Effect> effects = new ArrayList<>(3);
        if (text != null && !transferring()) {
            effects.add(new Effect.Send(new Reply.Failure(text)));
        }
        if (mailbox != null) {
            if (!appliesMarks(end)) {
                discarded = deleted.cardinality();
                deleted.clear();
                kept.clear();
            }
            effects.add(release());
        }
        state = State.DONE;
        effects.add(new Effect.Close(end));
        return effects;
    }

    /** Nothing is deleted in a storage that failed, or in a mailbox that another session holds by now. */
    private boolean appliesMarks(End end) {
        return mailbox().onDisconnect().orElse(onDisconnect) == OnDisconnect.APPLY
                && end != End.STORAGE_FAILED
                && end != End.MAILBOX_LOST;
    }

    private MailboxView mailbox() {
        if (mailbox == null) {
            throw new IllegalStateException("no mailbox in state " + state);
        }
        return mailbox;
    }

    private static Command command(@Nullable Command command) {
        if (command == null) {
            throw new IllegalStateException("an action that needs a command without one");
        }
        return command;
    }

    private static List<Effect> send(Reply reply) {
        return List.of(new Effect.Send(reply));
    }
}
