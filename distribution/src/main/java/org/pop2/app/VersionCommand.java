package org.pop2.app;

import java.util.concurrent.Callable;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Terminal;
import org.pop2.app.cli.Version;
import picocli.CommandLine.Command;

/** {@code pop2d version}. */
@Command(
        name = "version",
        description = {"Prints the version of pop2d and of the Java it runs on.", ""},
        footer = {"", "Example:", "  pop2d version"})
public final class VersionCommand implements Callable<Integer> {
    private final Terminal terminal;

    VersionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        terminal.say("pop2d " + Version.current() + " (Java " + System.getProperty("java.version") + ", "
                + System.getProperty("os.name") + " " + System.getProperty("os.arch") + ")");
        return ExitCode.OK;
    }
}
