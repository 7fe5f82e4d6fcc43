package org.pop2.lmtp;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One LMTP session without I/O: an event in, effects out, in the order in which to carry them out. Not safe for
 * threads.
 */
final class LmtpSession {
    /** More useless lines than any MTA sends. */
    static final int MAX_ERRORS = 20;

    /** More commands without a message than any MTA sends, errors not counted. */
    static final int MAX_IDLE = 100;

    /** What the session waits for. */
    enum Wants {
        COMMAND,
        CONTENT,
        /** The outcome of an effect. */
        OUTCOME,
        NOTHING
    }

    /** What happened. */
    sealed interface Event {
        record Opened() implements Event {}

        record Received(LmtpCommand command) implements Event {}

        /** The recipient has an account. */
        record Found(Target target) implements Event {}

        /** The recipient is refused; the reply says why. */
        record NotTaken(LmtpReply reply) implements Event {}

        /** The final dot was read, and the message is complete. */
        record ContentEnded() implements Event {}

        /** The final dot was read, but the message could not be kept; the reply says why. */
        record ContentLost(LmtpReply reply) implements Event {}

        /** The outcome for the next recipient, in the order of their RCPT. */
        record Outcome(LmtpReply reply) implements Event {}

        /** The session ends, with this as the last line. */
        record Aborted(End end, LmtpReply reply) implements Event {}

        /** The connection is gone. */
        record Closed() implements Event {}
    }

    /** What the handler has to do. */
    sealed interface Effect {
        record Send(LmtpReply reply) implements Effect {}

        /**
         * Find out whether the address has an account, and whether it may get a message of that many octets (0:
         * unknown): {@link Event.Found} or {@link Event.NotTaken}.
         */
        record Find(Address address, long size) implements Effect {}

        /** Receive a message: {@link Event.ContentEnded} or {@link Event.ContentLost}. */
        record Receive() implements Effect {}

        /** Deliver what was received: one {@link Event.Outcome} for each target, in this order. */
        record Deliver(String sender, String deliveryId, List<Target> targets) implements Effect {}

        record Close(End end) implements Effect {}
    }

    /** Why a session ended. */
    enum End {
        QUIT,
        DISCONNECTED,
        TIMED_OUT,
        TOO_MANY_ERRORS,
        OVERLOADED,
        /** It came from a network that may not deliver. */
        NOT_ALLOWED,
        SHUTDOWN
    }

    private final String hostName;
    private final LmtpSettings.Limits limits;
    private final List<Target> targets = new ArrayList<>();
    private LmtpState state = LmtpState.START;
    private String sender = "";
    private String deliveryId = "";
    private long size;
    private boolean looking;
    private int outcomes;
    private int errors;
    private int idle;

    LmtpSession(String hostName, LmtpSettings.Limits limits) {
        this.hostName = hostName;
        this.limits = limits;
    }

    LmtpState state() {
        return state;
    }

    Wants wants() {
        return switch (state) {
            case START, DELIVERING -> Wants.OUTCOME;
            case CONNECTED, GREETED, SENDER, RECIPIENTS -> looking ? Wants.OUTCOME : Wants.COMMAND;
            case CONTENT -> Wants.CONTENT;
            case DONE -> Wants.NOTHING;
        };
    }

    List<Effect> on(Event event) {
        if (state == LmtpState.DONE) {
            return List.of();
        }
        if (event instanceof Event.Opened) {
            return act(LmtpInput.OPEN, null);
        } else if (event instanceof Event.Received received) {
            return received(received.command());
        } else if (event instanceof Event.Found found) {
            return found(found.target());
        } else if (event instanceof Event.NotTaken refused) {
            looking = false;
            return send(refused.reply());
        } else if (event instanceof Event.ContentEnded) {
            return act(LmtpInput.END_OF_DATA, null);
        } else if (event instanceof Event.ContentLost lost) {
            return contentLost(lost.reply());
        } else if (event instanceof Event.Outcome outcome) {
            return outcome(outcome.reply());
        } else if (event instanceof Event.Aborted aborted) {
            state = LmtpState.DONE;
            return List.of(new Effect.Send(aborted.reply()), new Effect.Close(aborted.end()));
        }
        state = LmtpState.DONE;
        return List.of(new Effect.Close(End.DISCONNECTED));
    }

    private List<Effect> received(LmtpCommand command) {
        if (wants() != Wants.COMMAND) {
            throw new IllegalStateException("a command while " + wants() + " is awaited");
        }
        if (command instanceof LmtpCommand.Refused refused) {
            return error(refused.reply());
        } else if (command instanceof LmtpCommand.Mail) {
            return act(LmtpInput.MAIL, command);
        } else if (command instanceof LmtpCommand.Rcpt) {
            return act(LmtpInput.RCPT, command);
        }
        return act(((LmtpCommand.Plain) command).verb(), command);
    }

