package org.pop2.storage.tck.broken;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Mailbox;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Faults of what is read (S4 to S9). */
final class ContentFaults {
    private ContentFaults() {}

    /** Announces a bare CR as the line end that it will not be. */
    static Mailbox announcingBareReturnsAsLineEnds(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public long octets(int number) {
                byte[] content = Bench.read(healthy, number);
                long bare = 0;
                for (int i = 0; i < content.length; i++) {
                    bare += content[i] == '\r' && (i + 1 == content.length || content[i + 1] != '\n') ? 1 : 0;
                }
                return super.octets(number) + bare;
            }
        };
    }

    /** Announces the octets of the file, where a line ends in LF. */
    static Mailbox announcingLineFeedsOnly(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public long octets(int number) {
                long octets = 0;
                for (byte octet : Bench.read(healthy, number)) {
                    octets += octet == '\r' ? 0 : 1;
                }
                return octets;
            }
        };
    }

    static Mailbox numberingFromZero(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public long octets(int number) {
                return super.octets(Math.max(1, number));
            }
        };
    }

    /** Neither sends nor announces the last line's CRLF. */
    static Mailbox withoutTheFinalLineEnd(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public long octets(int number) {
                return super.octets(number) > 2 ? super.octets(number) - 2 : 2;
            }

            @Override
            public Publisher<ContentBuffer> content(int number) {
                byte[] content = Bench.read(healthy, number);
                return Bench.buffers(Arrays.copyOf(content, (int) octets(number)));
            }
        };
    }

    /** Leaves the dots of a line that is only one doubled, as the neighbours' protocols do. */
    static Mailbox stuffingDots(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public long octets(int number) {
                return stuffed(number).length;
            }

            @Override
            public Publisher<ContentBuffer> content(int number) {
                return Bench.buffers(stuffed(number));
            }

            private byte[] stuffed(int number) {
                return Octets.replaced(Bench.read(healthy, number), "\r\n.", "\r\n..");
            }
        };
    }

    /** Goes on where the last reading ended. */
    static Mailbox differentOnReRead(Mailbox healthy) {
        Set<Integer> read = ConcurrentHashMap.newKeySet();
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<ContentBuffer> content(int number) {
                Publisher<ContentBuffer> content = super.content(number);
                return Flux.defer(() -> read.add(number) ? content : Mono.empty());
            }
        };
    }

    /** Numbers the newest first, so that whatever arrives renumbers. */
    static Mailbox renumberingOnArrival(Mailbox healthy, AtomicInteger arrivals) {
        int before = arrivals.get();
        return new ForwardingMailbox(healthy) {
            @Override
            public int count() {
                return super.count() + arrivals.get() - before;
            }
        };
    }

    /** Sees another size as soon as something arrives. */
    static Mailbox resizingOnArrival(Mailbox healthy, AtomicInteger arrivals) {
        int before = arrivals.get();
        return new ForwardingMailbox(healthy) {
            @Override
            public long octets(int number) {
                return super.octets(number) + arrivals.get() - before;
            }
        };
    }

    /** Stops in the middle of a message when another one arrives. */
    static Mailbox cutShortOnArrival(Mailbox healthy, AtomicInteger arrivals) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<ContentBuffer> content(int number) {
                Publisher<ContentBuffer> content = super.content(number);
                return Flux.defer(() -> {
                    int before = arrivals.get();
                    return Flux.from(content).takeUntil(buffer -> arrivals.get() != before);
                });
            }
        };
    }

    /** A message is one buffer, however large. */
    static Mailbox inOneBuffer(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<ContentBuffer> content(int number) {
                return Flux.defer(
                        () -> Flux.just(ContentBuffer.unpooled(ByteBuffer.wrap(Bench.read(healthy, number)))));
            }
        };
    }

    static Mailbox withAnEmptyBuffer(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<ContentBuffer> content(int number) {
                return Flux.from(super.content(number))
                        .concatWithValues(ContentBuffer.unpooled(ByteBuffer.allocate(0)));
            }
        };
    }

    /** Emits no more than requested, but keeps all of the message in memory. */
    static Mailbox readingAhead(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<ContentBuffer> content(int number) {
                return Flux.from(super.content(number))
                        .onBackpressureBuffer()
                        .doOnDiscard(ContentBuffer.class, ContentBuffer::release);
            }
        };
    }

    static Mailbox ignoringDemand(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<ContentBuffer> content(int number) {
                return BrokenSubscriptions.ignoringDemand(super.content(number));
            }
        };
    }

    /** Emits one buffer however many are requested at once. */
    static Mailbox underDelivering(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<ContentBuffer> content(int number) {
                return BrokenSubscriptions.countingRequests(super.content(number));
            }
        };
    }

    /** Has read one buffer ahead, and forgets it when cancelled. */
    static Mailbox leakingOnCancel(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<ContentBuffer> content(int number) {
                return Flux.from(super.content(number)).publishOn(Schedulers.immediate(), 1);
            }
        };
    }
}
