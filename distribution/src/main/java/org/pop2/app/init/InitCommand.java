package org.pop2.app.init;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Names;
import org.pop2.app.cli.PasswordOption;
import org.pop2.app.cli.Questions;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.Terminal;
import org.pop2.app.cli.Trust;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.app.config.InvalidConfigurationException;
import org.pop2.app.user.UserCommand;
import org.pop2.server.ListenerSettings;
import org.pop2.storage.UserName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pop2d init}: makes an instance. */
@Command(
        name = "init",
        description = {
            "Makes an instance: its directories, its configuration, a token for operators, and the first "
                    + "user. On a terminal it asks for whatever no option says; otherwise, and with --yes, it uses "
                    + "the defaults. It prints what to do next, and never changes an existing configuration.",
            "",
            "Run by root in a directory of another user, such as the service's, it gives that user the "
                    + "files that must be its own.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0; 65 an answer is not right; 73 the directory cannot be written, or is "
                    + "configured already; 77"
                    + " it is another user's.",
            "",
            "Example:",
            "  pop2d init",
            "  pop2d init /srv/pop2 --listen 0.0.0.0:109 --clear-from 10.0.0.0/8 --yes",
            "  pop2d init --user postel --password-stdin < password"
        })
public final class InitCommand implements Callable<Integer> {
    private static final String HOME = "POP2D_HOME";
    private static final String COMMAND = "POP2D_COMMAND";
    private static final String MBOX = "mbox";
    private static final String POSTGRESQL = "postgresql";
    private static final String NO = "no";

    /** An address with a port; one of IPv6 has brackets then. */
    private static final Pattern ADDRESS = Pattern.compile("(\\[.*]|[^:]*):(.*)");

    private static final int FIRST_UNPRIVILEGED = 1024;

    private final Terminal terminal;

