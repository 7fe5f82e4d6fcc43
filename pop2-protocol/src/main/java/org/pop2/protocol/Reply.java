package org.pop2.protocol;

/** What a server can say, by its first character (RFC 937 p. 6). */
public sealed interface Reply {

    /** {@code + text}. */
    record Success(String text) implements Reply {}

    /** {@code - text}. */
    record Failure(String text) implements Reply {}

    /**
     * {@code #nnn text}: number of messages.
     *
     * @param messages 0 or more
     */
    record Count(int messages, String text) implements Reply {}

    /**
     * {@code =ccc text}: octets of a message.
     *
     * @param octets 0 or more; 0: there is no such message
     */
    record Length(long octets, String text) implements Reply {
        public Length(long octets) {
            this(octets, "");
        }
    }

    /**
     * A line that is not a reply. Only a client meets one.
     *
     * @param reason what is wrong with it, without anything of the line itself
     */
    record Malformed(String reason) implements Reply {}
}
