package org.pop2.app;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Map;
import java.util.Optional;
import org.pop2.app.cli.Terminal;

/**
 * A command that was run in this process.
 *
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record CommandRun(int exitCode, String out, String err) {
    static CommandRun of(InputStream input, Charset charset, Map<String, String> environment, String... arguments) {
        return of(input, charset, environment, Optional.empty(), arguments);
    }

    /** @param prompt somebody who types passwords */
    static CommandRun of(
            InputStream input,
            Charset charset,
            Map<String, String> environment,
            Optional<Terminal.PasswordPrompt> prompt,
            String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Terminal terminal = new Terminal(
                input, new PrintStream(out, true, charset), new PrintStream(err, true, charset), environment, prompt);
        int exitCode = Main.run(terminal, arguments);
        return new CommandRun(exitCode, out.toString(charset), err.toString(charset));
    }
}
