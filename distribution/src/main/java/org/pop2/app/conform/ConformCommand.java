package org.pop2.app.conform;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.Amounts;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.JsonOption;
import org.pop2.app.cli.NewPassword;
import org.pop2.app.cli.PasswordOption;
import org.pop2.app.cli.Table;
import org.pop2.app.cli.Terminal;
import org.pop2.client.ClientSettings;
import org.pop2.protocol.Secret;
import org.pop2.storage.StoreSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pop2d conform}: any POP2 server, held against the RFC. */
@Command(
        name = "conform",
        description = {
            "Holds the RFC against a POP2 server, any one: each cell of its decision table that a client "
                    + "can reach (RFC 937"
                    + " p. 22), lengths and octets, names of mailboxes, and when deletions take effect. It "
                    + "connects some"
                    + " sixty times, and once gives a wrong password.",
            "",
            "A line for each thing: ok; FAIL, with what was got instead; habit, where the RFC leaves it "
                    + "open; not run. It"
                    + " reads the mailbox that the server opens, or --folder. Deletes nothing, unless "
                    + "--delete is given:"
                    + " then the first one to four messages of that mailbox, which it says beforehand.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 nothing fails; 1 something does; 69 no such server; 77 it does not accept user"
                    + " and password.",
            "",
            "Example:",
            "  pop2d conform pop.example.org --user test --password-file ~/.pop2",
            "  pop2d conform localhost --port 1109 --user test --delete --json"
        })
public final class ConformCommand implements Callable<Integer> {
    private static final int FAILS = 1;
    /** As many as the deleting checks may take: one each, but for the one that only marks. */
    private static final int MOST_DELETED = 4;

    private final Terminal terminal;

    @Parameters(paramLabel = "HOST", description = "The server.")
    private String host = "";

    @Option(names = "--port", paramLabel = "N", description = "Its port. Default: 109.")
    private int port = ClientSettings.PORT;

    @Option(names = "--user", required = true, paramLabel = "NAME", description = "The user to log in as.")
    private String user = "";

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description = "Take the first line of the file for the password, instead of asking for it.")
    private @Nullable Path passwordFile;

    @Mixin
    private final PasswordOption password = new PasswordOption();

    @Option(
            names = "--folder",
            paramLabel = "FOLDER",
            description = "The mailbox, as the server names it. Default: the one it opens itself.")
    private @Nullable String folder;

    @Option(names = "--delete", description = "Look at deletions, too, with the first messages of the mailbox.")
    private boolean delete;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "How long to wait for each answer. Default: ${DEFAULT-VALUE}.")
    private String timeout = "";

    @Mixin
    private final JsonOption json = new JsonOption();

    public ConformCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        if (port < 1 || port > 65535) {
            throw new CommandFailedException(ExitCode.USAGE, "--port: a port is 1 to 65535");
        }
        Secret secret = secret();
        try {
            Subject subject = new Subject(
                    new InetSocketAddress(host, port), user, secret, Optional.ofNullable(folder), timeoutMillis());
            return report(run(subject));
        } catch (RefusedException e) {
            throw new CommandFailedException(
                    ExitCode.NO_PERMISSION, host + " does not accept " + user + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE, host + " port " + port + " cannot be looked at: " + words(e), e);
        } finally {
            secret.wipe();
        }
    }

    private static String words(IOException e) {
        String text = String.valueOf(e.getMessage());
        if (e instanceof UnknownHostException) {
            return "there is no such host";
        }
        if (e instanceof SocketTimeoutException) {
            return "it does not answer in time";
        }
        return text.contains("refused") ? "nothing listens there (connection refused)" : "got " + text;
    }

    private List<Result> run(Subject subject) throws IOException {
        long messages;
        Subject.Opened opened = subject.opened();
        try (Dialogue dialogue = opened.dialogue()) {
            messages = opened.messages();
            Subject.ask(dialogue, "QUIT");
        }
        if (delete) {
            terminal.warn(
                    messages == 0
                            ? "the mailbox is empty: nothing can be seen of deletions"
                            : "of " + Amounts.messages(messages) + ", the first " + Math.min(messages, MOST_DELETED)
                                    + " may be deleted");
        }
        List<Result> results = new ArrayList<>();
        for (Check check : Checks.all()) {
            long there = check.deletes() && delete ? messages(subject) : messages;
            results.add(check.run(subject, there, delete));
        }
        return results;
    }

    /** What earlier checks have left. */
    private static long messages(Subject subject) throws IOException {
        Subject.Opened opened = subject.opened();
        try (Dialogue dialogue = opened.dialogue()) {
            Subject.ask(dialogue, "QUIT");
        }
        return opened.messages();
    }

    private int report(List<Result> results) {
        try (Table table = new Table(terminal, json.isGiven(), "result", "page", "check", "found")) {
            for (Result result : results) {
                String kind = result.kind() == Result.Kind.FAIL
                        ? "FAIL"
                        : result.kind().word();
                table.row(kind, result.page(), result.title(), result.text().isEmpty() ? null : result.text());
            }
        }
        long fails = count(results, Result.Kind.FAIL);
        terminal.warn(count(results, Result.Kind.OK) + " ok, " + fails + (fails == 1 ? " fails, " : " fail, ")
                + habits(count(results, Result.Kind.HABIT)) + ", " + count(results, Result.Kind.NOT_RUN) + " not run");
        known(results)
                .ifPresent(name -> terminal.warn("this looks like " + name
                        + ": doc/fetch.md, \"Servers that are known to be odd\", says what to expect of it"));
        return fails == 0 ? ExitCode.OK : FAILS;
    }

    /** A server that is known by what no other says. */
    private static Optional<String> known(List<Result> results) {
        String all = results.stream().map(Result::text).collect(Collectors.joining("\n"));
        if (all.contains("Sayonara")) {
            return Optional.of("UW ipop2d");
        }
        if (all.contains("as NOS does")) {
            return Optional.of(all.contains("as JNOS does") ? "JNOS" : "KA9Q NOS, or JNOS");
        }
        return all.contains("as JNOS does")
                ? Optional.of("JNOS, or another that counts line ends it does not send")
                : Optional.empty();
    }

    private static String habits(long count) {
        return count + (count == 1 ? " habit" : " habits");
    }

    private static long count(List<Result> results, Result.Kind kind) {
        return results.stream().filter(result -> result.kind() == kind).count();
    }

    private int timeoutMillis() throws CommandFailedException {
        try {
            return (int) Math.min(
                    Integer.MAX_VALUE, StoreSettings.durationOf(timeout).toMillis());
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(ExitCode.USAGE, "--timeout: " + e.getMessage(), e);
        }
    }

    private Secret secret() throws CommandFailedException {
        if (passwordFile == null) {
            return NewPassword.existing(terminal, user, password.fromInput());
        }
        try (InputStream in = Files.newInputStream(passwordFile)) {
            return NewPassword.existing(in);
        } catch (NoSuchFileException e) {
            throw new CommandFailedException(
                    ExitCode.NO_INPUT, "--password-file: " + passwordFile + " is not there", e);
        } catch (IOException e) {
            throw new CommandFailedException(
                    ExitCode.NO_INPUT, "--password-file: " + passwordFile + " cannot be read", e);
        }
    }
}
