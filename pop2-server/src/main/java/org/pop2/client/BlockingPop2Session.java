package org.pop2.client;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A {@link Pop2Session} whose calls block. For one thread at a time; any thread may call {@link #close}. */
public final class BlockingPop2Session implements AutoCloseable {
    private final Pop2Session session;
    private @Nullable BlockingPop2Message current;

    BlockingPop2Session(Pop2Session session) {
        this.session = session;
    }

    /** Messages in the open mailbox, as the server counts them. */
    public int count() {
        return session.count();
    }

    /**
     * FOLD: completes deletions in the open mailbox, and opens another one.
     *
     * @return messages in it; 0 also if it does not exist
     */
    public int fold(String mailbox) {
        settle();
        return Objects.requireNonNull(session.fold(mailbox).block());
    }

    /**
     * The messages from the current one on, in order, fetched while iterating. A message that is not acknowledged
     * before the next is asked for is kept.
     */
    public Iterable<BlockingPop2Message> messages() {
        return Messages::new;
    }

    /**
     * QUIT. Deletions are complete when this returns, and not before.
     *
     * @throws Pop2ClientException with {@link Pop2ClientException.Reason#UNCONFIRMED} if their outcome is unknown
     */
    public void quit() {
        settle();
        session.quit().block();
    }

    /** Closes the connection. Without an earlier {@link #quit}, nothing is deleted. */
    @Override
    public void close() {
        session.close();
    }

    /** The server waits for an acknowledgement of what was read. */
    private void settle() {
        BlockingPop2Message before = current;
        current = null;
        if (before != null) {
            before.settle();
        }
    }

    private final class Messages implements Iterator<BlockingPop2Message> {
        private @Nullable BlockingPop2Message next;

        @Override
        public boolean hasNext() {
            if (next == null) {
                settle();
                Pop2Message message = session.messages().next().block();
                next = message == null ? null : new BlockingPop2Message(message);
                current = next;
            }
            return next != null;
        }

        @Override
        public BlockingPop2Message next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            BlockingPop2Message message = Objects.requireNonNull(next);
            next = null;
            return message;
        }
    }
}
