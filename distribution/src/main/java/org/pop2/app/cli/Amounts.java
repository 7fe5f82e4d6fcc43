package org.pop2.app.cli;

/** Numbers of things, in words. */
public final class Amounts {
    private Amounts() {}

    /** {@code 1 message}, {@code 2 messages}. */
    public static String messages(long count) {
        return count + (count == 1 ? " message" : " messages");
    }
}