    private List<Effect> act(LmtpInput input, @Nullable LmtpCommand command) {
        // each of them begins the time limit anew
        idle = input == LmtpInput.END_OF_DATA ? 0 : idle + 1;
        if (idle > MAX_IDLE + limits.recipients()) {
            return tooMany();
        }
        return switch (LmtpTable.action(state, input)) {
            case WELCOME -> {
                state = LmtpState.CONNECTED;
                yield send(LmtpReply.of(220, hostName + " LMTP ready"));
            }
            case GREET -> {
                clear(LmtpState.GREETED);
                yield send(LmtpReply.of(
                        250,
                        hostName,
                        "PIPELINING",
                        "ENHANCEDSTATUSCODES",
                        "8BITMIME",
                        // pop2d fetch, which may bring two equal messages, tells them apart by it
                        "XDELIVERYID",
                        "SIZE " + limits.messageOctets()));
            }
            case TAKE_SENDER -> sender((LmtpCommand.Mail) Objects.requireNonNull(command));
            case TAKE_RECIPIENT -> recipient((LmtpCommand.Rcpt) Objects.requireNonNull(command));
            case RECEIVE -> {
                state = LmtpState.CONTENT;
                yield List.of(
                        new Effect.Send(LmtpReply.of(354, "go ahead, end with a dot on a line of its own")),
                        new Effect.Receive());
            }
            case DELIVER -> {
                state = LmtpState.DELIVERING;
                outcomes = 0;
                yield List.of(new Effect.Deliver(sender, deliveryId, List.copyOf(targets)));
            }
            case RESET -> {
                clear(state == LmtpState.CONNECTED ? LmtpState.CONNECTED : LmtpState.GREETED);
                yield send(LmtpReply.of(250, "2.0.0 reset"));
            }
            case NOTHING -> send(LmtpReply.of(250, "2.0.0 done"));
            case NOT_VERIFIED -> send(LmtpReply.of(252, "2.5.0 cannot verify, but will take mail and try"));
            case FINISH -> {
                state = LmtpState.DONE;
                yield List.of(new Effect.Send(LmtpReply.of(221, "2.0.0 bye")), new Effect.Close(End.QUIT));
            }
            case REJECT -> error(LmtpReply.of(503, "5.5.1 bad sequence of commands"));
        };
    }

    private List<Effect> sender(LmtpCommand.Mail mail) {
        if (mail.size() > limits.messageOctets()) {
            return send(LmtpReply.TOO_LARGE);
        }
        state = LmtpState.SENDER;
        sender = mail.sender();
        deliveryId = mail.deliveryId();
        size = mail.size();
        return send(LmtpReply.of(250, "2.1.0 sender ok"));
    }

    private List<Effect> recipient(LmtpCommand.Rcpt rcpt) {
        if (targets.size() >= limits.recipients()) {
            return send(LmtpReply.of(452, "4.5.3 too many recipients"));
        }
        looking = true;
        return List.of(new Effect.Find(rcpt.address(), size));
    }

    private List<Effect> found(Target target) {
        looking = false;
        targets.add(target);
        state = LmtpState.RECIPIENTS;
        return send(LmtpReply.of(250, "2.1.5 recipient ok"));
    }

    /**
     * "After the final ".", the server returns one reply for each previously successful RCPT command in the mail
     * transaction, in the order that the RCPT commands were issued" (RFC 2033 p. 4), also for a failure.
     */
    private List<Effect> contentLost(LmtpReply reply) {
        List<Effect> effects = new ArrayList<>();
        targets.forEach(target -> effects.add(new Effect.Send(reply)));
        clear(LmtpState.GREETED);
        return effects;
    }

    private List<Effect> outcome(LmtpReply reply) {
        outcomes++;
        if (outcomes == targets.size()) {
            clear(LmtpState.GREETED);
        }
        return send(reply);
    }

    private List<Effect> error(LmtpReply reply) {
        errors++;
        return errors > MAX_ERRORS ? tooMany() : send(reply);
    }

    private List<Effect> tooMany() {
        state = LmtpState.DONE;
        return List.of(
                new Effect.Send(LmtpReply.of(421, "4.7.0 too many errors")), new Effect.Close(End.TOO_MANY_ERRORS));
    }

    private void clear(LmtpState next) {
        state = next;
        sender = "";
        deliveryId = "";
        size = 0;
        targets.clear();
    }

    private static List<Effect> send(LmtpReply reply) {
        return List.of(new Effect.Send(reply));
    }
}
