package org.pop2.trace;

/** As many sessions are watched as may be; one that nobody asks for any more makes room. */
public final class TooManyWatchedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooManyWatchedException() {
        super(Watches.MOST + " sessions are watched already; one is forgotten " + Watches.FORGOTTEN.toMinutes()
                + " minutes after somebody asked for it last");
    }
}
