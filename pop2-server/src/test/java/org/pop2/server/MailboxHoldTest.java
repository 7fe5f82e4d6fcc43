package org.pop2.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pop2.net.Connections;
import org.pop2.net.RemoteClient;
import org.pop2.profile.ClientProfile;
import org.pop2.protocol.End;
import org.pop2.protocol.Event;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A mailbox held without a network, on the test's thread. */
class MailboxHoldTest {
    private static final UserName POSTEL = new UserName("postel");

    private final ScriptedStore store = new ScriptedStore().mail(10, "Subject: one\r\n\r\nHello\r\n");
    private final Connections connections = new Connections();
    private final List<Event> told = new ArrayList<>();
    private final List<String> happened = new ArrayList<>();

    /** What other threads tell while the session's thread is busy, if it is. */
    private final List<Runnable> waiting = new ArrayList<>();

    private boolean behind;

    private final MailboxHold hold = new MailboxHold(
            store,
            connections,
            ServerObserver.NONE,
            new SessionRecord(1, RemoteClient.plain(null, 0), ServerObserver.NONE),
            false,
            new MailboxHold.Owner() {
                @Override
                public void later(Runnable task) {
                    if (behind) {
                        waiting.add(task);
                    } else {
                        task.run();
                    }
                }

                @Override
                public void outcome(Event event) {
                    told.add(event);
                }

                @Override
                public void lost() {
                    happened.add("lost");
                }

                @Override
                public void note(String what) {
                    happened.add(what);
                }

                @Override
                public void letGo() {
                    happened.add("let go");
                }
            });

    private static BitSet first() {
        BitSet deleted = new BitSet();
        deleted.set(1);
        return deleted;
    }

    /** Whether a stop would have nothing to wait for. */
    private boolean isIdle() {
        connections.stop();
        return Boolean.TRUE.equals(
                connections.idle().thenReturn(true).timeout(TestServer.LIMIT).block());
    }

    private void select(String name) {
        hold.select(POSTEL, name, ClientProfile.DEFAULT);
    }

    @Test
    void whatIsSelectedIsToldAndHeld() {
        select("INBOX");
        assertThat(told)
                .hasSize(1)
                .allMatch(it -> it instanceof Event.Selected s && s.mailbox().count() == 1);
        assertThat(hold.mailbox()).isNotNull();
        assertThat(hold.folder()).contains("INBOX");
        assertThat(hold.isKept()).isTrue();
        assertThat(isIdle()).isTrue();
    }

    @Test
    void aFolderThatCannotBeIsEmptyAndNotOpened() {
        select("../cooper");
        assertThat(told).containsExactly(new Event.Selected(NoMailbox.INSTANCE));
        assertThat(store.opened).hasValue(0);
        hold.release(new BitSet(), new BitSet());
        assertThat(told).last().isEqualTo(Event.RELEASED);
        assertThat(store.releases).isEmpty();
    }

    @Test
    void aMailboxInUseIsToldAsSuch() {
        store.open = mailbox -> Mono.error(new StoreException(StoreException.Reason.BUSY, "held"));
        select("INBOX");
        assertThat(told).hasSize(1).allMatch(it -> it instanceof Event.Failed f && f.end() == End.MAILBOX_IN_USE);
        assertThat(hold.mailbox()).isNull();
    }

    @Test
    void aStopWaitsForAReleaseThatHasBegun() {
        select("INBOX");
        Sinks.Empty<Void> end = Sinks.empty();
        store.release = deleted -> end.asMono();
        hold.release(first(), new BitSet());
        assertThat(hold.isReleasing()).isTrue();
        assertThat(hold.mailbox()).isNull();
        connections.stop();
        List<String> order = happened;
        connections.idle().subscribe(nothing -> {}, error -> {}, () -> order.add("idle"));
        assertThat(happened).isEmpty();
        end.tryEmitEmpty();
        assertThat(told).last().isEqualTo(Event.RELEASED);
        assertThat(happened).containsExactly("1 message is deleted", "let go", "idle");
        assertThat(store.releases).containsExactly(first());
    }

    @Test
    void aReleaseThatFailsSaysThatNothingIsDeleted() {
        select("INBOX");
        store.release = deleted -> Mono.error(new StoreException(StoreException.Reason.UNAVAILABLE, "down"));
        hold.release(first(), new BitSet());
        assertThat(told).last().matches(it -> it instanceof Event.Failed f && f.end() == End.STORAGE_FAILED);
        assertThat(happened)
                .containsExactly("the mailbox could not be let go of as it should: nothing is deleted", "let go");
        assertThat(hold.isReleasing()).isFalse();
    }

    @Test
    void aMailboxThatIsLostIsToldOnceAndNotWhenItIsLetGo() {
        select("INBOX");
        store.lost.tryEmitEmpty();
        assertThat(happened).containsExactly("lost");
        hold.release(new BitSet(), new BitSet());
        assertThat(happened).containsExactly("lost", "let go");
    }

    @Test
    void aCommandThatIsAheadOfTheNewsOfALossIsNotWorkedOn() {
        select("INBOX");
        behind = true;
        store.lost.tryEmitEmpty();
        assertThat(hold.isKept()).isFalse();
        assertThat(happened).containsExactly("lost");
        hold.release(new BitSet(), new BitSet());
        waiting.forEach(Runnable::run);
        assertThat(happened).containsExactly("lost", "let go");
    }
}
