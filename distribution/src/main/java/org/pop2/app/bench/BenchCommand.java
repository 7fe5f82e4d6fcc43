package org.pop2.app.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.Candidates;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.NewPassword;
import org.pop2.app.cli.PasswordOption;
import org.pop2.app.cli.ProgressBar;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.Terminal;
import org.pop2.protocol.Secret;
import org.pop2.storage.StoreSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pop2d bench}: how fast a POP2 server is. */
@Command(
        name = "bench",
        description = {
            "Measures a POP2 server, any one, and checks what it sends meanwhile: counts, lengths, and "
                    + "that a message read"
                    + " twice is the same. It looks for answers before it sleeps, and takes what"
                    + " nobody else wants of a processor for that.",
            "",
            "Scenarios: churn (connect, log in, count, quit), fetch (every message, kept), big (one message again and"
                    + " again), delete (every message, deleted: once for each session), open (connect to count), idle"
                    + " (logged in, silent).",
            ""
        },
        footer = {
            "",
            "A session holds its mailbox: for more than one at a time give each its user, --user bench%%d for bench0,"
                    + " bench1 and so on. The password is that of all of them. Exit code 1: a session was answered"
                    + " wrongly, or not at all.",
            "",
            "Example:",
            "  printf 'secret' | pop2d bench --user postel --password-stdin --scenario fetch"
        })
public final class BenchCommand implements Callable<Integer> {
    private static final int WRONG = 1;

    private static final int CONNECT_MILLIS = 10_000;

    private final Terminal terminal;

    @Option(names = "--host", paramLabel = "HOST", description = "The server. Default: 127.0.0.1.")
    private String host = "127.0.0.1";

    @Option(names = "--port", paramLabel = "N", description = "Its port. Default: 109.")
    private int port = 109;

    @Option(
            names = "--user",
            required = true,
            paramLabel = "NAME",
            description = "The user to log in as; %%d is the number of the session, from 0.")
    private String user = "";

    @Mixin
    private final PasswordOption password = new PasswordOption();

    @Option(
            names = "--scenario",
            completionCandidates = Candidates.Scenarios.class,
            paramLabel = "NAME",
            description = "churn, fetch, big, delete, open or idle. Default: churn.")
    private Scenario scenario = Scenario.CHURN;

    @Option(names = "--concurrency", paramLabel = "N", description = "Sessions at a time. Default: 1.")
    private int concurrency = 1;

    @Option(
            names = "--pipeline",
            paramLabel = "N",
            description = "Messages asked for ahead of the answers. Default: 1, command by command.")
    private int pipeline = 1;

    @Option(names = "--message", paramLabel = "N", description = "The message that big reads. Default: 1.")
    private int message = 1;

    @Option(names = "--warm-up", paramLabel = "TIME", description = "Not counted. Default: 2s.")
    private String warmUp = "2s";

    @Option(names = "--duration", paramLabel = "TIME", description = "Counted. Default: 10s.")
    private String duration = "10s";

    @Option(names = "--json", paramLabel = "FILE", description = "Write the result there as JSON, too.")
    private @Nullable Path json;

    public BenchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        Secret secret = NewPassword.existing(terminal, user, password.fromInput());
        Result result;
        try (ProgressBar bar = ProgressBar.on(terminal, 0)) {
            Plan plan = new Plan(
                    server(),
                    user,
                    secret,
                    scenario,
                    concurrency,
                    pipeline,
                    message,
                    // what is deleted while nobody counts is gone
                    scenario == Scenario.DELETE ? Duration.ZERO : time("--warm-up", warmUp),
                    time("--duration", duration));
            result = new Load(plan, done -> bar.count(done, scenario.unit())).run();
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        } finally {
            secret.wipe();
        }
        result.table().forEach(terminal::say);
        if (result.errors() > 0) {
            terminal.warn(result.errors() + " sessions went wrong; the first: " + result.firstError());
        }
        write(result);
        return result.errors() > 0 ? WRONG : ExitCode.OK;
    }

    /** The server, which answered just now: else every session would fail by itself. */
    private InetSocketAddress server() throws CommandFailedException {
        if (port < 1 || port > 65535) {
            throw new CommandFailedException(ExitCode.USAGE, "--port: a port is 1 to 65535");
        }
        try {
            InetSocketAddress server = new InetSocketAddress(InetAddress.getAllByName(host)[0], port);
            try (Socket once = new Socket()) {
                once.connect(server, CONNECT_MILLIS);
            } catch (IOException e) {
                String why = e instanceof SocketTimeoutException
                        ? "no answer within " + CONNECT_MILLIS / 1000 + " s"
                        : String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
                throw new CommandFailedException(
                        ExitCode.UNAVAILABLE, host + " port " + port + " cannot be reached: " + why, e);
            }
            return server;
        } catch (UnknownHostException e) {
            throw new CommandFailedException(ExitCode.UNAVAILABLE, "there is no host " + host, e);
        }
    }

    private static Duration time(String option, String text) throws CommandFailedException {
        try {
            return StoreSettings.durationOf(text);
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(ExitCode.USAGE, option + ": " + e.getMessage(), e);
        }
    }

    private void write(Result result) throws CommandFailedException {
        if (json != null) {
            try {
                Files.writeString(json, result.json() + "\n");
            } catch (IOException e) {
                throw new CommandFailedException(ExitCode.IO, Reasons.of(e), e);
            }
        }
    }
}
