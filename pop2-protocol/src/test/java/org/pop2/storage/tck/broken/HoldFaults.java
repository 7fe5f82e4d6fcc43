package org.pop2.storage.tck.broken;

import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Faults of opening, holding and losing a mailbox (S8, S9, S13, S14). */
final class HoldFaults {
    private HoldFaults() {}

    /** Turns the holder out, silent or not. */
    static MailStore turningEverybodyOut(Bench bench) {
        return bench.healthy(new HoldPolicy(Duration.ZERO, Duration.ZERO));
    }

    static MailStore neverWaiting(Bench bench, HoldPolicy policy) {
        return bench.healthy(new HoldPolicy(policy.takeoverAfter(), Duration.ZERO));
    }

    static MailStore neverTurningOut(Bench bench, HoldPolicy policy) {
        return bench.healthy(new HoldPolicy(Duration.ofDays(1), policy.busyWait()));
    }

    /** Admits a second holder: both see the mailbox, both may delete. */
    static MailStore admittingASecond(Bench bench) {
        return staleTokenDeletes(turningEverybodyOut(bench), bench);
    }

    /** Deletes by the name of the mailbox, not by the hold. */
    static MailStore staleTokenDeletes(MailStore healthy, Bench bench) {
        return ReleaseFaults.withMailboxes(healthy, (user, folder, mailbox) -> new ForwardingMailbox(mailbox) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                BitSet copy = (BitSet) deleted.clone();
                return Mono.from(super.release(deleted))
                        .onErrorResume(Bench::isBusy, t -> bench.delete(user, folder, copy::get));
            }
        });
    }

    /** Says BUSY when it should, after it has deleted. */
    static MailStore staleTokenDeletesAndSaysBusy(MailStore healthy, Bench bench) {
        return ReleaseFaults.withMailboxes(healthy, (user, folder, mailbox) -> new ForwardingMailbox(mailbox) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                BitSet copy = (BitSet) deleted.clone();
                return Mono.from(super.release(deleted))
                        .onErrorResume(
                                Bench::isBusy,
                                t -> bench.delete(user, folder, copy::get).then(Mono.error(t)));
            }
        });
    }

    /** Removes the lock of the mailbox, whosever it is. */
    static MailStore endingTheHoldOfTheNext(MailStore healthy, Bench bench) {
        return ReleaseFaults.withMailboxes(healthy, (user, folder, mailbox) -> new ForwardingMailbox(mailbox) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                return Mono.from(super.release(deleted))
                        .onErrorResume(
                                Bench::isBusy,
                                t -> bench.delete(user, folder, n -> false).then(Mono.error(t)));
            }
        });
    }

    static Mailbox neverTellingTheLoser(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> lost() {
                return Mono.never();
            }
        };
    }

    /** Takes the end of the session for the loss of the mailbox. */
    static Mailbox lostOnRelease(Mailbox healthy) {
        Sinks.Empty<Void> released = Sinks.empty();
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> lost() {
                return Mono.firstWithSignal(Mono.from(super.lost()), released.asMono());
            }

            @Override
            public Publisher<Void> release(BitSet deleted) {
                return Mono.from(super.release(deleted)).doOnSuccess(done -> released.tryEmitEmpty());
            }
        };
    }

    static Mailbox deaf(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public void active() {}
        };
    }

    static MailStore keepingHoldsWhenClosed(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Void> close() {
                return Mono.empty();
            }
        };
    }

    /** Holds at the call. */
    static MailStore eager(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return Mono.fromFuture(Mono.from(super.open(user, folder)).toFuture());
            }
        };
    }

    /** Gets the mailbox for a subscriber that has gone. */
    static MailStore openingWhenCancelled(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return BrokenSubscriptions.ignoringCancel(super.open(user, folder), () -> {});
            }
        };
    }

    /** Keeps the thread that subscribes until the mailbox is free. */
    static MailStore blocking(MailStore healthy) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return Mono.defer(() -> {
                    Mono<Mailbox> opening = Mono.from(super.open(user, folder)).cache();
                    Waiting.atMost(5, TimeUnit.SECONDS, opening);
                    return opening;
                });
            }
        };
    }
}
