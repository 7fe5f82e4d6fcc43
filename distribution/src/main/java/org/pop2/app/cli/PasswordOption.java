package org.pop2.app.cli;

import picocli.CommandLine.Option;

/** The option {@code --password-stdin}. */
public final class PasswordOption {
    @Option(
            names = "--password-stdin",
            description = "Take the first line of standard input for the password, instead of asking for it.")
    private boolean fromInput;

    public boolean fromInput() {
        return fromInput;
    }
}
