package org.pop2.app;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.ServiceConfigurationError;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.storage.StoreException;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** The command line: sub-commands, help, and exit codes. */
@Command(
        name = "pop2d",
        description = {"A server for the Post Office Protocol, version 2 (RFC 937).", ""},
        footer = {
            "",
            "Every command tells more with --help. To look around: pop2d demo",
            "The manual is in doc/, and in man 8 pop2d and man 5 pop2d.conf."
        })
final class Pop2d implements Callable<Integer> {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    // picocli acts on it
    @SuppressWarnings("unused")
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help and exit.")
    private boolean help;

    private Pop2d() {}

    /**
     * Runs one command. Blocks until it is done; for a server, until it has stopped.
     *
     * @return the exit code
     */
    static int run(Terminal terminal, String... args) {
        try {
            return commandLine(terminal).execute(args);
        } catch (ServiceConfigurationError | LinkageError e) {
            // something is missing in lib/, or does not fit; for Java it would be 1, which says nothing to a mail
            // system
            terminal.warn("the installation is broken: " + e);
            return args.length > 0 && args[0].equals("deliver") ? ExitCode.TRY_LATER : ExitCode.UNAVAILABLE;
        }
    }

    static CommandLine commandLine(Terminal terminal) {
        return new CommandLine(new Pop2d())
                .addSubcommand(new ServeCommand(terminal))
                .addSubcommand(new DemoCommand(terminal))
                .addSubcommand(UserCommand.with(terminal))
                .addSubcommand(new DeliverCommand(terminal))
                .addSubcommand(MailboxCommand.with(terminal))
                .addSubcommand(new FetchCommand(terminal))
                .addSubcommand(new MigrateCommand(terminal))
                .addSubcommand(new BenchCommand(terminal))
                .addSubcommand(ConfigCommand.with(terminal))
                .addSubcommand(new DoctorCommand(terminal))
                .addSubcommand(new WhoCommand(terminal))
                .addSubcommand(new KickCommand(terminal))
                .addSubcommand(new ReloadCommand(terminal))
                .addSubcommand(new VersionCommand(terminal))
                .setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, args) -> misused(terminal, e))
                .setExecutionExceptionHandler((e, commandLine, parsed) -> failed(terminal, e));
    }

    @Override
    public Integer call() {
        throw commandMissing(spec);
    }

    static ParameterException commandMissing(@Nullable CommandSpec spec) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), "which command?");
    }

    private static int misused(Terminal terminal, ParameterException e) {
        terminal.warn(String.valueOf(e.getMessage()));
        CommandLine.UnmatchedArgumentException.printSuggestions(
                e, e.getCommandLine().getErr());
        e.getCommandLine().usage(e.getCommandLine().getErr());
        return ExitCode.USAGE;
    }

    private static int failed(Terminal terminal, Exception e) {
        CommandFailedException failure = null;
        if (e instanceof CommandFailedException known) {
            failure = known;
        } else if (e instanceof StoreException known) {
            failure = CommandFailedException.of(known);
        }
        if (failure != null) {
            String.valueOf(failure.getMessage()).lines().forEach(terminal::warn);
            LoggerFactory.getLogger(Pop2d.class).debug("failed", failure);
            return failure.exitCode();
        }
        terminal.warn("internal error: " + e);
        LoggerFactory.getLogger(Pop2d.class).error("internal error", e);
        return ExitCode.SOFTWARE;
    }
}
