package org.pop2.app.mailbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.Amounts;
import org.pop2.app.cli.Candidates;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Names;
import org.pop2.app.cli.ProgressBar;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.Terminal;
import org.pop2.app.cli.WhenStopped;
import org.pop2.app.config.Configuration;
import org.pop2.storage.FolderName;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.exchange.ImportState;
import org.pop2.storage.fs.exchange.Importer;
import org.pop2.storage.fs.exchange.MessageSource;
import org.pop2.storage.fs.exchange.OpenStore;
import org.pop2.storage.transfer.BadSourceException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pop2d mailbox import}. */
@Command(
        name = "import",
        description = {
            "Adds the messages of mbox files, Maildirs and single files to a user's folder. The sources stay as they"
                    + " are; give it an mbox that nobody is writing to. Of a Maildir, cur and new are read; flags and"
                    + " sub-folders are not.",
            "",
            "In an mbox, a From_ line without a date, or with an unusual one, also begins a message if an"
                    + " empty line precedes it and a header field follows; their number is reported at the end.",
            "",
            "An import that was stopped (by Ctrl-C, say) or killed can be continued with the same "
                    + "command: nothing is imported twice. A state file records its progress until it is done.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 all is imported, durably; 65 a source is not what it should be; 66 there is no"
                    + " such source;"
                    + " 67 no such user; 74 a source cannot be read; 75 try again later; 130 or 143 stopped"
                    + " by SIGINT or"
                    + " SIGTERM.",
            "",
            "Example:",
            "  pop2d mailbox import --user postel --folder old /var/mail/postel ~/Maildir",
            "  zcat mail.mbox.gz | pop2d mailbox import --user postel -"
        })
public final class MailboxImportCommand implements Callable<Integer> {
    /** How long a batch, or the rest of a large message, may take when the command is stopped. */
    private static final long STOP_SECONDS = 10;

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

    @Option(
            names = "--format",
            completionCandidates = Candidates.Sources.class,
            paramLabel = "FORMAT",
            defaultValue = "auto",
            description = "auto, mbox, maildir or message. auto: a directory is a Maildir, what begins with From and a"
                    + " blank is an mbox, anything else is one message. Default: ${DEFAULT-VALUE}.")
    private String format = "";

    @Option(
            names = "--quoting",
            completionCandidates = Candidates.Quoting.class,
            paramLabel = "KIND",
            defaultValue = "mboxrd",
            description = "How an mbox quotes lines that begin with From: mboxrd, mboxo or none. Default:"
                    + " ${DEFAULT-VALUE}.")
    private String quoting = "";

    @Option(
            names = "--separator",
            completionCandidates = Candidates.Separators.class,
            paramLabel = "KIND",
            defaultValue = "strict",
            description = "Whether a From_ line in an mbox needs an empty line before it (strict) or not (lenient)."
                    + " Default: ${DEFAULT-VALUE}.")
    private String separator = "";

    @Option(
            names = "--state",
            paramLabel = "FILE",
            description = "File that records what was imported. It stays, so that the same command, run later, "
                    + "imports what has come since. Default: a file in var/import, removed at the end.")
    private @Nullable Path stateFile;

    @Parameters(paramLabel = "SOURCE", arity = "1..*", description = "A file, a Maildir, or - for standard input.")
    private List<String> sources = new ArrayList<>();

    MailboxImportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        FolderName to = Names.folder(folder);
        MessageSource.Reading reading = reading();
        if (sources.stream().filter(MessageSource.STANDARD_INPUT::equals).count() > 1) {
            throw new CommandFailedException(ExitCode.USAGE, "standard input can be read once only");
        }
        Configuration configuration = config.read(terminal);
        UserName owner = Names.user(user);
        long size = size(reading);
        try (OpenStore store = Stores.open(configuration.storage())) {
            if (store.account(owner).isEmpty()) {
                throw Names.noUser(owner);
            }
            try (ImportState state = state(configuration, owner, to, reading)) {
                run(store, owner, to, reading, state, size);
            }
        } catch (IOException e) {
            throw MailboxCommand.failed("", e);
        }
        return ExitCode.OK;
    }

    private void run(
            OpenStore store, UserName owner, FolderName to, MessageSource.Reading reading, ImportState state, long size)
            throws CommandFailedException, IOException {
        ProgressBar bar = ProgressBar.on(terminal, size);
        Importer importer = new Importer(store, owner, to, state, bar);
        try (bar;
                WhenStopped stopping = WhenStopped.doing(() -> stop(importer, bar, store))) {
            try {
                for (String name : sources) {
                    try (MessageSource source = MessageSource.of(name, new UnhurriedEnd(terminal.in()), reading)) {
                        importer.run(absolute(name), source);
                    }
                }
            } catch (StoreException e) {
                if (!stopping.done()) {
                    return;
                }
                bar.close();
                CommandFailedException failure = CommandFailedException.of(e);
                throw new CommandFailedException(failure.exitCode(), soFar(importer) + failure.getMessage(), e);
            } catch (IOException e) {
                if (!stopping.done()) {
                    return;
                }
                bar.close();
                throw MailboxCommand.failed(soFar(importer), e);
            }
            if (!stopping.done()) {
                // whoever stopped it has told how far it came
                return;
            }
            if (stateFile == null) {
                state.remove();
            }
            bar.close();
            terminal.say("imported " + Amounts.messages(importer.imported()) + " to " + owner + "/" + to
                    + (importer.skipped() == 0
                            ? ""
                            : "; " + Amounts.messages(importer.skipped()) + " had been imported before"));
            importer.oddities()
                    .forEach((oddity, count) -> terminal.say("of these, " + Amounts.messages(count)
                            + (count == 1 ? " begins" : " begin") + " with a From_ line " + oddity));
        }
    }

    /** Lets what is being delivered come to its end, says how far it came, and gives back all locks. */
    private void stop(Importer importer, ProgressBar bar, OpenStore store) {
        boolean inDoubt = true;
        try {
            inDoubt = !importer.stop(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        bar.close();
        terminal.warn("stopped after " + Amounts.messages(importer.imported())
                + (inDoubt ? ", one more is in doubt" : "") + "; the same command goes on from there");
        try {
            store.close();
        } catch (StoreException e) {
            terminal.warn(String.valueOf(e.getMessage()));
        }
    }

    private MessageSource.Reading reading() throws CommandFailedException {
        MessageSource.Format kind = switch (format) {
            case "auto" -> MessageSource.Format.AUTO;
            case "mbox" -> MessageSource.Format.MBOX;
            case "maildir" -> MessageSource.Format.MAILDIR;
            case "message" -> MessageSource.Format.MESSAGE;
            default ->
                throw new CommandFailedException(ExitCode.USAGE, "--format: expected auto, mbox, maildir or message");
        };
        if (!List.of("mboxrd", "mboxo", "none").contains(quoting)) {
            throw new CommandFailedException(ExitCode.USAGE, "--quoting: expected mboxrd, mboxo or none");
        }
        if (!List.of("strict", "lenient").contains(separator)) {
            throw new CommandFailedException(ExitCode.USAGE, "--separator: expected strict or lenient");
        }
        return new MessageSource.Reading(kind, quoting, separator);
    }

    /** Octets of all sources, 0 if nobody knows. Finds out, before anything is imported, that one is not there. */
    private long size(MessageSource.Reading reading) throws CommandFailedException {
        long size = 0;
        boolean known = true;
        for (String name : sources) {
            if (name.equals(MessageSource.STANDARD_INPUT)) {
                known = false;
                continue;
            }
            try (MessageSource source = MessageSource.of(name, terminal.in(), reading)) {
                size += source.size();
            } catch (IOException e) {
                throw MailboxCommand.failed("", e);
            }
        }
        return known ? size : 0;
    }

    private ImportState state(Configuration configuration, UserName owner, FolderName to, MessageSource.Reading reading)
            throws CommandFailedException {
        Path file = stateFile;
        try {
            if (file == null) {
                Path directory = configuration.directory().resolve("var").resolve("import");
                Files.createDirectories(directory);
                List<String> all = new ArrayList<>(List.of(owner.value(), to.value(), reading.toString()));
                sources.forEach(name -> all.add(absolute(name)));
                String name = String.join("\0", all);
                file = directory.resolve(UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)) + ".state");
            }
            return ImportState.open(file, owner, to);
        } catch (BadSourceException e) {
            throw MailboxCommand.failed("", e);
        } catch (IOException e) {
            throw new CommandFailedException(
                    ExitCode.CANNOT_CREATE,
                    "the state file cannot be made: " + Reasons.of(e) + "; try --state FILE",
                    e);
        }
    }

    private static String absolute(String name) {
        return name.equals(MessageSource.STANDARD_INPUT)
                ? name
                : Path.of(name).toAbsolutePath().normalize().toString();
    }

    private static String soFar(Importer importer) {
        return importer.imported() == 0
                ? ""
                : "stopped after " + Amounts.messages(importer.imported()) + ", the same command goes on from there: ";
    }
}
