package org.pop2.app;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pop2.app.bench.BenchCommand;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Misuse;
import org.pop2.app.cli.SubCommands;
import org.pop2.app.cli.Terminal;
import org.pop2.app.collect.CollectCommand;
import org.pop2.app.conform.ConformCommand;
import org.pop2.app.deliver.DeliverCommand;
import org.pop2.app.fetch.FetchCommand;
import org.pop2.app.help.Words;
import org.pop2.app.init.InitCommand;
import org.pop2.app.mailbox.MailboxCommand;
import org.pop2.app.operate.ConfigCommand;
import org.pop2.app.operate.DoctorCommand;
import org.pop2.app.operate.HealthCommand;
import org.pop2.app.operate.KickCommand;
import org.pop2.app.operate.MigrateCommand;
import org.pop2.app.operate.ReloadCommand;
import org.pop2.app.operate.TranscriptCommand;
import org.pop2.app.operate.WhoCommand;
import org.pop2.app.serve.CacheCommand;
import org.pop2.app.serve.DemoCommand;
import org.pop2.app.serve.ServeCommand;
import org.pop2.app.user.UserCommand;
import org.pop2.storage.StoreException;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** The command line: sub-commands, help, and exit codes. */
@Command(
        name = "pop2d",
        description = {"A server for the Post Office Protocol, version 2 (RFC 937).", ""},
        footer = {
            "",
            "Every command tells more with --help. The manual is in doc/, and in man 8 pop2d,",
            "man 5 pop2d.conf and man 7 pop2.",
            "",
            "Example:",
            "  pop2d demo"
        })
public final class Pop2d implements Callable<Integer> {
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

    @Option(
            names = {"-V", "--version"},
            description = "Print the version, as pop2d version does, and exit.")
    private boolean version;

    private final Terminal terminal;

    private Pop2d(Terminal terminal) {
        this.terminal = terminal;
    }

    /** All commands. */
    static CommandLine commandLine(Terminal terminal) {
        return commandLine(terminal, commands(terminal).values());
    }

    /**
     * The command that these arguments begin with, or all. Reading the annotations of all commands takes longer than
     * running many a one.
     */
    static CommandLine commandLine(Terminal terminal, String... args) {
        Map<String, Supplier<Object>> commands = commands(terminal);
        Supplier<Object> named = args.length == 0 ? null : commands.get(args[0]);
        return commandLine(terminal, named == null ? commands.values() : List.of(named));
    }

    /** Factories of the commands by name, in the order of the help. */
    static Map<String, Supplier<Object>> commands(Terminal terminal) {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("serve", () -> new ServeCommand(terminal));
        commands.put("demo", () -> new DemoCommand(terminal));
        commands.put("init", () -> new InitCommand(terminal));
        commands.put("user", () -> UserCommand.with(terminal));
        commands.put("deliver", () -> new DeliverCommand(terminal));
        commands.put("mailbox", () -> MailboxCommand.with(terminal));
        commands.put("fetch", () -> new FetchCommand(terminal));
        commands.put("collect", () -> CollectCommand.with(terminal));
        commands.put("migrate", () -> new MigrateCommand(terminal));
        commands.put("bench", () -> new BenchCommand(terminal));
        commands.put("conform", () -> new ConformCommand(terminal));
        commands.put("config", () -> ConfigCommand.with(terminal));
        commands.put("doctor", () -> new DoctorCommand(terminal));
        commands.put("health", () -> new HealthCommand(terminal));
        commands.put("who", () -> new WhoCommand(terminal));
        commands.put("transcript", () -> new TranscriptCommand(terminal));
        commands.put("kick", () -> new KickCommand(terminal));
        commands.put("reload", () -> new ReloadCommand(terminal));
        commands.put("cache", () -> new CacheCommand(terminal));
        commands.put("completion", () -> new CompletionCommand(terminal));
        commands.put("version", () -> new VersionCommand(terminal));
        return commands;
    }

    private static CommandLine commandLine(Terminal terminal, Collection<Supplier<Object>> commands) {
        CommandLine all = new CommandLine(new Pop2d(terminal));
        commands.forEach(command -> all.addSubcommand(command.get()));
        summarize(all);
        return all.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, args) -> misused(terminal, e))
                .setExecutionExceptionHandler((e, commandLine, parsed) -> failed(terminal, e));
    }

    /** Makes the first sentence of each command its header, which picocli shows in lists. */
    private static void summarize(CommandLine commands) {
        for (CommandLine each : commands.getSubcommands().values()) {
            UsageMessageSpec message = each.getCommandSpec().usageMessage();
            message.header(Words.summary(each.getCommandSpec()).replace("%", "%%") + ".");
            // its own help begins with all of it
            message.sectionKeys(message.sectionKeys().stream()
                    .filter(key -> !key.equals(UsageMessageSpec.SECTION_KEY_HEADER))
                    .toList());
            summarize(each);
        }
    }

    @Override
    public Integer call() {
        if (version) {
            return new VersionCommand(terminal).call();
        }
        throw SubCommands.missing(spec);
    }

    /** {@code pop2d help user add} is {@code pop2d user add --help}. */
    static String[] understood(String... args) {
        if (args.length == 0 || !args[0].equals("help")) {
            return args;
        }
        List<String> asked = new ArrayList<>(List.of(args).subList(1, args.length));
        asked.removeAll(List.of("-h", "--help"));
        asked.add("--help");
        return asked.toArray(String[]::new);
    }

    /** The error for {@code pop2d help NAME} of an unknown command, for which picocli would show other help. */
    static Optional<String> misnamed(Terminal terminal, String... args) {
        if (args.length == 0 || !args[0].equals("help")) {
            return Optional.empty();
        }
        CommandLine command = commandLine(terminal);
        for (String name : List.of(args).subList(1, args.length)) {
            CommandLine below = command.getSubcommands().get(name);
            if (below == null && !name.startsWith("-")) {
                return Optional.of(Misuse.noCommand(command, name));
            }
            command = below == null ? command : below;
        }
        return Optional.empty();
    }

    private static int misused(Terminal terminal, ParameterException e) {
        if (e instanceof SubCommands.NoCommandException) {
            terminal.warn(String.valueOf(e.getMessage()));
            e.getCommandLine().usage(e.getCommandLine().getErr());
        } else {
            terminal.warn(Misuse.said(e));
        }
        return ExitCode.USAGE;
    }

    /** Reports what went wrong, and returns the exit code for it. */
    static int failed(Terminal terminal, Exception e) {
        CommandFailedException failure = null;
        if (e instanceof CommandFailedException known) {
            failure = known;
        } else if (e instanceof StoreException known) {
            failure = CommandFailedException.of(known);
        }
        if (failure != null) {
            String.valueOf(failure.getMessage()).lines().forEach(terminal::warn);
            LoggerFactory.getLogger(Pop2d.class).atDebug().setCause(failure).log("command-failed");
            return failure.exitCode();
        }
        terminal.warn("internal error: " + e);
        LoggerFactory.getLogger(Pop2d.class).atError().setCause(e).log("internal-error");
        return ExitCode.SOFTWARE;
    }
}
