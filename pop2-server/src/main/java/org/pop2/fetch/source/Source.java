package org.pop2.fetch.source;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.pop2.storage.transfer.OctetSink;

/**
 * A folder of an account at a provider, open. Every method blocks, each wait in it for {@link SourceSettings#timeout}
 * at most, and fails with {@link SourceException}. For one thread, but for {@link #close}, which anybody may call to
 * end what waits.
 */
public interface Source extends Closeable {
    /** What keys hold for: when it changes, the same key is another message. UIDVALIDITY of IMAP; of POP3, empty. */
    String validity();

    /**
     * The last number that a message had when the folder was opened, where keys are numbers that grow (IMAP): what
     * comes later has a higher one. Nothing for POP3.
     */
    OptionalLong last();

    /**
     * The keys of the messages that are there, in their order: a UID, or a UIDL.
     *
     * @param wanted which of them; POP3 tells neither age nor whether one was read, and lists all
     */
    List<String> keys(Wanted wanted) throws IOException;

    /**
     * Which messages.
     *
     * @param after those with a higher number, where keys are numbers
     * @param unseen only those that nobody has read
     */
    record Wanted(long after, boolean unseen) {
        public static final Wanted ALL = new Wanted(0, false);
    }

    /** What the provider tells of some messages, in their order; those that are gone are left out. */
    List<Info> info(Collection<String> keys) throws IOException;

    /**
     * What a provider tells of a message. Nothing of it need be true.
     *
     * @param key of the message
     * @param octets its size
     * @param received when it came there; POP3 does not tell
     */
    record Info(String key, long octets, Optional<Instant> received) {}

    /**
     * Reads a message, and leaves it as unread as it was. Octets come as the provider sends them.
     *
     * @param info of the message
     * @param most octets, at least 1
     * @return whether that was all of it; if not, some of its beginning was read, {@code most} octets or fewer
     */
    boolean read(Info info, long most, OctetSink sink) throws IOException;

    /**
     * Does something with messages, and never with others. With POP3 what is deleted is gone when {@link #finish}
     * returns.
     */
    void act(Collection<String> keys, AtProvider what) throws IOException;

    /** Ends the session well. */
    void finish() throws IOException;

    /** Whether {@link #await} can be told of new mail at once (IDLE). */
    boolean canAwait() throws IOException;

    /**
     * Waits for something to happen in the folder.
     *
     * @param most how long; a provider forgets a silent client after half an hour
     * @return whether something did
     */
    boolean await(Duration most) throws IOException;

    /** Closes the connection, whatever is going on. */
    @Override
    void close();
}
