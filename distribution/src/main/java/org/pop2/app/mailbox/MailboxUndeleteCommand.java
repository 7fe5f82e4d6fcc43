package org.pop2.app.mailbox;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.Amounts;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Names;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.storage.FolderName;
import org.pop2.storage.Retention.Expunged;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.exchange.OpenStore;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pop2d mailbox undelete}. */
@Command(
        name = "undelete",
        description = {
            "Restores deleted messages, which the storage keeps for a time "
                    + "(storage.postgresql.retention). The mailbox may be in use: the next session sees them. No "
                    + "message comes back twice.",
            "",
            "Prints a line for each message, before anything is done: when it came, when it was deleted, octets and"
                    + " sender, with tabs between. Without --since and --all that is all it does.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0; 66 no such folder; 67 no such user; 69 the storage keeps nothing that was "
                    + "deleted, or cannot"
                    + " be used.",
            "",
            "Example:",
            "  pop2d mailbox undelete postel",
            "  pop2d mailbox undelete postel --since 2h"
        })
final class MailboxUndeleteCommand implements Callable<Integer> {
    /** Longer than anything is kept, and still a time that can be subtracted. */
    private static final Duration AGES = Duration.ofDays(1000 * 365);

    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Parameters(index = "0", paramLabel = "USER", description = "Whose mailbox.")
    private String user = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "FOLDER", description = "The folder. Default: the inbox.")
    private String folder = "INBOX";

    @ArgGroup
    private Which which = new Which();

    @Option(names = "--dry-run", description = "Only print what would be restored.")
    private boolean dryRun;

    /** At most one of them. */
    static final class Which {
        @Option(
                names = "--since",
                paramLabel = "DURATION",
                description = "Only messages that were deleted within this time: 2h, 3d.")
        private @Nullable String since;

        @Option(names = "--all", description = "Bring back everything that is kept.")
        private boolean all;
    }

    MailboxUndeleteCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        FolderName from = FolderName.of(folder)
                .orElseThrow(() -> new CommandFailedException(ExitCode.USAGE, "FOLDER: " + Names.NO_FOLDER_NAME));
        Instant oldest = which.since == null ? Instant.MIN : ago(which.since);
        Configuration.Storage storage = config.read(terminal).storage();
        UserName owner = Names.user(user);
        try (OpenStore store = Stores.open(storage)) {
            if (!store.keepsDeleted()) {
                throw new CommandFailedException(
                        ExitCode.UNAVAILABLE,
                        "storage of type " + storage.provider().name() + " keeps nothing that was deleted");
            }
            MailboxCommand.users(store, user);
            MailboxCommand.existing(store, owner, from);
            undelete(store, owner, from, oldest);
        }
        return ExitCode.OK;
    }

    private void undelete(OpenStore store, UserName owner, FolderName from, Instant oldest) {
        String mailbox = owner + "/" + from;
        List<Long> uids = new ArrayList<>();
        for (Expunged message : store.expunged(owner, from)) {
            if (!message.expunged().isBefore(oldest)) {
                uids.add(message.uid());
                terminal.say(time(message.received()) + "\t" + time(message.expunged()) + "\t" + message.octets() + "\t"
                        + message.sender());
            }
        }
        if (uids.isEmpty()) {
            terminal.say("nothing is kept of what was deleted from " + mailbox
                    + (which.since == null ? "" : " in that time"));
        } else if (dryRun || !(which.all || which.since != null)) {
            terminal.warn(Amounts.messages(uids.size()) + " of " + mailbox + " can be brought back"
                    + (dryRun ? "; this was a dry run" : ": add --since DURATION or --all"));
        } else {
            terminal.say("brought back " + Amounts.messages(store.undelete(owner, from, uids)) + " to " + mailbox);
        }
    }

    private static Instant ago(String text) throws CommandFailedException {
        try {
            Duration duration = StoreSettings.durationOf(text);
            return duration.compareTo(AGES) > 0 ? Instant.MIN : Instant.now().minus(duration);
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(ExitCode.USAGE, "--since: " + e.getMessage(), e);
        }
    }

    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
