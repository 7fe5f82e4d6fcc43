package org.pop2.app.cli;

import java.io.Serial;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What a command says that only has others below it. */
public final class SubCommands {
    private SubCommands() {}

    /** It was called by itself: its help is the answer. */
    public static final class NoCommandException extends ParameterException {
        @Serial
        private static final long serialVersionUID = 1L;

        NoCommandException(CommandLine commandLine) {
            super(commandLine, "which command?");
        }
    }

    /** For one that was called by itself. */
    public static ParameterException missing(@Nullable CommandSpec spec) {
        return new NoCommandException(Objects.requireNonNull(spec).commandLine());
    }
}
