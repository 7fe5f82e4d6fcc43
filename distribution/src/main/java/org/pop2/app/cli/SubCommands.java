package org.pop2.app.cli;

import java.io.Serial;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** For commands that only group others. */
public final class SubCommands {
    private SubCommands() {}

    /** The command was called without a sub-command; its help is shown. */
    public static final class NoCommandException extends ParameterException {
        @Serial
        private static final long serialVersionUID = 1L;

        NoCommandException(CommandLine commandLine) {
            super(commandLine, "which command?");
        }
    }

    /** The exception for a call without a sub-command. */
    public static ParameterException missing(@Nullable CommandSpec spec) {
        return new NoCommandException(Objects.requireNonNull(spec).commandLine());
    }
}
