package org.pop2.app.conform;

import java.util.Locale;

/**
 * What became of a check.
 *
 * @param page of RFC 937
 * @param title what was looked at
 * @param text what was expected and what came; why it was not run; empty if all was well
 */
record Result(int page, String title, Kind kind, String text) {
    /** How it went. */
    enum Kind {
        OK,
        /** It is otherwise than the RFC has it. */
        FAIL,
        /** The RFC leaves it open, and this is how the server has it. */
        HABIT,
        NOT_RUN;

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }
}
