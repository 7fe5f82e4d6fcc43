package org.pop2.app.user;

import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.Names;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.storage.UserName;
import picocli.CommandLine.Mixin;

/** The parameter {@code NAME} and the option {@code --config}: which account a command is about. */
final class OneAccount {
    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Mixin
    private final Names.UserParameter name = new Names.UserParameter();

    UserName user() throws CommandFailedException {
        return name.ofUser();
    }

    /** A name that an account can be given. */
    UserName newUser() throws CommandFailedException {
        return name.ofNewUser();
    }

    Configuration configuration(Terminal terminal) throws CommandFailedException {
        return config.read(terminal);
    }
}
