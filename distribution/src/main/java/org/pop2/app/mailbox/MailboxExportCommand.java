package org.pop2.app.mailbox;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
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
import org.pop2.app.config.Configuration;
import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.exchange.Export;
import org.pop2.storage.fs.exchange.MaildirExport;
import org.pop2.storage.fs.exchange.MboxExport;
import org.pop2.storage.fs.exchange.OpenMailbox;
import org.pop2.storage.fs.exchange.OpenStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pop2d mailbox export}. */
@Command(
        name = "export",
        description = {
            "Writes the messages of a user's folder to an mbox file or a Maildir; they stay in the mailbox. What was"
                    + " exported can be imported again, and is the same then.",
            "",
            "An mbox is mboxrd: every line that begins with From, after any number of >, gets one more >. The file"
                    + " appears under its name when it is complete. Into a Maildir, message after message goes to new.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 all is exported, and on the disk; 65 the mailbox is damaged; 66 no such folder; 67 no such"
                    + " user; 73 PATH is there already or cannot be made; 74 it cannot be written; 75 the mailbox is in"
                    + " use.",
            "",
            "Example:",
            "  pop2d mailbox export --user postel --to postel.mbox",
            "  pop2d mailbox export --user postel --folder rfc --to - | gzip > rfc.mbox.gz"
        })
final class MailboxExportCommand implements Callable<Integer> {
    private static final String STANDARD_OUTPUT = "-";

    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Option(names = "--user", required = true, paramLabel = "NAME", description = "Whose mailbox.")
    private String user = "";

    @Option(names = "--folder", paramLabel = "FOLDER", description = "The folder. Default: the inbox.")
    private String folder = "INBOX";

    @Option(
            names = "--to",
            required = true,
            paramLabel = "PATH",
            description = "The file or directory to make; - for standard output.")
    private String target = "";

    @Option(
            names = "--format",
            completionCandidates = Candidates.Targets.class,
            paramLabel = "FORMAT",
            defaultValue = "mbox",
            description = "mbox or maildir. Default: ${DEFAULT-VALUE}.")
    private String format = "";

    @Option(
            names = "--force",
            description = "PATH may be there already: a file is replaced, to a Maildir the messages are added.")
    private boolean force;

    MailboxExportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        FolderName from = Names.folder(folder);
        boolean maildir = format.equals("maildir");
        boolean toOutput = target.equals(STANDARD_OUTPUT);
        if (!maildir && !format.equals("mbox")) {
            throw new CommandFailedException(ExitCode.USAGE, "--format: expected mbox or maildir");
        }
        if (maildir && toOutput) {
            throw new CommandFailedException(ExitCode.USAGE, "standard output is no Maildir");
        }
        Configuration configuration = config.read(terminal);
        UserName owner = Names.user(user);
        try (OpenStore store = Stores.open(configuration.storage())) {
            MailboxCommand.users(store, user);
            MailboxCommand.existing(store, owner, from);
            try (OpenMailbox mailbox = store.open(owner, from);
                    Export export = open(maildir, toOutput);
                    ProgressBar bar = ProgressBar.on(terminal, mailbox.octets())) {
                int count = export.add(mailbox, bar);
                export.commit();
                bar.wipe();
                String summary = "exported " + Amounts.messages(count) + " of " + owner + "/" + from;
                if (toOutput) {
                    terminal.warn(summary);
                } else {
                    terminal.say(summary + " to " + target);
                }
            } catch (IOException e) {
                throw MailboxCommand.failed("not exported: ", e);
            }
        }
        return ExitCode.OK;
    }

    private Export open(boolean maildir, boolean toOutput) throws CommandFailedException {
        try {
            if (toOutput) {
                return MboxExport.to(terminal.out());
            }
            Path path = Path.of(target);
            return maildir
                    ? MaildirExport.to(path, terminal.environment().getOrDefault("HOSTNAME", "localhost"), force)
                    : MboxExport.to(path, force);
        } catch (FileAlreadyExistsException e) {
            throw new CommandFailedException(
                    ExitCode.CANNOT_CREATE,
                    e.getReason() == null
                            ? target + " is there already; to use it all the same, add --force"
                            : target + " " + e.getReason(),
                    e);
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.CANNOT_CREATE, target + " cannot be made: " + Reasons.of(e), e);
        }
    }
}
