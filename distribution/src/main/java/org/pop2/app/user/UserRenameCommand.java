package org.pop2.app.user;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.pop2.app.cli.Amounts;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Names;
import org.pop2.app.cli.ProgressBar;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.exchange.Copier;
import org.pop2.storage.fs.exchange.OpenStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code pop2d user rename}. */
@Command(
        name = "rename",
        description = {
            "Gives a user another name: moves the account, with password and quota, and the mail in all folders."
                    + " A running server may go on.",
            "",
            "Every message is copied, read back and compared before it is deleted under the old name. The new name"
                    + " can log in when all is moved. A command that was stopped, or found a mailbox in use, can be"
                    + " run again and goes on. Mail that comes for the old name is accepted until the account is"
                    + " gone, and moved, too. The mail system has to learn the new name by itself.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0; 65 there is a user NEW, or mail of one; 67 there is no user OLD; 75 a mailbox is in use: run"
                    + " the command again.",
            "",
            "Example:",
            "  pop2d user rename postel jon"
        })
final class UserRenameCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Parameters(paramLabel = "OLD", description = "The user's name.")
    private String old = "";

    @Parameters(paramLabel = "NEW", description = "The name that the user gets.")
    private String name = "";

    UserRenameCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException, IOException {
        UserName from = Names.user(old);
        UserName to = Names.newUser(name);
        Configuration configuration = config.read(terminal);
        if (from.equals(to)) {
            throw new CommandFailedException(ExitCode.USAGE, "both names are the same");
        }
        try (OpenStore store = Stores.open(configuration.storage());
                ProgressBar bar = ProgressBar.on(terminal, 0)) {
            Copier copier = new Copier(store, store, bar);
            long moved = 0;
            boolean noted = begin(store, from, to);
            if (!noted) {
                moved += move(store, copier, from, to);
                // as it is now: a one-time password may have been used meanwhile
                store.put(Renaming.accountMoved(store.account(from).orElseThrow(() -> Names.noUser(from)), to));
            }
            if (store.account(from).isPresent()) {
                store.remove(from);
            }
            // what came between the last look and the removal
            moved += move(store, copier, from, to);
            store.put(Renaming.of(store.account(to).orElseThrow(() -> Names.noUser(to)))
                    .flatMap(Renaming::moved)
                    .orElseThrow(() -> taken(to)));
            bar.wipe();
            terminal.say("renamed " + from + " to " + to + "; moved " + Amounts.messages(moved));
        }
        warnOfOthers(configuration, from);
        return ExitCode.OK;
    }

    /**
     * Sees to it that there is an account under the new name, which cannot log in yet.
     *
     * @return whether an earlier run has moved the mail, and noted the account under the new name
     */
    private static boolean begin(OpenStore store, UserName from, UserName to) throws CommandFailedException {
        Optional<Account> there = store.account(to);
        Optional<Renaming> earlier =
                there.flatMap(Renaming::of).filter(it -> it.from().equals(from));
        if (there.isPresent() && earlier.isEmpty()) {
            throw store.account(from).isPresent() ? taken(to) : Names.noUser(from);
        }
        if (earlier.flatMap(Renaming::moved).isPresent()) {
            return true;
        }
        Account account = store.account(from).orElseThrow(() -> Names.noUser(from));
        // what is noted later has to fit, before anything is moved
        Renaming.accountMoved(account, to);
        if (there.isEmpty()) {
            for (Account other : store.accounts()) {
                if (Renaming.of(other).filter(it -> it.from().equals(from)).isPresent()) {
                    throw new CommandFailedException(
                            ExitCode.DATA,
                            "an earlier command has moved some of the mail: first pop2d user rename " + from + " "
                                    + other.user());
                }
            }
            if (store.usage(to).messages() > 0) {
                throw new CommandFailedException(
                        ExitCode.DATA, "there is mail of " + to + " already: pop2d mailbox list --user " + to);
            }
            store.put(Renaming.begun(from, to));
        }
        return false;
    }

    private static CommandFailedException taken(UserName to) {
        return new CommandFailedException(ExitCode.DATA, "there is a user " + to + " already");
    }

    private static long move(OpenStore store, Copier copier, UserName from, UserName to)
            throws CommandFailedException, IOException {
        long moved = 0;
        for (FolderName folder : store.folders(from)) {
            try {
                Copier.FolderResult result = copier.move(from, folder, to);
                moved += (long) result.copied() + result.present();
            } catch (StoreException e) {
                CommandFailedException failure = CommandFailedException.of(e);
                throw new CommandFailedException(
                        failure.exitCode(),
                        from + "/" + folder + ": " + failure.getMessage() + "; run the command again, and it goes on",
                        e);
            }
        }
        return moved;
    }

    private void warnOfOthers(Configuration configuration, UserName from) {
        configuration.collectors().stream()
                .filter(each -> each.user().equals(from))
                .forEach(each -> terminal.warn(
                        "collect." + each.name() + ".user is still " + from + ": change it in the configuration"));
        if (configuration.profiles().byUser().containsKey(from)) {
            terminal.warn("profile.users still names " + from + ": change it in the configuration");
        }
    }
}
