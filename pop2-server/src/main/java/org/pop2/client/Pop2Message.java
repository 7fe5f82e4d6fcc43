package org.pop2.client;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.pop2.protocol.Command;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A message on the server, until it has been acknowledged. */
public final class Pop2Message {
    private final Conversation conversation;
    private final int number;
    private final long octets;
    private final Predicate<Pop2Message> isCurrent;
    private final AtomicBoolean retrieved = new AtomicBoolean();
    private final AtomicBoolean answered = new AtomicBoolean();
    private final Sinks.One<Outcome> outcome = Sinks.one();

    /**
     * The state after an acknowledgement.
     *
     * @param number the current message now
     * @param octets its length as announced; {@link #UNKNOWN} if it has to be asked for
     */
    record Outcome(int number, long octets) {
        static final long UNKNOWN = -1;
    }

    /** @param isCurrent whether this is still the session's current message */
    Pop2Message(Conversation conversation, int number, long octets, Predicate<Pop2Message> isCurrent) {
        this.isCurrent = isCurrent;
        this.conversation = conversation;
        this.number = number;
        this.octets = octets;
    }

    /** The number in the mailbox, from 1. Valid in this session only: POP2 has no lasting identifiers. */
    public int number() {
        return number;
    }

    /** Octets that the server announced, 1 or more. */
    public long octets() {
        return octets;
    }

    /**
     * The message's octets: exactly as many as announced, or an error. Subscribe once. RETR is sent at the first
     * request, and the socket is read on demand: a message is never in memory as a whole.
     *
     * <p>The subscriber releases the buffers; they come on an event loop, which must not block. Cancelling before the
     * end closes the connection, since POP2 has no other way to stop a transfer; nothing is deleted then.
     *
     * @return fails with {@link Pop2ClientException}, or with {@link IllegalStateException} if it is not the session's
     *     current message, in which case nothing was sent
     */
    public Flux<ByteBuf> content() {
        return Flux.defer(() -> {
            if (!answered.get() && !isCurrent.test(this)) {
                return Flux.error(new IllegalStateException("another mailbox is open: this message is out of reach"));
            }
            return answered.get() || !retrieved.compareAndSet(false, true)
                    ? Flux.error(new IllegalStateException("a message can be read once only"))
                    : conversation.content();
        });
    }

    /** {@link #content} as copies on the heap, which need no release. */
    public Flux<byte[]> bytes() {
        return content().map(buffer -> {
            try {
                byte[] octets = new byte[buffer.readableBytes()];
                buffer.readBytes(octets);
                return octets;
            } finally {
                buffer.release();
            }
        });
    }

    /** {@link #acknowledge} with {@link Acknowledgement#KEEP}. */
    public Mono<Void> keep() {
        return acknowledge(Acknowledgement.KEEP);
    }

    /** {@link #acknowledge} with {@link Acknowledgement#DELETE}. */
    public Mono<Void> delete() {
        return acknowledge(Acknowledgement.DELETE);
    }

    /** {@link #acknowledge} with {@link Acknowledgement#AGAIN}. */
    public Mono<Void> again() {
        return acknowledge(Acknowledgement.AGAIN);
    }

    /**
     * Acknowledges the message, once; then the next one comes. An unread message can be kept, which skips it without a
     * transfer, but not deleted.
     *
     * @return completes when the server has answered. <b>That a message is deleted is certain only when
     *     {@link Pop2Session#quit} or a {@link Pop2Session#fold} has completed.</b> Fails with
     *     {@link Pop2ClientException}, or with {@link IllegalStateException} if that is not possible now, in which case
     *     nothing was sent
     */
    public Mono<Void> acknowledge(Acknowledgement choice) {
        return Mono.defer(() -> {
            if (!retrieved.get() && choice == Acknowledgement.DELETE) {
                return Mono.error(new IllegalStateException("a message that was not read cannot be deleted"));
            }
            if (!answered.compareAndSet(false, true)) {
                return Mono.error(new IllegalStateException("this message was acknowledged already"));
            }
            return answer(choice)
                    .doOnNext(outcome::tryEmitValue)
                    .doOnError(outcome::tryEmitError)
                    .then();
        });
    }

    private Mono<Outcome> answer(Acknowledgement choice) {
        int next = choice == Acknowledgement.AGAIN ? number : number + 1;
        if (!retrieved.get()) {
            return Mono.just(new Outcome(next, Outcome.UNKNOWN));
        }
        Command command = switch (choice) {
            case KEEP -> Command.ACKS;
            case DELETE -> Command.ACKD;
            case AGAIN -> Command.NACK;
        };
        return conversation.say(command).map(length -> new Outcome(next, length));
    }

    Mono<Outcome> outcome() {
        return outcome.asMono();
    }
}
