package org.pop2.fetch;

import java.io.IOException;

/**
 * Listens to events of a run. A message's key is what the provider calls it: UID, UIDL, or for POP2 its number in the
 * session.
 */
public interface FetchObserver {
    FetchObserver NONE = new FetchObserver() {};

    /** More octets of a message have come. */
    default void octets(long more) {}

    /** A message is stored. */
    default void stored(String key, long octets) {}

    /** An earlier run has stored it. Told by POP2 only, which has to read a message to know that. */
    default void known(String key) {}

    /** The target refuses it, or it cannot be read: it stays at the provider and is tried again. */
    default void refused(String key, IOException why) {}

    /** It stays at the provider for good. */
    default void left(String key, String why) {}

    /** The provider has renumbered its messages: all are read again and compared with what is stored. */
    default void renumbered(String before, String now) {}

    /** It was being stored when an earlier run was killed, and is neither here nor at the provider. */
    default void vanished(String key) {}
}
