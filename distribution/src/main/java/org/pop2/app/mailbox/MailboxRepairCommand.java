package org.pop2.app.mailbox;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.pop2.app.cli.Amounts;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Names;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.storage.FolderName;
import org.pop2.storage.Repairable;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.exchange.OpenStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pop2d mailbox repair}. */
@Command(
        name = "repair",
        description = {
            "Repairs an mbox file that another program damaged. Corrects odd From_ lines; removes a byte "
                    + "order mark and empty lines before the first message, NULs before it, and long runs of NULs "
                    + "at the beginning of a line; ends an unfinished last line. Everything else stays to the "
                    + "octet.",
            "",
            "A copy of the damaged file stays beside it, hidden, with a date in its name; its path is "
                    + "printed. Remove it when all is well. A server may run; the mailbox must not be in use.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 it is a mailbox; 65 nothing in it looks like one, and nothing was changed; 66 "
                    + "no such folder; 67"
                    + " no such user; 73 there is no space; 75 the mailbox is in use.",
            "",
            "Example:",
            "  pop2d mailbox repair postel --dry-run",
            "  pop2d mailbox repair postel lists/rfc"
        })
final class MailboxRepairCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Parameters(index = "0", paramLabel = "USER", description = "Whose mailbox.")
    private String user = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "FOLDER", description = "The folder. Default: the inbox.")
    private String folder = "INBOX";

    @Option(
            names = {"-n", "--dry-run"},
            description = "Only report what would be done.")
    private boolean dryRun;

    MailboxRepairCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        FolderName name = FolderName.of(folder)
                .orElseThrow(() -> new CommandFailedException(ExitCode.USAGE, "FOLDER: " + Names.NO_FOLDER_NAME));
        Configuration.Storage storage = config.read(terminal).storage();
        UserName owner = Names.user(user);
        try (OpenStore store = Stores.open(storage)) {
            Optional<Repairable> repairable = store.repairable();
            if (repairable.isEmpty()) {
                terminal.say("storage of type " + storage.provider().name()
                        + ": no other program writes its mailboxes, there is nothing to repair");
                return ExitCode.OK;
            }
            MailboxCommand.users(store, user);
            MailboxCommand.existing(store, owner, name);
            tell(owner + "/" + name, OpenStore.repair(repairable.get(), owner, name, dryRun));
        } catch (StoreException e) {
            if (e.reason() == StoreException.Reason.NOT_FOUND) {
                throw new CommandFailedException(ExitCode.NO_INPUT, String.valueOf(e.getMessage()), e);
            }
            throw e;
        }
        return ExitCode.OK;
    }

    private void tell(String mailbox, Repairable.Repair repair) {
        List<String> done = new ArrayList<>();
        count(done, repair.separators(), "From_ line", "rewritten");
        count(done, repair.nuls(), "NUL", "taken out");
        count(done, repair.leading(), "octet", "before the first message taken out");
        if (repair.lineEnd()) {
            done.add("last line ended");
        }
        terminal.say(mailbox + ": " + Amounts.messages(repair.messages()) + "; "
                + (done.isEmpty() ? "nothing to repair" : String.join(", ", done)));
        repair.kept().ifPresent(path -> terminal.say("kept as it was: " + path));
        if (dryRun) {
            terminal.warn("this was a dry run");
        }
    }

    private static void count(List<String> done, long count, String what, String how) {
        if (count > 0) {
            done.add(count + " " + what + (count == 1 ? " " : "s ") + how);
        }
    }
}
