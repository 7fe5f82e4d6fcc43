package org.pop2.app.operate;

import java.util.List;
import java.util.concurrent.Callable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code pop2d kick}: ends sessions of the running server. */
@Command(
        name = "kick",
        description = {
            "Ends sessions of the running server. Their clients get an error line, unless they are in the middle of a"
                    + " message. What they marked with ACKD since the last FOLD is kept, unless session.on-disconnect"
                    + " or that of their profile is apply; a deletion under way comes to its end. Needs management.port and"
                    + " management.token-file.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0; 66 some session is not there any more; 69 the server does not answer; 78 the configuration"
                    + " has no management, or another token.",
            "",
            "Example:",
            "  pop2d kick 17"
        })
public final class KickCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Parameters(paramLabel = "SESSION", arity = "1..*", description = "The number that pop2d who shows.")
    private List<Long> sessions = List.of();

    public KickCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        Operator operator = Operator.of(config.read(terminal));
        int exitCode = ExitCode.OK;
        for (long session : sessions) {
            if (session < 0) {
                throw new CommandFailedException(ExitCode.USAGE, "no session has a negative number");
            }
            Operator.Said said = operator.ask("DELETE", "/sessions/" + session);
            if (said.status() == 404) {
                terminal.warn("there is no session " + session);
                exitCode = ExitCode.NO_INPUT;
            } else if (said.status() != 200) {
                throw Operator.unexpected(said);
            } else {
                terminal.say("ended session " + session);
            }
        }
        return exitCode;
    }
}
