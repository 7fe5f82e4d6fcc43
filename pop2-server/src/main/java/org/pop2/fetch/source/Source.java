package org.pop2.fetch.source;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.pop2.storage.transfer.OctetSink;

/**
 * An open folder of an account at a provider. Every method but {@link #await} blocks, each wait for at most
 * {@link SourceSettings#timeout}, and fails with {@link SourceException}. For one thread at a time; any thread may call
 * {@link #close}, which ends waits.
 */
public interface Source extends Closeable {
    /**
     * The validity of keys: when it changes, the same key names another message. UIDVALIDITY for IMAP, empty for POP3.
     */
    String validity();

    /**
     * The highest key when the folder was opened, if keys are growing numbers (IMAP): later messages have higher ones.
     * Empty for POP3.
     */
    OptionalLong last();

    /**
     * The keys (UID or UIDL) of the messages, in order.
     *
     * @param wanted which messages; POP3 knows neither arrival nor flags, and lists all
     */
    List<String> keys(Wanted wanted) throws IOException;

    /**
     * A choice of messages.
     *
     * @param after only those with a higher number, if keys are numbers
     * @param unseen only unread ones
     */
    record Wanted(long after, boolean unseen) {
        public static final Wanted ALL = new Wanted(0, false);
    }

    /** What the provider says about some messages, in order, without those that are gone. */
    List<Info> info(Collection<String> keys) throws IOException;

    /**
     * What a provider says about a message. It may be wrong.
     *
     * @param key of the message
     * @param octets its size
     * @param received when it arrived there; empty for POP3
     */
    record Info(String key, long octets, Optional<Instant> received) {}

    /**
     * Reads a message without marking it as read. Octets come as the provider sends them.
     *
     * @param info of the message
     * @param most octets, at least 1
     * @return whether that was all of it; if not, at most {@code most} octets of its beginning were read
     */
    boolean read(Info info, long most, OctetSink sink) throws IOException;

    /**
     * Carries out an action on these messages, and on no others. With POP3, deletions take effect when {@link #finish}
     * returns.
     */
    void act(Collection<String> keys, AtProvider what) throws IOException;

    /** Ends the session regularly. */
    void finish() throws IOException;

    /** Whether {@link #await} learns of new mail at once (IDLE). */
    boolean canAwait() throws IOException;

    /**
     * Waits for a change in the folder, without a thread. Until the end of the wait nothing but {@link #close} may be
     * called; that ends it, too.
     *
     * @param most how long; providers disconnect silent clients after half an hour
     * @param threads for what is to be done when the provider says something; on one of them the wait ends
     * @return whether there was a change; fails with {@link SourceException}
     */
    CompletableFuture<Boolean> await(Duration most, Executor threads) throws IOException;

    /** Closes the connection at once. */
    @Override
    void close();
}
