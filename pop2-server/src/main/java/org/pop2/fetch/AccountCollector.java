package org.pop2.fetch;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Brings the mail of an account to a target, whatever its provider speaks: a {@link Collector} for IMAP and POP3, a
 * {@link Fetcher} for POP2. Blocks.
 */
public interface AccountCollector {
    /**
     * Finds out whether the message that was being stored at a kill is stored: to be called before a user can delete it
     * here. Needs no provider.
     */
    void recall() throws IOException;

    /**
     * Connects and logs in.
     *
     * @throws org.pop2.fetch.source.SourceException if that fails
     */
    Session connect() throws IOException;

    /** A session with the provider. Any thread may call {@link #close}, which ends waits. */
    interface Session extends Closeable {
        /**
         * Brings what is there.
         *
         * @throws org.pop2.fetch.source.SourceException if the provider fails
         * @throws IOException if the target or the journal does
         * @throws org.pop2.storage.StoreException likewise
         */
        FetchResult run() throws IOException;

        /** Looks what a run would find now. Changes nothing, neither here nor there. */
        FetchPreview preview() throws IOException;

        /** Whether it can {@link #await}, and run again: then new mail is told at once. */
        boolean canAwait() throws IOException;

        /**
         * Waits for new mail, without a thread. Until the end of the wait nothing but {@link #close} may be called;
         * that ends it, too.
         *
         * @param most how long; providers disconnect silent clients after half an hour
         * @param threads for what is to be done when the provider says something; on one of them the wait ends
         * @return whether there is news; fails with {@link org.pop2.fetch.source.SourceException}
         */
        CompletableFuture<Boolean> await(Duration most, Executor threads) throws IOException;

        /** Ends it regularly, after the last run. */
        void finish() throws IOException;

        /** Closes the connection at once. */
        @Override
        void close();
    }
}
