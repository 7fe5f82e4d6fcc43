package org.pop2.app.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.app.config.InvalidConfigurationException;
import picocli.CommandLine.Option;

/** The option {@code --config} of every command that works on an instance. */
public final class ConfigOption {
    private static final String HOME = "POP2D_HOME";

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The configuration file. Default: $POP2D_HOME/conf/pop2d.conf. If you do not set POP2D_HOME,"
                    + " it is the directory that bin/pop2d was unpacked in, if that has a var/; else /var/lib/pop2, if"
                    + " there is one.")
    private @Nullable Path file;

    /** Sets the option's value. */
    public void use(Path given) {
        file = given;
    }

    public boolean isGiven() {
        return file != null;
    }

    /** The configuration of the file and the environment. */
    public Configuration read(Terminal terminal) throws CommandFailedException {
        Configuration configuration = look(terminal);
        Trust.requireOfRoot(configuration.obeyed());
        return configuration;
    }

    /** The same, for commands that only inspect it. */
    public Configuration look(Terminal terminal) throws CommandFailedException {
        try {
            return ConfigurationReader.read(file(terminal), terminal.environment());
        } catch (InvalidConfigurationException e) {
            throw new CommandFailedException(ExitCode.CONFIG, String.valueOf(e.getMessage()), e);
        }
    }

    public Path file(Terminal terminal) throws CommandFailedException {
        if (file != null) {
            return file;
        }
        String home = terminal.environment().get(HOME);
        if (home == null || home.isEmpty()) {
            throw new CommandFailedException(ExitCode.USAGE, "no --config FILE given, and POP2D_HOME is not set");
        }
        return Path.of(home, "conf", "pop2d.conf");
    }
}
