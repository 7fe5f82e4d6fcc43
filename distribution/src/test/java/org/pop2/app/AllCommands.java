package org.pop2.app;

import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;
import org.pop2.app.cli.Terminal;
import picocli.CommandLine;

/** The commands, for tests that look at them and run none. */
public final class AllCommands {
    public static CommandLine commandLine() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        return Pop2d.commandLine(
                new Terminal(new ByteArrayInputStream(new byte[0]), nowhere, nowhere, Map.of(), Optional.empty()));
    }

    private AllCommands() {}
}
