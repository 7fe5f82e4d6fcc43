package org.pop2.app.operate;

import com.typesafe.config.Config;
import java.util.concurrent.Callable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.JsonOption;
import org.pop2.app.cli.Table;
import org.pop2.app.cli.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pop2d who}: the sessions of the running server. */
@Command(
        name = "who",
        description = {
            "Lists the sessions of the running server: number, user, address, state, mailbox, message, octets sent, and"
                    + " seconds of age and of silence, with tabs between, or in columns for a person; - where there is none. At"
                    + " most 1000, the oldest first. Needs management.port and management.token-file.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0; 69 the server does not answer; 78 the configuration has no management, or another token.",
            "",
            "Example:",
            "  pop2d who --json"
        })
public final class WhoCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Mixin
    private final JsonOption json = new JsonOption();

    public WhoCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        Operator.Said said = Operator.of(config.read(terminal)).ask("GET", "/sessions");
        if (said.status() != 200) {
            throw Operator.unexpected(said);
        }
        try (Table table = new Table(
                terminal,
                json.isGiven(),
                "id",
                "user",
                "address",
                "state",
                "folder",
                "message",
                "octets",
                "age_seconds",
                "idle_seconds")) {
            for (Config session : said.body().getConfigList("sessions")) {
                boolean open = session.hasPath("folder");
                table.row(
                        session.getLong("id"),
                        session.hasPath("user") ? session.getString("user") : null,
                        session.getString("address"),
                        session.getString("state"),
                        // a client names it as it likes, and may mean this terminal
                        open ? printable(session.getString("folder")) : null,
                        open ? session.getString("message") + "/" + session.getString("messages") : null,
                        session.getLong("octets"),
                        session.getLong("age_seconds"),
                        session.getLong("idle_seconds"));
            }
        }
        return ExitCode.OK;
    }

    static String printable(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints()
                .forEach(c -> out.appendCodePoint(Character.isLetterOrDigit(c) || (c > ' ' && c < 0x7f) ? c : '?'));
        return out.isEmpty() ? "?" : out.toString();
    }
}
