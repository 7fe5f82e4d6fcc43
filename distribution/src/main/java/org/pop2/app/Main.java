package org.pop2.app;

import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.concurrent.Callable;

/**
 * Where {@code bin/pop2d} begins. Knows nothing of picocli, which a server does not need in order to start, nor a mail
 * system for its mail.
 */
public final class Main {

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        // not by return: event loops may still run
        System.exit(run(Terminal.ofProcess(), args));
    }

    /**
     * Runs one command. Blocks until it is done; for a server, until it has stopped.
     *
     * @return the exit code
     */
    static int run(Terminal terminal, String... args) {
        try {
            Optional<? extends Callable<Integer>> plain = ServeCommand.plain(terminal, args);
            if (plain.isEmpty()) {
                plain = DeliverCommand.plain(terminal, args);
            }
            return plain.isPresent()
                    ? plain(terminal, plain.get())
                    : Pop2d.commandLine(terminal, args).execute(args);
        } catch (ServiceConfigurationError | LinkageError e) {
            // something is missing in lib/, or does not fit; for Java it would be 1, which says nothing to a mail
            // system
            terminal.warn("the installation is broken: " + e);
            return args.length > 0 && args[0].equals("deliver") ? ExitCode.TRY_LATER : ExitCode.UNAVAILABLE;
        }
    }

    private static int plain(Terminal terminal, Callable<Integer> command) {
        try {
            return command.call();
        } catch (Exception e) {
            return Pop2d.failed(terminal, e);
        }
    }

    private Main() {}
}
