package org.pop2.app.operate;

import java.util.concurrent.Callable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pop2d reload}: has the running server read its configuration again. */
@Command(
        name = "reload",
        description = {
            "Has the running server read its configuration again, as SIGHUP does, and says what came of it. Effective"
                    + " for sessions that begin are server.name, limits.*, session.login-timeout, session.idle-timeout,"
                    + " session.stall-timeout, session.on-disconnect and profiles (listen.profile, profile.*, profiles.*);"
                    + " log.* is effective at once; certificates are read again if they"
                    + " have changed, and every password is hashed again at its next login. Keys that were changed and"
                    + " need a restart are named. If the configuration is wrong, nothing changes. Needs management.port"
                    + " and management.token-file.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0; 69 the server does not answer; 78 the configuration is wrong, or has no management.",
            "",
            "Example:",
            "  pop2d reload"
        })
public final class ReloadCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    public ReloadCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        Operator.Said said = Operator.of(config.read(terminal)).ask("POST", "/reload");
        if (said.status() != 200 && said.status() != 422) {
            throw Operator.unexpected(said);
        }
        said.body().getStringList("messages").forEach(terminal::warn);
        if (said.status() != 200) {
            return ExitCode.CONFIG;
        }
        terminal.say("the server has read its configuration again");
        return ExitCode.OK;
    }
}
