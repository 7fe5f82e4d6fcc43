package org.pop2.app.cli;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What a command says that only has others below it. */
public final class SubCommands {
    private SubCommands() {}

    /** For one that was called by itself. */
    public static ParameterException missing(@Nullable CommandSpec spec) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), "which command?");
    }
}
