package org.pop2.storage.tck.broken;

import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Faults of the end of a session (S8, S10 to S12). */
final class ReleaseFaults {
    private ReleaseFaults() {}

    /** One mailbox, and whose it is. */
    interface Breaking {
        Mailbox broken(UserName user, FolderName folder, Mailbox healthy);
    }

    static MailStore withMailboxes(MailStore healthy, Breaking breaking) {
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return Flux.from(super.open(user, folder)).map(mailbox -> breaking.broken(user, folder, mailbox));
            }
        };
    }

    /** Writes the mailbox anew from what it knew when it was opened. */
    static MailStore losingAppendedMail(MailStore healthy, Bench bench) {
        return withMailboxes(healthy, (user, folder, mailbox) -> new ForwardingMailbox(mailbox) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                int kept = count() - deleted.cardinality();
                Publisher<Void> release = super.release(deleted);
                return deleted.isEmpty() ? release : Mono.from(release).then(bench.delete(user, folder, n -> n > kept));
            }
        });
    }

    /** Counts from the end, and so deletes what arrived in place of what was read. */
    static Mailbox deletingTheNeighbour(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                BitSet more = (BitSet) deleted.clone();
                if (!deleted.isEmpty() && deleted.length() <= count()) {
                    more.set(deleted.length());
                }
                return super.release(more);
            }
        };
    }

    static Mailbox keepingTheLast(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                BitSet less = (BitSet) deleted.clone();
                if (deleted.length() <= count() + 1) {
                    less.clear(count());
                }
                return super.release(less);
            }
        };
    }

    /** Deletes in every folder of the user what was deleted in one. */
    static MailStore deletingInTheInboxToo(MailStore healthy, Bench bench) {
        return withMailboxes(healthy, (user, folder, mailbox) -> new ForwardingMailbox(mailbox) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                BitSet copy = (BitSet) deleted.clone();
                Publisher<Void> release = super.release(deleted);
                return folder.isInbox() || copy.isEmpty()
                        ? release
                        : Mono.from(release).then(bench.delete(user, FolderName.INBOX, copy::get));
            }
        });
    }

    /** Takes a release without deletions for one of all messages that were there. */
    static Mailbox deletingWhatWasNotDeleted(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                BitSet all = (BitSet) deleted.clone();
                if (deleted.isEmpty() && writable()) {
                    all.set(1, count() + 1);
                }
                return super.release(all);
            }
        };
    }

    /** Completes when the deletion is in memory; it is done when the mailbox is opened again. */
    static MailStore deletingLater(MailStore healthy, Bench bench) {
        record Place(UserName user, FolderName folder) {}
        Map<Place, BitSet> undone = new ConcurrentHashMap<>();
        return new ForwardingStore(healthy) {
            @Override
            public Publisher<Mailbox> open(UserName user, FolderName folder) {
                return Mono.defer(() -> {
                            BitSet deleted = undone.remove(new Place(user, folder));
                            return deleted == null ? Mono.empty() : bench.delete(user, folder, deleted::get);
                        })
                        .thenMany(super.open(user, folder))
                        .map(mailbox -> new ForwardingMailbox(mailbox) {
                            @Override
                            public Publisher<Void> release(BitSet deleted) {
                                BitSet copy = (BitSet) deleted.clone();
                                return Mono.from(super.release(new BitSet()))
                                        .doOnSuccess(done -> undone.put(new Place(user, folder), copy));
                            }
                        });
            }
        };
    }

    /** Looks at what to delete when it is subscribed to. */
    static Mailbox copyingLate(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                return Mono.defer(() -> Mono.from(super.release(deleted)));
            }
        };
    }

    static Mailbox acceptingAnyNumber(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                BitSet known = deleted.get(0, count() + 1);
                known.clear(0);
                return super.release(known);
            }
        };
    }

    /** Reports a number out of range, and has let go of the mailbox. */
    static Mailbox endingTheHoldOnABug(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                try {
                    return super.release(deleted);
                } catch (IllegalArgumentException e) {
                    Mono.from(super.release(new BitSet())).subscribe();
                    throw e;
                }
            }
        };
    }

    /** Deletes at the call. */
    static Mailbox eager(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                return Mono.fromFuture(Mono.from(super.release(deleted)).toFuture());
            }
        };
    }

    /** Deletes the first half, then the second one if nobody has come in between. */
    static MailStore deletingInTwoSteps(MailStore healthy, Bench bench) {
        return withMailboxes(healthy, (user, folder, mailbox) -> new ForwardingMailbox(mailbox) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                BitSet half = new BitSet();
                BitSet rest = new BitSet();
                deleted.stream().forEach(n -> {
                    if (half.cardinality() < deleted.cardinality() / 2) {
                        half.set(n);
                    } else {
                        rest.set(n - half.cardinality());
                    }
                });
                return Mono.from(super.release(half))
                        .then(Mono.delay(Duration.ofMillis(2), Schedulers.boundedElastic()))
                        .then(bench.deleteIfFree(user, folder, rest::get))
                        .cache();
            }
        });
    }

    /** Deletes the first half, then fails and leaves it at that. */
    static Mailbox deletingHalfThenFailing(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                int first = deleted.nextSetBit(0);
                if (deleted.cardinality() < 2) {
                    return super.release(deleted);
                }
                BitSet half = new BitSet();
                half.set(first);
                return Mono.from(super.release(half))
                        .then(Mono.error(new StoreException(Reason.BUSY, "the second half failed")));
            }
        };
    }

    /** Hangs on the subscription that asked for it. */
    static Mailbox abortedByCancel(Mailbox healthy) {
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                return Mono.delay(Duration.ofMillis(20), Schedulers.boundedElastic())
                        .then(Mono.from(super.release(deleted)))
                        .share();
            }
        };
    }

    static Mailbox releasingOnce(Mailbox healthy) {
        AtomicBoolean released = new AtomicBoolean();
        return new ForwardingMailbox(healthy) {
            @Override
            public Publisher<Void> release(BitSet deleted) {
                Publisher<Void> release = super.release(deleted);
                return Mono.defer(() -> released.compareAndSet(false, true)
                        ? Mono.from(release)
                        : Mono.error(new StoreException(Reason.BUSY, "released already")));
            }
        };
    }

    /** Takes a message that was read for one that is not needed any more. */
    static MailStore deletingWhatWasReadAndNotReleased(MailStore healthy, Bench bench) {
        Map<Mailbox, Mono<Void>> deletions = new ConcurrentHashMap<>();
        return deletingAtClose(deletions, withMailboxes(healthy, (user, folder, mailbox) -> {
            BitSet read = new BitSet();
            deletions.put(mailbox, bench.delete(user, folder, read::get));
            return new ForwardingMailbox(mailbox) {
                @Override
                public Publisher<ContentBuffer> content(int number) {
                    read.set(number);
                    return super.content(number);
                }

                @Override
                public Publisher<Void> release(BitSet deleted) {
                    return Mono.from(super.release(deleted)).doOnSuccess(done -> deletions.remove(mailbox));
                }
            };
        }));
    }

    /** Does at the close what was only talked about. */
    static MailStore releasingAtClose(MailStore healthy, Bench bench) {
        Map<Mailbox, Mono<Void>> deletions = new ConcurrentHashMap<>();
        return deletingAtClose(
                deletions, withMailboxes(healthy, (user, folder, mailbox) -> new ForwardingMailbox(mailbox) {
                    @Override
                    public Publisher<Void> release(BitSet deleted) {
                        BitSet copy = (BitSet) deleted.clone();
                        deletions.put(mailbox, bench.delete(user, folder, copy::get));
                        return Mono.from(super.release(deleted)).doOnSuccess(done -> deletions.remove(mailbox));
                    }
                }));
    }

    private static MailStore deletingAtClose(Map<Mailbox, Mono<Void>> deletions, MailStore store) {
        return new ForwardingStore(store) {
            @Override
            public Publisher<Void> close() {
                return Flux.defer(() -> Flux.fromIterable(deletions.values()))
                        .concatMap(deletion -> deletion)
                        .then(Mono.from(super.close()));
            }
        };
    }
}
