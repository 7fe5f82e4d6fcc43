package org.pop2.client;

import org.jspecify.annotations.Nullable;
import org.pop2.client.Pop2Message.Outcome;
import org.pop2.protocol.Command;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A session that has logged in; it holds the mailbox until it ends. One thing after the other: a command while the
 * answer to another is awaited is refused with {@link IllegalStateException}. Where nothing else is said, failures are
 * {@link Pop2ClientException}s; after one the connection is closed.
 *
 * <p>Whoever stops waiting for an answer (cancels) closes the connection, for what is said afterwards could not be told
 * apart. A connection that is closed without {@link #quit} deletes nothing, if the server keeps to RFC 937.
 */
public final class Pop2Session {
    private final Conversation conversation;
    private volatile int count;
    private volatile Outcome position = new Outcome(1, Outcome.UNKNOWN);
    private volatile @Nullable Pop2Message current;

    Pop2Session(Conversation conversation, int count) {
        this.conversation = conversation;
        this.count = count;
    }

    /** How many messages the server counts in the open mailbox. Some of them may not be readable. */
    public int count() {
        return count;
    }

    /**
     * FOLD: leaves the open mailbox, where what was acknowledged with {@link Acknowledgement#DELETE} is deleted when
     * this completes, and opens another one. Every message has to be acknowledged before.
     *
     * @return how many messages there are; 0 too for one that does not exist
     */
    public Mono<Integer> fold(String mailbox) {
        return conversation.say(new Command.Fold(mailbox)).map(messages -> {
            count = messages.intValue();
            position = new Outcome(1, Outcome.UNKNOWN);
            current = null;
            return count;
        });
    }

    /**
     * The messages from the current one on, in order. The next one comes when the one before has been acknowledged, and
     * was asked for by the subscriber; one that was acknowledged with {@link Acknowledgement#AGAIN} comes once more.
     * What the server counts but announces with no octets, as it does for expunged ones, is passed over.
     *
     * <p>To cancel between two messages leaves the session as it is: it can be asked for the rest, or to quit.
     */
    public Flux<Pop2Message> messages() {
        return Mono.defer(this::next).repeat(() -> current != null || position.number() <= count);
    }

    /** Nothing if there is none under the next number. */
    private Mono<Pop2Message> next() {
        Pop2Message before = current;
        if (before == null) {
            return read();
        }
        return Mono.firstWithSignal(before.outcome(), conversation.<Outcome>failed())
                .flatMap(outcome -> {
                    current = null;
                    position = outcome;
                    return read();
                });
    }

    private Mono<Pop2Message> read() {
        Outcome here = position;
        if (here.number() > count) {
            // nothing beyond is asked for: some servers close then
            return Mono.empty();
        }
        Mono<Long> length = here.octets() == Outcome.UNKNOWN
                ? conversation.say(new Command.Read(here.number()))
                : Mono.just(here.octets());
        return length.flatMap(octets -> {
            if (octets == 0) {
                position = new Outcome(here.number() + 1, Outcome.UNKNOWN);
                return Mono.empty();
            }
            Pop2Message message = new Pop2Message(conversation, here.number(), octets, this::isCurrent);
            current = message;
            return Mono.just(message);
        });
    }

    private boolean isCurrent(Pop2Message message) {
        return message == current;
    }

    /**
     * QUIT. Every message that was read has to be acknowledged before.
     *
     * @return completes when the server has said {@code +}: only then is deleted what was to be. Fails with
     *     {@link Pop2ClientException.Reason#UNCONFIRMED} if nobody knows
     */
    public Mono<Void> quit() {
        return conversation.say(Command.QUIT).then();
    }

    /** Closes the connection, at once and without QUIT, so that nothing is deleted. Does nothing after the end. */
    public void close() {
        conversation.close();
    }
}
