package org.pop2.app.cli;

import java.io.Console;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;

/**
 * What a command talks to.
 *
 * @param in standard input
 * @param out standard output, for results
 * @param err standard error, for messages
 * @param environment variables
 * @param passwordPrompt asks a person, where there is one
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
        /** What was typed; empty if the input ended. The caller wipes it. */
        char[] ask(String prompt);
    }

    /** The one of this process. The launcher sets jdk.console, so that no console means no terminal on every JDK. */
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

    /** Whether a person sits there, in front of both input and output. */
    public boolean isPerson() {
        return passwordPrompt.isPresent();
    }

    /** A line for programs and people to read, on its way when this returns. */
    public void say(String line) {
        out.print(line + "\n");
        out.flush();
    }

    /** A line about what went wrong or matters. */
    public void warn(String line) {
        err.print("pop2d: " + line + "\n");
        err.flush();
    }
}
