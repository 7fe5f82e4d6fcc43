package org.pop2.app.campaign;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program that appends a message to a mailbox, with locks of its own. */
interface DeliveryProgram {
    int EX_TEMPFAIL = 75;

    /** What it said of a message. */
    enum Outcome {
        TAKEN,
        /** Not delivered, to be tried again: the mailbox was locked. */
        LATER
    }

    Outcome deliver(Letter letter, String user) throws IOException, InterruptedException;

    /** A program's command line, without the user who runs it. */
    interface Command {
        List<String> of(String user);
    }

    /** How a program is given a message. */
    interface Form {
        String of(Letter letter);
    }

    /** A program that is started for each message, by the user himself. */
    static DeliveryProgram ofUser(Command command, Form form, Path log) {
        return started(
                user -> {
                    List<String> words = new ArrayList<>(MailUsers.runAs(user));
                    words.addAll(command.of(user));
                    return words;
                },
                form,
                log);
    }

    /** A program that is started for each message. */
    static DeliveryProgram started(Command command, Form form, Path log) {
        return (letter, user) -> {
            int exitCode = Tool.feed(command.of(user), form.of(letter), log);
            if (exitCode != 0 && exitCode != EX_TEMPFAIL) {
                throw new IOException(command.of(user) + " ended with " + exitCode + "; see " + log);
            }
            return exitCode == 0 ? Outcome.TAKEN : Outcome.LATER;
        };
    }
}
