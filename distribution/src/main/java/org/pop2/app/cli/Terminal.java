package org.pop2.app.cli;

import java.io.Console;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;

/**
 * The streams and the environment of a command.
 *
 * @param in standard input
 * @param out standard output, for results
 * @param err standard error, for messages
 * @param environment variables
 * @param passwordPrompt asks a person for a password
 */
public record Terminal(
        InputStream in,
        PrintStream out,
        PrintStream err,
        Map<String, String> environment,
        Optional<PasswordPrompt> passwordPrompt) {

    /** Asks for a password without showing it. */
    @FunctionalInterface
    public interface PasswordPrompt {
        /** The answer; empty if the input ended. The caller wipes it. */
        char[] ask(String prompt);
    }

    /**
     * The terminal of this process. The launcher sets jdk.console, so that on every JDK no console means no terminal.
     */
    @SuppressWarnings("SystemConsoleNull")
    public static Terminal ofProcess() {
        Console console = System.console();
        Optional<PasswordPrompt> prompt = Optional.empty();
        if (console != null) {
            prompt = Optional.of(text -> {
                char[] typed = console.readPassword("%s", text);
                return typed == null ? new char[0] : typed;
            });
        }
        return new Terminal(System.in, System.out, System.err, System.getenv(), prompt);
    }

    /** Whether both input and output are a terminal. */
    public boolean isPerson() {
        return passwordPrompt.isPresent();
    }

    /** Prints a line to standard output and flushes it. */
    public void say(String line) {
        out.print(line + "\n");
        out.flush();
    }

    /** Prints a line to standard error. */
    public void warn(String line) {
        err.print("pop2d: " + line + "\n");
        err.flush();
    }
}
