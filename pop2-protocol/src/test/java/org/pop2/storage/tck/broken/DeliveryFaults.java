package org.pop2.storage.tck.broken;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Faults of deliveries (S5, S8, S9, S14). */
final class DeliveryFaults {
    private DeliveryFaults() {}

    /** Changes what is delivered. */
    static MailStore changing(MailStore healthy, UnaryOperator<Flux<ByteBuffer>> change) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return super.deliver(
                        user, folder, Bench.withContent(message, change.apply(Flux.from(message.content()))));
            }
        };
    }

    /** Makes line ends slice by slice, and forgets how the last one ended. */
    static Flux<ByteBuffer> lineEndsSliceBySlice(Flux<ByteBuffer> content) {
        return content.map(slice -> ByteBuffer.wrap(Octets.lineEndsOfOneSlice(Bench.copy(slice))));
    }

    /** Changes the message as a whole. */
    static UnaryOperator<Flux<ByteBuffer>> whole(UnaryOperator<byte[]> change) {
        return content ->
                Bench.gather(content).map(change).map(ByteBuffer::wrap).flux();
    }

    /** Keeps the sender's buffers instead of their octets. */
    static Flux<ByteBuffer> keepingBuffers(Flux<ByteBuffer> content) {
        return content.collectList().flatMapMany(Flux::fromIterable);
    }

    /** Stores what had come when the sender failed. */
    static Flux<ByteBuffer> keepingHalves(Flux<ByteBuffer> content) {
        return content.onErrorComplete();
    }

    /** Writes the sender where the mail begins. */
    static MailStore keepingTheSenderInTheMail(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                byte[] line = ("Return-Path: <" + message.sender() + ">\r\n").getBytes(StandardCharsets.ISO_8859_1);
                return super.deliver(
                        user,
                        folder,
                        Bench.withContent(message, Flux.concat(Mono.just(ByteBuffer.wrap(line)), message.content())));
            }
        };
    }

    /** Takes a message that it has already for a repeated delivery. */
    static MailStore droppingTwins(MailStore healthy) {
        Set<ByteBuffer> known = new HashSet<>();
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Bench.gather(message.content()).map(ByteBuffer::wrap).flatMap(octets -> {
                    synchronized (known) {
                        return known.add(octets)
                                ? Mono.from(super.deliver(
                                        user, folder, Bench.withContent(message, Mono.just(octets.duplicate()))))
                                : Mono.empty();
                    }
                });
            }
        };
    }

    /** Takes an id for known that it knows from somebody else's mail. */
    static MailStore droppingRepeatedIdsOfAnybody(MailStore healthy) {
        Set<String> known = new HashSet<>();
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.defer(() -> {
                    synchronized (known) {
                        return message.deliveryId().map(known::add).orElse(true)
                                ? Mono.from(super.deliver(user, folder, message))
                                : Mono.empty();
                    }
                });
            }
        };
    }

    static MailStore refusingMailForTheDisabled(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.from(healthy.accounts().find(user))
                        .filter(account -> !account.enabled())
                        .flatMap(disabled ->
                                Mono.<Void>error(new StoreException(Reason.NOT_FOUND, "disabled: " + disabled)))
                        .then(Mono.from(super.deliver(user, folder, message)));
            }
        };
    }

    /** Completes a delivery when it is in memory, and writes it later. */
    static MailStore writingLater(MailStore healthy) {
        List<Supplier<Mono<Void>>> unwritten = new CopyOnWriteArrayList<>();
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Bench.gather(message.content())
                        .doOnNext(octets -> unwritten.add(() -> Mono.from(super.deliver(
                                user, folder, Bench.withContent(message, Mono.just(ByteBuffer.wrap(octets)))))))
                        .then();
            }

            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return Flux.fromIterable(unwritten).concatMap(Supplier::get).thenMany(Flux.defer(() -> {
                    unwritten.clear();
                    return super.open(user, folder);
                }));
            }
        };
    }

    /** Takes the message at the call. */
    static MailStore eager(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.fromFuture(
                        Mono.from(super.deliver(user, folder, message)).toFuture());
            }
        };
    }

    static MailStore goingOnWhenCancelled(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return BrokenSubscriptions.ignoringCancel(super.deliver(user, folder, message), () -> {});
            }
        };
    }

    /** Takes a cancellation for the end of the message. */
    static MailStore keepingWhatWasCancelled(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.defer(() -> {
                    Sinks.Empty<Void> cancelled = Sinks.empty();
                    Flux<ByteBuffer> content = Flux.from(message.content()).takeUntilOther(cancelled.asMono());
                    return Mono.from(BrokenSubscriptions.ignoringCancel(
                            super.deliver(user, folder, Bench.withContent(message, content)), cancelled::tryEmitEmpty));
                });
            }
        };
    }

    /** Says that it has the mail, and has not. */
    static MailStore acceptingForAnybody(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.from(super.deliver(user, folder, message))
                        .onErrorComplete(t -> t instanceof StoreException e && e.reason() == Reason.NOT_FOUND);
            }
        };
    }

    /** Refuses the mail, and keeps it. */
    static MailStore keepingRefusedMail(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.from(super.deliver(user, folder, message))
                        .onErrorResume(t -> Mono.from(healthy.accounts().put(new Account(user, "{PLAIN}x", true)))
                                .then(Mono.from(super.deliver(user, folder, message)))
                                .then(Mono.from(healthy.accounts().remove(user)))
                                .then(Mono.error(t)));
            }
        };
    }

    static MailStore throwingIoExceptions(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.from(super.deliver(user, folder, message))
                        .onErrorMap(t -> new IOException("no such file or directory", t));
            }
        };
    }

    /** Hands on what the sender failed with. */
    static MailStore handingOnTheSendersError(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.from(super.deliver(user, folder, message))
                        .onErrorMap(t -> t.getCause() instanceof IllegalStateException, Throwable::getCause);
            }
        };
    }

    /** Keeps the thread that subscribes until the message has been stored. */
    static MailStore blocking(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.defer(() -> {
                    Mono<Void> delivery =
                            Mono.from(super.deliver(user, folder, message)).cache();
                    Waiting.atMost(5, TimeUnit.SECONDS, delivery);
                    return delivery;
                });
            }
        };
    }
}
