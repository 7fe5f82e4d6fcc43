package org.pop2.client;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pop2.client.Pop2Message.Outcome;
import org.pop2.protocol.Command;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A session that has logged in and holds the mailbox until it ends. It does one thing at a time: a command while
 * another awaits its answer is refused with {@link IllegalStateException}. Other failures are
 * {@link Pop2ClientException}s unless stated otherwise; after one, the connection is closed.
 *
 * <p>Cancelling while an answer is awaited closes the connection, since later answers could not be told apart. Closing
 * without {@link #quit} deletes nothing if the server follows RFC 937.
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

    /** Messages in the open mailbox, as the server counts them. Some of them may not be readable. */
    public int count() {
        return count;
    }

    /**
     * FOLD: leaves the open mailbox and opens another one. When it completes, messages that were acknowledged with
     * {@link Acknowledgement#DELETE} are deleted. Acknowledge every message before.
     *
     * @return messages in it; 0 also if it does not exist
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
     * The messages from the current one on, in order. The next one comes on demand, once the one before has been
     * acknowledged; one that was acknowledged with {@link Acknowledgement#AGAIN} comes again. Messages that the server
     * counts but announces with a length of 0, such as expunged ones, are skipped.
     *
     * <p>Cancelling between two messages leaves the session usable, for the rest of the messages or for {@link #quit}.
     */
    public Flux<Pop2Message> messages() {
        return Mono.defer(this::next).repeat(() -> current != null || position.number() <= count);
    }

    /** Empty if there is no message of the next number. */
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
     * The rest of a session: opens a mailbox, gives each message to the handler and acknowledges it as the handler
     * says, quits.
     *
     * @param folder for FOLD; empty: the mailbox that is open
     * @param handler reads {@link Pop2Message#content} and says what becomes of the message, when that may be said: for
     *     {@link Acknowledgement#DELETE}, when it is stored safely. Fails to stop, which leaves the session as it is
     * @param enough asked after each message, when it has been acknowledged: {@code true} quits, the rest unread
     * @return how many messages the handler has had; comes when the server has confirmed the end of the session
     */
    public Mono<Long> fetch(
            Optional<String> folder,
            Function<Pop2Message, ? extends Publisher<Acknowledgement>> handler,
            BooleanSupplier enough) {
        return folder.map(this::fold)
                .orElseGet(() -> Mono.just(count))
                .flatMapMany(opened -> messages())
                .concatMap(
                        message -> Mono.<Acknowledgement>from(handler.apply(message))
                                .switchIfEmpty(Mono.error(() -> new IllegalStateException(
                                        "the handler did not say what becomes of the message")))
                                .flatMap(choice -> message.acknowledge(choice).thenReturn(choice)),
                        1)
                .takeUntil(acknowledged -> enough.getAsBoolean())
                .count()
                .flatMap(handled -> quit().thenReturn(handled));
    }

    /**
     * QUIT. Acknowledge every message that was read before.
     *
     * @return completes when the server has said {@code +}: only then are deletions complete. Fails with
     *     {@link Pop2ClientException.Reason#UNCONFIRMED} if their outcome is unknown
     */
    public Mono<Void> quit() {
        return conversation.say(Command.QUIT).then();
    }

    /** Closes the connection, at once and without QUIT, so that nothing is deleted. Does nothing after the end. */
    public void close() {
        conversation.close();
    }
}
