package org.pop2.app.operate;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.storage.VersionedSchema;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.publisher.Flux;

/** {@code pop2d migrate}. */
@Command(
        name = "migrate",
        description = {
            "Brings the schema of the storage up to date: what the server does when it starts, unless"
                    + " storage.postgresql.migrate is false. Run it before a new version, with the rights of the schema's"
                    + " owner; servers may go on meanwhile. Several at once wait for each other.",
            "",
            "Prints a line for each version applied. A storage without a schema has nothing to migrate.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 the schema is up to date; 1 with --check: some version is pending; 69 the storage cannot be"
                    + " used, or a version could not be applied, and the schema is at the last one that was.",
            "",
            "Example:",
            "  pop2d migrate --check || pop2d migrate"
        })
public final class MigrateCommand implements Callable<Integer> {
    private static final int PENDING = 1;

    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Option(names = "--check", description = "Only print what is pending; change nothing.")
    private boolean check;

    public MigrateCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        Configuration.Storage storage = config.read(terminal).storage();
        Optional<VersionedSchema> schema = storage.provider().schema();
        if (schema.isEmpty()) {
            terminal.say("storage of type " + storage.provider().name() + " has no schema: nothing to migrate");
            return ExitCode.OK;
        }
        // without a limit: a migration takes as long as its tables are large
        List<String> versions = Objects.requireNonNull(Flux.from(
                        check
                                ? schema.get().pending(storage.settings())
                                : schema.get().migrate(storage.settings()))
                .collectList()
                .block());
        for (String version : versions) {
            terminal.say((check ? "pending: " : "applied: ") + version);
        }
        if (versions.isEmpty()) {
            terminal.say("the schema is up to date");
        }
        return check && !versions.isEmpty() ? PENDING : ExitCode.OK;
    }
}
