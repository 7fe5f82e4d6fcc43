package org.pop2.app;

import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.concurrent.Callable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Surroundings;
import org.pop2.app.cli.Terminal;
import org.pop2.app.deliver.DeliverCommand;
import org.pop2.app.serve.ServeCommand;

/**
 * Entry point of {@code bin/pop2d}. Does not load picocli for the server and for deliveries, which start faster without
 * it.
 */
public final class Main {

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        Terminal terminal = Terminal.ofProcess();
        int exitCode;
        try {
            Surroundings.require();
            exitCode = run(terminal, args);
        } catch (CommandFailedException e) {
            terminal.warn(String.valueOf(e.getMessage()));
            exitCode = isDelivery(args) ? ExitCode.TRY_LATER : e.exitCode();
        }
        // not by return: event loops may still run
        System.exit(exitCode);
    }

    /**
     * Runs one command. Blocks until it is done; for a server, until it has stopped.
     *
     * @return the exit code
     */
    public static int run(Terminal terminal, String... given) {
        String[] args = Pop2d.understood(given);
        Optional<String> misnamed = Pop2d.misnamed(terminal, given);
        if (misnamed.isPresent()) {
            terminal.warn(misnamed.get());
            return ExitCode.USAGE;
        }
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
            return isDelivery(args) ? ExitCode.TRY_LATER : ExitCode.UNAVAILABLE;
        }
    }

    /** Whether it is a delivery, for which any failure must keep the mail in the mail system's queue. */
    private static boolean isDelivery(String... args) {
        return args.length > 0 && args[0].equals("deliver");
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
