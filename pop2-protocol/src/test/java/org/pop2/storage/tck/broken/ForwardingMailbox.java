package org.pop2.storage.tck.broken;

import java.util.BitSet;
import java.util.Optional;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Doubtful;
import org.pop2.storage.Enveloped;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Notes;
import org.pop2.storage.Unsettled;
import org.reactivestreams.Publisher;

/** Does what the healthy mailbox does; a fault overrides what it breaks. */
class ForwardingMailbox implements Mailbox {
    final Mailbox healthy;

    ForwardingMailbox(Mailbox healthy) {
        this.healthy = healthy;
    }

    @Override
    public int count() {
        return healthy.count();
    }

    @Override
    public long octets(int number) {
        return healthy.octets(number);
    }

    @Override
    public boolean writable() {
        return healthy.writable();
    }

    @Override
    public Publisher<ContentBuffer> content(int number) {
        return healthy.content(number);
    }

    @Override
    public Publisher<Void> release(BitSet deleted) {
        return healthy.release(deleted);
    }

    @Override
    public void active() {
        healthy.active();
    }

    @Override
    public Publisher<Void> lost() {
        return healthy.lost();
    }

    @Override
    public Optional<Enveloped> envelopes() {
        return healthy.envelopes();
    }

    @Override
    public Optional<Doubtful> doubtful() {
        return healthy.doubtful();
    }

    @Override
    public Optional<Unsettled> unsettled() {
        return healthy.unsettled();
    }

    @Override
    public Optional<Notes> notes() {
        return healthy.notes();
    }
}
