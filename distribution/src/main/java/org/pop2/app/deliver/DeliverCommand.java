package org.pop2.app.deliver;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Names;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.lmtp.LmtpSettings;
import org.pop2.storage.FolderName;
import org.pop2.storage.Message;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.publisher.Mono;

/** {@code pop2d deliver}: what a mail transfer agent calls, once for a message and a recipient. */
@Command(
        name = "deliver",
        description = {
            "Delivers the message on standard input to a user's mailbox.",
            "",
            "Line ends may be LF or CRLF. A From_ line before the header, which some mail systems add, is"
                    + " removed, whatever its date looks like, and its sender used.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 delivered, durably; 67 no such user; 73 the user's quota is used up, and quota.over ="
                    + " reject (mail systems send the mail back); 75 not delivered, try later (whatever was"
                    + " in the way,"
                    + " a wrong configuration included: the mail is kept safest in the queue it comes from); 64 wrong"
                    + " command line.",
            "",
            "Example:",
            "  pop2d deliver --user postel --sender jkr@example.org < message.eml",
            "  pop2d deliver --user postel --folder lists/rfc < message.eml"
        })
public final class DeliverCommand implements Callable<Integer> {
    private static final Set<String> OPTIONS = Set.of("--user", "--folder", "--sender", "--config");

    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Option(names = "--user", required = true, paramLabel = "NAME", description = "Whose mailbox.")
    private String user = "";

    @Option(
            names = "--folder",
            paramLabel = "FOLDER",
            description = "The folder; created if missing. Default: the inbox.")
    private String folder = "INBOX";

    @Option(names = "--sender", paramLabel = "ADDRESS", description = "The envelope's sender; empty for a bounce.")
    private @Nullable String sender;

    public DeliverCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * The command that a mail system calls for each message, made without picocli, as that of serve: each option once,
     * and its value in a word of its own.
     */
    public static Optional<DeliverCommand> plain(Terminal terminal, String... args) {
        if (args.length % 2 == 0 || !args[0].equals("deliver")) {
            return Optional.empty();
        }
        Map<String, String> options = new HashMap<>();
        for (int i = 1; i < args.length; i += 2) {
            String value = args[i + 1];
            // with an @, picocli takes it for a file with arguments
            if (value.startsWith("-") || value.startsWith("@") || options.put(args[i], value) != null) {
                return Optional.empty();
            }
        }
        String user = options.get("--user");
        if (user == null || !OPTIONS.containsAll(options.keySet())) {
            return Optional.empty();
        }
        DeliverCommand command = new DeliverCommand(terminal);
        command.user = user;
        command.folder = options.getOrDefault("--folder", command.folder);
        command.sender = options.get("--sender");
        String file = options.get("--config");
        if (file != null) {
            command.config.use(Path.of(file));
        }
        return Optional.of(command);
    }

    @Override
    public Integer call() throws CommandFailedException {
        FolderName to = FolderName.of(folder)
                .orElseThrow(() -> new CommandFailedException(ExitCode.USAGE, "--folder: " + Names.NO_FOLDER_NAME));
        checkSender();
        Configuration configuration = configuration();
        UserName recipient = UserName.of(user)
                .orElseThrow(() -> new CommandFailedException(ExitCode.NO_USER, "there is no such user"));
        Thread onSignal = new Thread(DeliverCommand::tryLater, "signal");
        Runtime.getRuntime().addShutdownHook(onSignal);
        try {
            MessageInput input = MessageInput.of(terminal.in());
            Message message = new Message(input.content(), sender == null ? input.sender() : sender, Optional.empty());
            Mono.usingWhen(
                            Mono.from(configuration.storage().open()),
                            store -> Mono.from(store.deliver(recipient, to, message)),
                            store -> store.close())
                    .block();
            return ExitCode.OK;
        } catch (StoreException e) {
            if (e.reason() == StoreException.Reason.NOT_FOUND) {
                throw new CommandFailedException(ExitCode.NO_USER, "there is no user " + recipient, e);
            }
            if (e.reason() == StoreException.Reason.OVER_QUOTA
                    && configuration.overQuota() == LmtpSettings.OverQuota.REJECT) {
                throw new CommandFailedException(ExitCode.CANNOT_CREATE, "mailbox full: " + e.getMessage(), e);
            }
            throw new CommandFailedException(ExitCode.TRY_LATER, "not delivered: " + e.getMessage(), e);
        } catch (MessageInput.InputFailedException e) {
            throw new CommandFailedException(ExitCode.TRY_LATER, "not delivered: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            // a bug, perhaps; but the mail system that called must not throw the message away for it
            throw new CommandFailedException(ExitCode.TRY_LATER, "not delivered: " + e, e);
        } finally {
            removeHook(onSignal);
        }
    }

    /** Mail must not be sent back because somebody is at the configuration just now. */
    private Configuration configuration() throws CommandFailedException {
        try {
            return config.read(terminal);
        } catch (CommandFailedException e) {
            throw e.exitCode() == ExitCode.CONFIG
                    ? new CommandFailedException(ExitCode.TRY_LATER, String.valueOf(e.getMessage()), e)
                    : e;
        }
    }

    private void checkSender() throws CommandFailedException {
        if (sender != null && !MessageInput.isSender(sender)) {
            throw new CommandFailedException(
                    ExitCode.USAGE, "--sender: at most 256 characters, none of them a control character");
        }
    }

    /** Mail systems take 143, what SIGTERM would give, for a failure for good. */
    private static void tryLater() {
        Runtime.getRuntime().halt(ExitCode.TRY_LATER);
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the signal has come: the hook ends the process with its own code
        }
    }
}
