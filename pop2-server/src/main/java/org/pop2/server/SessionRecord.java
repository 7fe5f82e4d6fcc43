package org.pop2.server;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pop2.protocol.End;
import org.pop2.storage.UserName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a session did, for the one line that the log has of it. Used on the connection's event loop only. */
final class SessionRecord {
    /** The name is part of the manual: {@code org.pop2.server.sessions}. */
    private static final Logger LOG = LoggerFactory.getLogger("org.pop2.server.sessions");

    private static final int MAX_TEXT = 80;
    private static final int MAX_WORDS = 200;

    private final long id;
    private final ServerObserver observer;
    private final String address;
    private final long startNanos = System.nanoTime();
    private @Nullable UserName user;
    private long messages;
    private long octets;
    private long deleted;
    private long discarded;

    SessionRecord(long id, Client client, ServerObserver observer) {
        this.id = id;
        this.observer = observer;
        this.address = client.text();
    }

    long id() {
        return id;
    }

    /** Octets of messages that went out. */
    long octets() {
        return octets;
    }

    String address() {
        return address;
    }

    String user() {
        return user == null ? "-" : escape(user.value());
    }

    void loggedIn(UserName name) {
        user = name;
    }

    /** A message went out whole. */
    void sentMessage(long octetsOfIt) {
        messages++;
        octets += octetsOfIt;
        observer.messageSent();
    }

    /** A part of a message went out. */
    void sentOctets(long count) {
        octets += count;
    }

    void deleted(int count) {
        deleted += count;
    }

    /** Messages that the client marked and that were kept: it did not end with QUIT, or the storage failed. */
    void discarded(int count) {
        discarded += count;
    }

    void write(End end) {
        observer.ended(end, discarded);
        if (LOG.isInfoEnabled()) {
            // a key beside the text, which stays as it is for those who read it with patterns
            LOG.atInfo()
                    .addKeyValue("session", id)
                    .log(
                            "session user={} address={} messages={} octets={} deleted={} discarded={} seconds={} reason={}",
                            user(),
                            address,
                            messages,
                            octets,
                            deleted,
                            discarded,
                            (System.nanoTime() - startNanos) / 1_000_000_000L,
                            end.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
    }

    /** Nothing that could begin a new line, move a cursor or turn text around: such characters become {@code ?}. */
    static String escape(String text) {
        return escape(text, '!', MAX_TEXT);
    }

    /** As {@link #escape}, for words with spaces between. */
    static String escapeWords(String text) {
        return escape(text, ' ', MAX_WORDS);
    }

    private static String escape(String text, char first, int most) {
        if (text.length() <= most && isPrintable(text, first)) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        text.codePoints()
                .limit(most)
                .forEach(c -> out.appendCodePoint(Character.isLetterOrDigit(c) || (c >= first && c < 0x7f) ? c : '?'));
        return out.toString();
    }

    private static boolean isPrintable(String text, char first) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < first || text.charAt(i) >= 0x7f) {
                return false;
            }
        }
        return true;
    }
}
