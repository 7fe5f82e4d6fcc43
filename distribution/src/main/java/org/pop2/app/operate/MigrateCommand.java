package org.pop2.app.operate;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.storage.VersionedSchema;
import org.reactivestreams.Publisher;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.publisher.Flux;

/** {@code pop2d migrate}. */
@Command(
        name = "migrate",
        description = {
            "Brings the schema of the storage up to date. The server does so when it starts, unless "
                    + "storage.postgresql.migrate is false. Run it before a new version, with the rights of the "
                    + "schema's owner; servers may keep running. Concurrent runs wait for each other.",
            "",
            "Prints a line for each version applied. A storage without a schema has nothing to migrate.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 the schema is up to date; 1 with --check: some version is pending; 69 the "
                    + "storage cannot be"
                    + " used, or a version could not be applied, and the schema is at the last one that was.",
            "",
            "Example:",
            "  pop2d migrate --check || pop2d migrate",
            "",
            "Example, before the first mail comes to a cluster (doc/scaling.md):",
            "  pop2d migrate --distribute citus"
        })
public final class MigrateCommand implements Callable<Integer> {
    private static final int PENDING = 1;

    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @ArgGroup
    private final Instead instead = new Instead();

    /** One of these, or neither. */
    private static final class Instead {
        @Option(names = "--check", description = "Only print what is pending; change nothing.")
        private boolean check;

        @Nullable
        @Option(
                names = "--distribute",
                paramLabel = "ENGINE",
                description = "Then spread the tables, and what is in them, over the machines of a cluster, once:"
                        + " \"citus\". Stop the servers before.")
        private String engine;
    }

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
        boolean check = instead.check;
        String engine = instead.engine;
        if (engine != null && !schema.get().engines().contains(engine)) {
            throw new CommandFailedException(
                    ExitCode.USAGE,
                    "--distribute: " + engine + " is none of "
                            + String.join(", ", schema.get().engines()));
        }
        List<String> versions = all(
                check ? schema.get().pending(storage.settings()) : schema.get().migrate(storage.settings()));
        for (String version : versions) {
            terminal.say((check ? "pending: " : "applied: ") + version);
        }
        if (versions.isEmpty()) {
            terminal.say("the schema is up to date");
        }
        if (engine != null) {
            List<String> tables = all(schema.get().distribute(storage.settings(), engine));
            for (String table : tables) {
                terminal.say("distributed: " + table);
            }
            if (tables.isEmpty()) {
                terminal.say("the tables are distributed already");
            }
        }
        return check && !versions.isEmpty() ? PENDING : ExitCode.OK;
    }

    /** Without a limit: a migration takes as long as its tables are large. */
    private static List<String> all(Publisher<String> steps) {
        return Objects.requireNonNull(Flux.from(steps).collectList().block());
    }
}
