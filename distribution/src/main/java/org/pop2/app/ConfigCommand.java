package org.pop2.app;

import com.typesafe.config.ConfigUtil;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.Configuration;
import org.pop2.net.TlsException;
import org.pop2.net.TlsSettings;
import org.pop2.server.ListenerSettings;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pop2d config}: is it right, and what does it come to. */
@Command(
        name = "config",
        description = {"Checks and shows the configuration.", ""},
        footer = {"", "Example:", "  pop2d config check --config conf/pop2d.conf"})
final class ConfigCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    static CommandLine with(Terminal terminal) {
        return new CommandLine(new ConfigCommand())
                .addSubcommand(new Check(terminal))
                .addSubcommand(new Show(terminal));
    }

    @Override
    public Integer call() {
        throw Pop2d.commandMissing(spec);
    }

    @Command(
            name = "check",
            description = {
                "Reads the configuration file and the environment, and reports everything that is wrong, with line"
                        + " numbers. Exit code 0 or 78.",
                ""
            },
            footer = {"", "Example:", "  pop2d config check --config conf/pop2d.conf"})
    static final class Check implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        Check(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            for (ListenerSettings listener : config.look(terminal).listeners()) {
                if (listener.tls().isPresent()) {
                    check(listener.tls().get());
                }
            }
            terminal.say(config.file(terminal) + ": no problems");
            return ExitCode.OK;
        }

        private static void check(TlsSettings tls) throws CommandFailedException {
            try {
                tls.check();
            } catch (TlsException e) {
                throw new CommandFailedException(ExitCode.CONFIG, String.valueOf(e.getMessage()), e);
            }
        }
    }

    @Command(
            name = "show",
            description = {
                "Prints every key with the value in force and where it was set. Secrets are shown as ***. With --changed,"
                        + " only keys that were set.",
                ""
            },
            footer = {"", "Example:", "  pop2d config show | grep session"})
    static final class Show implements Callable<Integer> {
        private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._/-]+");

        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Option(names = "--changed", description = "Only keys that the file or the environment sets.")
        private boolean changed;

        Show(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            for (Configuration.Entry entry : config.look(terminal).entries()) {
                if (changed && entry.origin().isEmpty()) {
                    continue;
                }
                String value =
                        PLAIN.matcher(entry.value()).matches() ? entry.value() : ConfigUtil.quoteString(entry.value());
                terminal.say(
                        entry.key() + " = " + value + " # " + entry.origin().orElse("default"));
            }
            return ExitCode.OK;
        }
    }
}
