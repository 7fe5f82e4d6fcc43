package org.pop2.app.mailbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Failures;
import org.pop2.app.cli.Names;
import org.pop2.app.cli.ProgressBar;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.app.config.InvalidConfigurationException;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.exchange.Copier;
import org.pop2.storage.fs.exchange.OpenStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code pop2d mailbox copy}. */
@Command(
        name = "copy",
        description = {
            "Copies users, with their accounts and all folders, from one instance to another: to another "
                    + "storage, or to another place. Deletes nothing at the source, and changes nothing that exists"
                    + " at the destination: an account that differs there is kept and reported.",
            "",
            "Every message is read back at the destination and compared. A message that is there is not copied again,"
                    + " so that the command can be stopped and run again, and run a last time when the "
                    + "server is down."
                    + " Prints user, folder, messages copied and messages that were there already, with "
                    + "tabs between.",
            "",
            "Environment variables do not apply to the two configurations.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 all is there; 65 some message could not be read, or not be read back as it was; 75 some"
                    + " mailbox is in use and was left out; 67 no such user.",
            "",
            "Example:",
            "  pop2d mailbox copy --from /srv/old/conf/pop2d.conf \\",
            "    --to /srv/new/conf/pop2d.conf --user postel"
        })
final class MailboxCopyCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
            names = "--from",
            required = true,
            paramLabel = "CONFIG",
            description = "The configuration file of the instance to copy from.")
    private Path from = Path.of("");

    @Option(
            names = "--to",
            required = true,
            paramLabel = "CONFIG",
            description = "The configuration file of the instance to copy to.")
    private Path to = Path.of("");

    @Option(names = "--user", paramLabel = "NAME", description = "Only this user. Default: everybody.")
    private @Nullable String user;

    MailboxCopyCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException, IOException {
        Configuration source = read(from);
        Configuration destination = read(to);
        if (place(source).equals(place(destination))) {
            throw new CommandFailedException(ExitCode.USAGE, "both configurations are of the same storage");
        }
        Failures failures = new Failures(terminal);
        try (OpenStore reading = Stores.open(source.storage());
                OpenStore writing = Stores.open(destination.storage());
                ProgressBar bar = ProgressBar.on(terminal, 0)) {
            Copier copier = new Copier(reading, writing, bar);
            for (Account account : accounts(reading)) {
                copy(reading, copier, account, failures, bar);
            }
        }
        return failures.exitCode();
    }

    private List<Account> accounts(OpenStore store) throws CommandFailedException {
        if (user == null) {
            return store.users().stream()
                    .map(store::account)
                    .flatMap(Optional::stream)
                    .toList();
        }
        UserName name = Names.user(user);
        return List.of(store.account(name).orElseThrow(() -> Names.noUser(name)));
    }

    private void copy(OpenStore reading, Copier copier, Account account, Failures failures, ProgressBar bar)
            throws IOException {
        UserName name = account.user();
        List<FolderName> folders;
        try {
            if (copier.account(account) == Copier.AccountResult.DIFFERENT) {
                bar.wipe();
                terminal.warn(
                        name + ": the account is at the destination already and differs; it stays as it is there");
            }
            folders = reading.folders(name);
        } catch (StoreException e) {
            bar.wipe();
            failures.add(name.value(), e);
            return;
        }
        for (FolderName folder : folders) {
            try {
                Copier.FolderResult result = copier.folder(name, folder);
                bar.wipe();
                terminal.say(name + "\t" + folder + "\t" + result.copied() + "\t" + result.present());
            } catch (StoreException e) {
                bar.wipe();
                failures.add(name + "/" + folder, e);
            }
        }
    }

    private static Configuration read(Path file) throws CommandFailedException {
        try {
            return ConfigurationReader.read(file, Map.of());
        } catch (InvalidConfigurationException e) {
            throw new CommandFailedException(ExitCode.CONFIG, String.valueOf(e.getMessage()), e);
        }
    }

    private static Map<String, String> place(Configuration configuration) {
        Map<String, String> place = new TreeMap<>();
        for (Configuration.Entry entry : configuration.entries()) {
            if (entry.key().startsWith("storage.")) {
                place.put(entry.key(), entry.value());
            }
        }
        place.put("directory", configuration.directory().toString());
        return place;
    }
}
