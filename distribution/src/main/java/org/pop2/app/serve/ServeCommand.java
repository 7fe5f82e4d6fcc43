package org.pop2.app.serve;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.Terminal;
import org.pop2.app.cli.Trust;
import org.pop2.app.config.Configuration;
import org.pop2.app.logging.Logging;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.publisher.Mono;

/** {@code pop2d serve}: the server. */
@Command(
        name = "serve",
        description = {
            "Serves mail until SIGTERM or SIGINT; then running transfers and deletions may finish within"
                    + " server.stop-timeout, and the exit code is 0.",
            "",
            "Prints \"listening on ADDRESS:PORT\" to standard output when it accepts connections, a line for each"
                    + " listener, before it \"taking mail on ADDRESS (LMTP)\" if lmtp.address is set, and "
                    + "\"management on URL\" if"
                    + " management.port is; logs to standard error.",
            "",
            "SIGHUP reads the configuration again, as pop2d reload does.",
            ""
        },
        footer = {"", "Example:", "  pop2d serve --config conf/pop2d.conf"})
public final class ServeCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Option(
            names = "--trace",
            paramLabel = "DIR",
            description = "Record every session in a file in this directory, without passwords, but with mail. "
                    + "The keys trace.* do so for chosen users or addresses.")
    private @Nullable Path trace;

    public ServeCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * The command of {@code serve} or {@code serve --config FILE}, as service managers start it, made without picocli:
     * that takes a quarter of a second to get to know itself, a third of the time until the first greeting.
     */
    public static Optional<ServeCommand> plain(Terminal terminal, String... args) {
        if (args.length == 0 || !args[0].equals("serve")) {
            return Optional.empty();
        }
        ServeCommand command = new ServeCommand(terminal);
        if (args.length == 3 && args[1].equals("--config") && !args[2].startsWith("-")) {
            command.config.use(Path.of(args[2]));
        }
        return args.length == 1 || command.config.isGiven() ? Optional.of(command) : Optional.empty();
    }

    private Configuration read() throws CommandFailedException {
        Configuration configuration = config.read(terminal);
        return trace == null ? configuration : configuration.withTrace(trace.toAbsolutePath());
    }

    @Override
    public Integer call() throws CommandFailedException {
        Configuration configuration = read();
        Logging.follow(configuration.log());
        Trust.doubt(configuration.obeyed())
                .ifPresent(doubt -> LOG.atWarn().addKeyValue("text", doubt).log("permissions-wide"));
        Serving serving = Serving.start(configuration, store -> Mono.empty(), this::read);
        return UntilSignal.run(terminal, serving, () -> {}, () -> {});
    }
}