    @Parameters(
            paramLabel = "DIR",
            arity = "0..1",
            description = "The instance's directory; created if missing. Default: $POP2D_HOME, as for every command.")
    private @Nullable Path directory;

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS:PORT",
            description = "Where to listen. 0.0.0.0:109 is every IPv4 address of this machine. Default: 127.0.0.1:109.")
    private @Nullable String listen;

    @Option(
            names = "--clear-from",
            paramLabel = "NETWORK",
            split = ",",
            description = "Networks that may send passwords in clear, besides this machine itself.")
    private @Nullable List<String> clearFrom;

    @Option(
            names = "--storage",
            paramLabel = "TYPE",
            description = "Where the mail is: mbox, files in DIR/var; or postgresql. Default: mbox.")
    private @Nullable String storage;

    @Option(names = "--database", paramLabel = "URL", description = "The database: postgresql://HOST:PORT/NAME.")
    private @Nullable String database;

    @Option(names = "--database-user", paramLabel = "USER", description = "The database's user.")
    private @Nullable String databaseUser;

    @Option(
            names = "--database-password-file",
            paramLabel = "FILE",
            description = "File with the password of the database's user.")
    private @Nullable String databasePassword;

    @Option(
            names = "--management-port",
            paramLabel = "N",
            description = "Port on 127.0.0.1 for health, metrics, the status page, and commands such as pop2d who; no:"
                    + " none. Default: 8109.")
    private @Nullable String managementPort;

    @Option(names = "--user", paramLabel = "NAME", description = "The first user. The password is asked for.")
    private @Nullable String user;

    @Mixin
    private final PasswordOption password = new PasswordOption();

    @Option(
            names = {"-y", "--yes"},
            description = "Ask nothing: take the defaults of what no option says.")
    private boolean yes;

    public InitCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        Path where = where();
        if (terminal.isPerson() && !yes && !password.fromInput()) {
            ask(new Questions(terminal), where);
        }
        UserName first = user == null || user.isEmpty() ? null : Names.newUser(user);
        try {
            Instance instance = Instance.in(where, Trust.isRoot());
            Configuration made = write(instance);
            terminal.say("made " + instance.file());
            if (first != null) {
                add(instance, made, first);
            }
            next(instance, made, first);
            return ExitCode.OK;
        } catch (IOException e) {
            throw new CommandFailedException(
                    ExitCode.CANNOT_CREATE, where + " cannot be made an instance: " + Reasons.of(e), e);
        }
    }

    private Path where() throws CommandFailedException {
        String home = terminal.environment().getOrDefault(HOME, "");
        if (directory == null && home.isEmpty()) {
            throw new CommandFailedException(ExitCode.USAGE, "no DIR given, and POP2D_HOME is not set");
        }
        return (directory == null ? Path.of(home) : directory).toAbsolutePath().normalize();
    }

    // ---- what is wanted

    private void ask(Questions questions, Path where) throws CommandFailedException {
        terminal.say("An instance in " + where + ". An empty answer takes what is in brackets.");
        if (listen == null) {
            listen = questions.ask(
                    "Where to listen; 0.0.0.0:109 is every IPv4 address of this machine", "127.0.0.1:109");
        }
        if (clearFrom == null && !listen.startsWith("127.") && !listen.startsWith("localhost")) {
            String networks =
                    questions.askOptional("Networks that may send passwords in clear, such as 192.168.0.0/16");
            clearFrom = networks.isEmpty() ? List.of() : List.of(networks.split("[ ,]+"));
        }
        if (storage == null) {
            storage = questions.ask("Where the mail is: mbox (files), or postgresql", MBOX);
        }
        if (storage.equals(POSTGRESQL)) {
            database = database == null ? questions.ask("The database, postgresql://HOST:PORT/NAME", "") : database;
            databaseUser = databaseUser == null ? questions.ask("Its user", "pop2") : databaseUser;
            databasePassword =
                    databasePassword == null ? questions.ask("The file with its password", "") : databasePassword;
        }
        if (managementPort == null) {
            managementPort = questions.ask("Port on this machine for the status page and pop2d who, or no", "8109");
        }
        if (user == null) {
            user = questions.askOptional("The first user");
        }
    }

    private Map<String, List<String>> settings() throws CommandFailedException {
        Map<String, List<String>> settings = new LinkedHashMap<>();
        if (listen != null) {
            Matcher parts = ADDRESS.matcher(listen);
            boolean both = parts.matches();
            settings.put("listen.address", List.of(both ? parts.group(1).replaceAll("[\\[\\]]", "") : listen));
            if (both) {
                settings.put("listen.port", List.of(parts.group(2)));
            }
        }
        if (clearFrom != null && !clearFrom.isEmpty()) {
            settings.put("listen.allow-cleartext-from", clearFrom);
        }
        if (storage != null && !storage.equals(MBOX)) {
            settings.put("storage.type", List.of(storage));
        }
        put(settings, "storage.postgresql.url", database);
        put(settings, "storage.postgresql.user", databaseUser);
        put(settings, "storage.postgresql.password-file", databasePassword);
        if (managementPort == null || !managementPort.equals(NO)) {
            settings.put("management.port", List.of(managementPort == null ? "8109" : managementPort));
            settings.put("management.token-file", List.of("conf/management.token"));
        }
        return settings;
    }

    private static void put(Map<String, List<String>> settings, String key, @Nullable String value) {
        if (value != null) {
            settings.put(key, List.of(value));
        }
    }

    // ---- what is made

    private Configuration write(Instance instance) throws IOException, CommandFailedException {
        Map<String, List<String>> settings = settings();
        Path draft = instance.draft(Template.shipped().with(settings));
        try {
            if (settings.containsKey("management.token-file")) {
                instance.makeToken();
            }
            ConfigurationReader.read(draft, terminal.environment());
            instance.accept(draft);
            return ConfigurationReader.read(instance.file(), terminal.environment());
        } catch (InvalidConfigurationException e) {
            throw new CommandFailedException(
                    ExitCode.DATA,
                    String.valueOf(e.getMessage())
                            .replace(draft.toString(), instance.file().toString()),
                    e);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private void add(Instance instance, Configuration made, UserName first) throws IOException, CommandFailedException {
        if (!Trust.isRoot() || instance.isOwnedByRoot()) {
            UserCommand.add(terminal, made, first, password.fromInput());
            return;
        }
        // what root stores there, the service could not use: the launcher works as its user
        String launcher = terminal.environment().get(COMMAND);
        if (launcher == null) {
            throw new CommandFailedException(
                    ExitCode.NO_PERMISSION, "the first user is added by bin/pop2d user add " + first);
        }
        List<String> command = new ArrayList<>(List.of(launcher, "user", "add", first.toString()));
        if (password.fromInput()) {
            command.add("--password-stdin");
        }
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        builder.environment().put(HOME, instance.directory().toString());
        try {
            int exitCode = builder.start().waitFor();
            if (exitCode != ExitCode.OK) {
                throw new CommandFailedException(exitCode, "the user was not added; the rest is made");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException(ExitCode.TRY_LATER, "interrupted", e);
        }
    }

    // ---- what is next

    private void next(Instance instance, Configuration made, @Nullable UserName first) {
        ListenerSettings listener = made.listeners().get(0);
        int port = listener.address().getPort();
        String host = listener.address().getAddress().isAnyLocalAddress()
                ? "this machine"
                : listener.address().getAddress().getHostAddress();
        String home = terminal.environment().getOrDefault(HOME, "");
        String prefix = instance.directory().toString().equals(home) ? "" : "POP2D_HOME=" + instance.directory() + " ";
        terminal.say("");
        terminal.say("Next:");
        if (first == null) {
            terminal.say("  " + prefix + "pop2d user add NAME");
        }
        terminal.say("  " + prefix + "pop2d doctor");
        terminal.say("  " + prefix + "pop2d serve" + "      or start the service: doc/install.md");
        if (port > 0 && port < FIRST_UNPRIVILEGED) {
            terminal.say("  port " + port + " needs a privilege: doc/install.md, \"Port 109\"");
        }
        terminal.say("");
        terminal.say("In the old program: host " + host + ", port " + port + ", user "
                + (first == null ? "NAME" : first) + ", and the password.");
        terminal.say("By hand, nc " + (host.contains(" ") ? "HOST" : host) + " " + port
                + ": HELO NAME PASSWORD, READ, RETR, ACKS, QUIT.");
    }
}
