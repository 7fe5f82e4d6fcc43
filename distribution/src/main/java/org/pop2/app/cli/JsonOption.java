package org.pop2.app.cli;

import picocli.CommandLine.Option;

/** The option {@code --json} of commands that list something. */
public final class JsonOption {
    @Option(names = "--json", description = "Write JSON: an array with an object for each line.")
    private boolean json;

    public boolean isGiven() {
        return json;
    }
}
