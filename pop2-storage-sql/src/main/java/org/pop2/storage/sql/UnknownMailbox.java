package org.pop2.storage.sql;

import java.util.BitSet;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Mailbox;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** A folder that does not exist: empty, and held by nobody, as there is nothing to protect. */
final class UnknownMailbox implements Mailbox {
    @Override
    public int count() {
        return 0;
    }

    @Override
    public long octets(int number) {
        throw noSuchMessage(number);
    }

    @Override
    public boolean writable() {
        return false;
    }

    @Override
    public Publisher<ContentBuffer> content(int number) {
        throw noSuchMessage(number);
    }

    @Override
    public Publisher<Void> release(BitSet deleted) {
        if (!deleted.isEmpty()) {
            throw new IllegalArgumentException("an unknown folder has no messages");
        }
        return Mono.empty();
    }

    @Override
    public void active() {}

    @Override
    public Publisher<Void> lost() {
        return Mono.never();
    }

    private static IndexOutOfBoundsException noSuchMessage(int number) {
        return new IndexOutOfBoundsException("message " + number + " of 0");
    }
}
