package org.pop2.trace;

/** Too many sessions are being watched; those that nobody asks for any more make room. */
public final class TooManyWatchedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooManyWatchedException() {
        super(Watches.MOST + " sessions are watched already; one is forgotten " + Watches.FORGOTTEN.toMinutes()
                + " minutes after somebody asked for it last");
    }
}
