package org.pop2.app.operate;

import com.typesafe.config.Config;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pop2d transcript}: what is said in a session of the running server. */
@Command(
        name = "transcript",
        description = {
            "Shows what is said in a session of the running server, from now on and until it ends: time, who (C the"
                    + " client, S the server, - what happened), and the line. Passwords are masked, and of messages"
                    + " only the length is shown. The server writes down a session from the first time that somebody"
                    + " asks, 16 at a time, and forgets it 2 minutes after the last. Needs management.port and"
                    + " management.token-file.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0; 66 there is no such session; 69 the server does not answer, or as many sessions as may be are"
                    + " watched; 78 the configuration has no management, or another token.",
            "",
            "Example:",
            "  pop2d transcript 17"
        })
public final class TranscriptCommand implements Callable<Integer> {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);

    private final Terminal terminal;
    private long shown;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Option(names = "--once", description = "What is known now, without waiting for more.")
    private boolean once;

    @Parameters(paramLabel = "SESSION", description = "The number that pop2d who shows.")
    private long session;

    public TranscriptCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException, InterruptedException {
        if (session < 0) {
            throw new CommandFailedException(ExitCode.USAGE, "no session has a negative number");
        }
        Operator operator = Operator.of(config.read(terminal));
        for (boolean first = true; ; first = false) {
            Operator.Said said = operator.ask("GET", "/sessions/" + session + "/transcript");
            if (said.status() == 404 && first) {
                throw new CommandFailedException(ExitCode.NO_INPUT, "there is no session " + session);
            }
            if (said.status() != 200) {
                throw Operator.unexpected(said);
            }
            if (first && said.body().hasPath("file")) {
                terminal.warn("all of it is in " + said.body().getString("file"));
            }
            said.body().getConfigList("lines").forEach(this::show);
            if (once || said.body().getBoolean("ended")) {
                return ExitCode.OK;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
        }
    }

    private void show(Config line) {
        long number = line.getLong("number");
        if (number <= shown) {
            return;
        }
        if (number > shown + 1 && shown > 0) {
            terminal.say("(" + (number - shown - 1) + " lines are missing)");
        }
        shown = number;
        String who = switch (line.getString("who")) {
            case "client" -> "C";
            case "server" -> "S";
            default -> "-";
        };
        terminal.say(TIME.format(Instant.parse(line.getString("at")).atZone(ZoneId.systemDefault())) + " " + who + " "
                + line.getString("text"));
    }
}
