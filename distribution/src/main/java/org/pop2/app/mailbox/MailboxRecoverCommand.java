package org.pop2.app.mailbox;

import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.storage.Recoverable;
import org.pop2.storage.StoreException;
import org.pop2.storage.fs.exchange.OpenStore;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pop2d mailbox recover}. */
@Command(
        name = "recover",
        description = {
            "Lists deletions that a crash interrupted and that could not be finished; finishes or forgets"
                    + " one. They were set aside as another program seemed to have changed the mailbox since. "
                    + "Prints name, when it was "
                    + "set aside, mailbox, and"
                    + " what applying it would do now, with tabs between.",
            "",
            "A deletion is applied only if the mailbox is provably as the deletion left it, apart from "
                    + "mail that came since. The mailbox must not be in use.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0; 65 it cannot be applied, and nothing was changed; 66 no such deletion; 69 the"
                    + " storage sets none"
                    + " aside, or cannot be used; 75 the mailbox is in use.",
            "",
            "Example:",
            "  pop2d mailbox recover",
            "  pop2d mailbox recover --apply 4c7b01aa-1795720179023"
        })
final class MailboxRecoverCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @ArgGroup
    private Which which = new Which();

    /** At most one of them. */
    static final class Which {
        @Option(names = "--apply", paramLabel = "DELETION", description = "Finish this one.")
        private @Nullable String apply;

        @Option(
                names = "--drop",
                paramLabel = "DELETION",
                description =
                        "Forget this one, with its copy of the mail that was to be kept. The mailbox stays as it is.")
        private @Nullable String drop;
    }

    MailboxRecoverCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        Configuration.Storage storage = config.read(terminal).storage();
        try (OpenStore store = Stores.open(storage)) {
            Recoverable recoverable = store.recoverable()
                    .orElseThrow(() -> new CommandFailedException(
                            ExitCode.UNAVAILABLE,
                            "storage of type " + storage.provider().name() + " sets no deletions aside"));
            if (which.apply != null) {
                OpenStore.apply(recoverable, which.apply);
                terminal.say("applied " + which.apply);
            } else if (which.drop != null) {
                OpenStore.drop(recoverable, which.drop);
                terminal.say("dropped " + which.drop);
            } else {
                list(OpenStore.setAside(recoverable));
            }
        } catch (StoreException e) {
            if (e.reason() == StoreException.Reason.NOT_FOUND) {
                throw new CommandFailedException(ExitCode.NO_INPUT, String.valueOf(e.getMessage()), e);
            }
            throw e;
        }
        return ExitCode.OK;
    }

    private void list(List<Recoverable.SetAside> found) {
        for (Recoverable.SetAside each : found) {
            terminal.say(each.id() + "\t" + each.since().truncatedTo(ChronoUnit.SECONDS) + "\t" + each.mailbox() + "\t"
                    + each.text());
        }
        if (found.isEmpty()) {
            terminal.warn("nothing was set aside");
        }
    }
}
