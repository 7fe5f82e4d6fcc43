package org.pop2.app.conform;

import java.io.IOException;

/**
 * Something that is looked at.
 *
 * @param page of RFC 937
 * @param title what the RFC has, in a few words
 * @param messages that the mailbox has to have
 * @param deletes whether messages are deleted by it
 */
record Check(int page, String title, int messages, boolean deletes, Body body) {

    /** What is done. */
    interface Body {
        /**
         * Looks at the server.
         *
         * @return how the server has it, where the RFC leaves that open; empty: as the RFC has it
         * @throws Unexpected if it is otherwise
         */
        String look(Subject subject) throws IOException;
    }

    static Check of(int page, String title, int messages, Body body) {
        return new Check(page, title, messages, false, body);
    }

    static Check deleting(int page, String title, int messages, Body body) {
        return new Check(page, title, messages, true, body);
    }

    /** @param there messages that the mailbox has */
    Result run(Subject subject, long there, boolean mayDelete) throws IOException {
        if (deletes && !mayDelete) {
            return new Result(page, title, Result.Kind.NOT_RUN, "deletes mail: say --delete");
        }
        if (there < messages) {
            return new Result(
                    page,
                    title,
                    Result.Kind.NOT_RUN,
                    "the mailbox has " + there + " messages, and " + messages + " are needed");
        }
        try {
            String habit = body.look(subject);
            return new Result(page, title, habit.isEmpty() ? Result.Kind.OK : Result.Kind.HABIT, habit);
        } catch (Unexpected e) {
            return new Result(page, title, Result.Kind.FAIL, "got " + e.getMessage());
        }
    }
}
