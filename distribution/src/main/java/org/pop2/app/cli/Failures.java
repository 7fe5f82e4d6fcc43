package org.pop2.app.cli;

import java.util.List;
import org.pop2.storage.StoreException;

/**
 * Collects failures of a command that goes on with the next mailbox: reports each at once, and determines the exit
 * code.
 */
public final class Failures {
    /** The gravest first. */
    private static final List<Integer> GRAVITY =
            List.of(ExitCode.DATA, ExitCode.UNAVAILABLE, ExitCode.CANNOT_CREATE, ExitCode.NO_USER, ExitCode.TRY_LATER);

    private final Terminal terminal;
    private int gravest = GRAVITY.size();

    public Failures(Terminal terminal) {
        this.terminal = terminal;
    }

    public void add(String what, StoreException e) {
        String message = String.valueOf(e.getMessage());
        terminal.warn(message.startsWith(what) ? message : what + ": " + message);
        gravest = Math.min(gravest, GRAVITY.indexOf(CommandFailedException.of(e).exitCode()));
    }

    public int exitCode() {
        return gravest == GRAVITY.size() ? ExitCode.OK : GRAVITY.get(gravest);
    }
}
