package org.pop2.app.mailbox;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Failures;
import org.pop2.app.cli.JsonOption;
import org.pop2.app.cli.Names;
import org.pop2.app.cli.ProgressBar;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.SubCommands;
import org.pop2.app.cli.Table;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.app.user.UserQuotaCommand;
import org.pop2.storage.Doubtful;
import org.pop2.storage.FolderName;
import org.pop2.storage.StoreException;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.exchange.OpenMailbox;
import org.pop2.storage.fs.exchange.OpenStore;
import org.pop2.storage.transfer.BadSourceException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pop2d mailbox}: the mail, on any storage, while a server runs or not. */
@Command(
        name = "mailbox",
        description = {
            "Counts, checks, imports, exports, copies and repairs mailboxes, and undoes or finishes "
                    + "deletions. Works on any storage, whether a server runs or not. Deletes no mail, except to "
                    + "finish what a client deleted.",
            "",
            "While a mailbox is read, its user has to wait, as during a session. A mailbox that a session"
                    + " holds is never taken over, but reported as in use.",
            ""
        },
        footer = {"", "Example:", "  pop2d mailbox list", "  pop2d mailbox import --user postel /var/mail/postel"})
public final class MailboxCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    public static CommandLine with(Terminal terminal) {
        return new CommandLine(new MailboxCommand())
                .addSubcommand(new ListAll(terminal))
                .addSubcommand(new Verify(terminal))
                .addSubcommand(new MailboxImportCommand(terminal))
                .addSubcommand(new MailboxExportCommand(terminal))
                .addSubcommand(new MailboxCopyCommand(terminal))
                .addSubcommand(new MailboxUndeleteCommand(terminal))
                .addSubcommand(new MailboxRecoverCommand(terminal))
                .addSubcommand(new MailboxRepairCommand(terminal));
    }

    @Override
    public Integer call() {
        throw SubCommands.missing(spec);
    }

    @Command(
            name = "list",
            description = {
                "Lists the mailboxes: user, folder, messages and octets on the wire, with tabs between; "
                        + "for one that is"
                        + " in use or cannot be read, - in place of the numbers. With --quota, a line for each user:"
                        + " messages and octets in all folders, and how many of each there may be.",
                ""
            },
            footer = {
                "",
                "Exit codes: 0; 75 some mailbox is in use; 65 some mailbox is damaged; 67 no such user.",
                "",
                "Example:",
                "  pop2d mailbox list --user postel"
            })
    static final class ListAll implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Option(names = "--user", paramLabel = "NAME", description = "Only this user's. Default: everybody's.")
        private @Nullable String user;

        @Mixin
        private final JsonOption json = new JsonOption();

        @Option(names = "--quota", description = "Each user's use and quota, instead of the mailboxes.")
        private boolean quota;

        ListAll(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            Configuration configuration = config.read(terminal);
            Failures failures = new Failures(terminal);
            try (OpenStore store = Stores.open(configuration.storage());
                    Table table = quota
                            ? new Table(
                                    terminal,
                                    json.isGiven(),
                                    "user",
                                    "messages",
                                    "octets",
                                    "most_messages",
                                    "most_octets")
                            : new Table(terminal, json.isGiven(), "user", "folder", "messages", "octets")) {
                for (UserName each : users(store, user)) {
                    if (quota) {
                        use(store, each, table, failures);
                        continue;
                    }
                    for (FolderName folder : store.folders(each)) {
                        list(store, each, folder, table, failures);
                    }
                }
            }
            return failures.exitCode();
        }

        private void use(OpenStore store, UserName owner, Table table, Failures failures) {
            try {
                Usage usage = store.usage(owner);
                table.row(
                        owner,
                        usage.messages(),
                        usage.octets(),
                        UserQuotaCommand.limit(usage.quota().messages()),
                        UserQuotaCommand.limit(usage.quota().octets()));
            } catch (StoreException e) {
                failures.add(owner.toString(), e);
                table.row(owner, null, null, null, null);
            }
        }

        private void list(OpenStore store, UserName owner, FolderName folder, Table table, Failures failures) {
            try (OpenMailbox mailbox = store.open(owner, folder)) {
                table.row(owner, folder, mailbox.count(), mailbox.octets());
            } catch (StoreException e) {
                failures.add(owner + "/" + folder, e);
                table.row(owner, folder, null, null);
            }
        }
    }

    @Command(
            name = "verify",
            description = {
                "Reads every message of every mailbox, and compares its length with the one that is "
                        + "announced to clients."
                        + " Prints user, folder, messages and a verdict, with tabs between: ok, in use, or how many"
                        + " messages are bad; which ones, and why, on standard error.",
                "",
                "In PostgreSQL, also compares the SHA-256 of each message with the one it was delivered with. An mbox has"
                        + " none: an octet that became another is not found there.",
                "",
                "Of an mbox, it also reports on standard error which lines may have been judged wrongly, "
                        + "as text or as the beginning of a message, by their offsets in the file; the verdict says"
                        + " how many.",
                ""
            },
            footer = {
                "",
                "Exit codes: 0 all is well; 65 something is damaged; 75 some mailbox is in use and was not verified;"
                        + " 66 no such folder; 67 no such user.",
                "",
                "Example:",
                "  pop2d mailbox verify --user postel --folder lists/rfc"
            })
    static final class Verify implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Option(names = "--user", paramLabel = "NAME", description = "Only this user's. Default: everybody's.")
        private @Nullable String user;

        @Option(names = "--folder", paramLabel = "FOLDER", description = "Only this one, of --user. Default: all.")
        private @Nullable String folder;

        Verify(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException, IOException {
            if (folder != null && user == null) {
                throw new CommandFailedException(ExitCode.USAGE, "--folder needs --user");
            }
            Optional<FolderName> only = folder == null ? Optional.empty() : Optional.of(Names.folder(folder));
            Configuration configuration = config.read(terminal);
            Failures failures = new Failures(terminal);
            try (OpenStore store = Stores.open(configuration.storage());
                    ProgressBar bar = ProgressBar.on(terminal, 0)) {
                for (UserName each : users(store, user)) {
                    List<FolderName> folders = store.folders(each);
                    if (only.isPresent()) {
                        folders = List.of(existing(store, each, only.get()));
                    }
                    for (FolderName name : folders) {
                        verify(store, each, name, failures, bar);
                    }
                }
            }
            return failures.exitCode();
        }

        private void verify(OpenStore store, UserName owner, FolderName name, Failures failures, ProgressBar bar)
                throws IOException {
            String messages = "-";
            String verdict = "ok";
            try (OpenMailbox mailbox = store.open(owner, name)) {
                messages = Integer.toString(mailbox.count());
                int bad = 0;
                for (int number = 1; number <= mailbox.count(); number++) {
                    try {
                        mailbox.read(number, octets -> bar.octets(octets.remaining()));
                    } catch (StoreException e) {
                        if (e.reason() != StoreException.Reason.CORRUPT) {
                            throw e;
                        }
                        bar.wipe();
                        failures.add(owner + "/" + name + ": message " + number, e);
                        verdict = ++bad + " bad";
                    }
                    bar.message();
                }
                verdict += doubts(owner + "/" + name, mailbox, bar);
            } catch (StoreException e) {
                bar.wipe();
                failures.add(owner + "/" + name, e);
                verdict = switch (e.reason()) {
                    case BUSY -> "in use";
                    case CORRUPT -> "damaged";
                    case UNAVAILABLE, UNKNOWN_OUTCOME, NO_SPACE, OVER_QUOTA, NOT_FOUND, CHANGED -> "not verified";
                };
            }
            bar.wipe();
            terminal.say(owner + "\t" + name + "\t" + messages + "\t" + verdict);
        }

        /** What the verdict is to say of them. */
        private String doubts(String name, OpenMailbox mailbox, ProgressBar bar) {
            List<Doubtful.Doubt> doubts = mailbox.doubts();
            if (doubts.isEmpty()) {
                return "";
            }
            bar.wipe();
            for (Doubtful.Doubt doubt : doubts) {
                terminal.warn(name + ": octet " + doubt.offset() + ": begins "
                        + (doubt.separates() ? "a message, though " : "no message, though ") + doubt.why() + ": "
                        + doubt.line());
            }
            boolean more = doubts.size() == Doubtful.MOST;
            return ", " + doubts.size() + (more ? " or more" : "")
                    + (doubts.size() == 1 ? " doubtful line" : " doubtful lines");
        }
    }

    /** The user named, or all. Mail may outlive its account. */
    public static List<UserName> users(OpenStore store, @Nullable String name) throws CommandFailedException {
        if (name == null) {
            return store.users();
        }
        UserName user = Names.user(name);
        if (store.account(user).isEmpty() && store.folders(user).isEmpty()) {
            throw Names.noUser(user);
        }
        return List.of(user);
    }

    /** A folder that there is; everybody has an inbox, empty perhaps. */
    static FolderName existing(OpenStore store, UserName user, FolderName folder) throws CommandFailedException {
        if (!folder.isInbox() && !store.folders(user).contains(folder)) {
            throw new CommandFailedException(ExitCode.NO_INPUT, user + " has no folder " + folder);
        }
        return folder;
    }

    public static CommandFailedException failed(String before, IOException e) {
        if (e instanceof BadSourceException) {
            return new CommandFailedException(ExitCode.DATA, before + e.getMessage(), e);
        }
        if (e instanceof NoSuchFileException missing) {
            return new CommandFailedException(ExitCode.NO_INPUT, before + Reasons.of(missing), e);
        }
        return new CommandFailedException(ExitCode.IO, before + Reasons.of(e), e);
    }
}
