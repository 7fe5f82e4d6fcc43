package org.pop2.app.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Asks questions on standard output, and reads each answer from a line of standard input. */
public final class Questions {
    private final Terminal terminal;
    private final BufferedReader answers;

    public Questions(Terminal terminal) {
        this.terminal = terminal;
        this.answers = new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
    }

    /**
     * Asks. Blocks.
     *
     * @param usual the meaning of an empty answer; empty if an answer is required
     * @throws CommandFailedException if there is no answer
     */
    public String ask(String question, String usual) throws CommandFailedException {
        String answer = line(question, usual);
        if (answer.isEmpty() && usual.isEmpty()) {
            throw none();
        }
        return answer.isEmpty() ? usual : answer;
    }

    /**
     * Asks a question whose answer is optional. Blocks.
     *
     * @throws CommandFailedException if the input ended
     */
    public String askOptional(String question) throws CommandFailedException {
        return line(question, "none");
    }

    private String line(String question, String usual) throws CommandFailedException {
        terminal.say(question + (usual.isEmpty() ? "" : " [" + usual + "]") + ":");
        try {
            String line = answers.readLine();
            if (line == null) {
                throw none();
            }
            return line.strip();
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.IO, "standard input: " + e.getMessage(), e);
        }
    }

    private static CommandFailedException none() {
        return new CommandFailedException(ExitCode.USAGE, "no answer, and nothing was done");
    }
}
