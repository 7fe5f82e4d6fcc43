package org.pop2.app.user;

import java.util.BitSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.Amounts;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Names;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code pop2d user remove}. */
@Command(
        name = "remove",
        description = {
            "Removes a user's account. The mail stays where it is, unless --purge is given; a new user of"
                    + " that name would get it.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0; 67 no such user, and no mail of one; 75 a mailbox is in use, and its mail stays: run the"
                    + " command again.",
            "",
            "Example:",
            "  pop2d user remove postel",
            "  pop2d user remove postel --purge"
        })
final class UserRemoveCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private final OneAccount one = new OneAccount();

    @ArgGroup
    private final Mail mail = new Mail();

    private static final class Mail {
        // picocli acts on it: it excludes the other
        @SuppressWarnings("unused")
        @Option(names = "--keep-mail", description = "Leave the mail where it is. This is the default.")
        private boolean keep;

        @Option(
                names = "--purge",
                description = "Delete the mail in all folders. A storage that keeps deleted mail for a while keeps it.")
        private boolean purge;
    }

    UserRemoveCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        UserName user = one.user();
        Configuration configuration = one.configuration(terminal);
        boolean removed = remove(configuration, user);
        if (!removed && !mail.purge) {
            throw Names.noUser(user);
        }
        // without an account no session and no delivery can begin
        long messages = messages(configuration, user);
        if (mail.purge) {
            purge(configuration, user, removed);
            if (!removed && messages == 0) {
                throw Names.noUser(user);
            }
            terminal.say(
                    (removed ? "removed " : "there was no user ") + user + "; deleted " + Amounts.messages(messages));
        } else {
            terminal.say("removed " + user
                    + (messages == 0
                            ? "; there is no mail"
                            : "; the mail stays, " + Amounts.messages(messages) + ": pop2d user remove " + user
                                    + " --purge deletes it"));
        }
        return ExitCode.OK;
    }

    private static boolean remove(Configuration configuration, UserName user) {
        try {
            AccountWork.accounts(configuration, accounts -> Mono.from(accounts.remove(user)));
            return true;
        } catch (StoreException e) {
            if (e.reason() == Reason.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    private static long messages(Configuration configuration, UserName user) {
        @Nullable
        Usage usage =
                Stores.work(configuration.storage(), Stores.ADMINISTRATION, store -> Mono.from(store.usage(user)));
        return usage == null ? 0 : usage.messages();
    }

    private static void purge(Configuration configuration, UserName user, boolean removed)
            throws CommandFailedException {
        try {
            Stores.work(configuration.storage(), Stores.ADMINISTRATION, store -> purge(store, user));
        } catch (StoreException e) {
            throw new CommandFailedException(
                    CommandFailedException.of(e).exitCode(),
                    (removed ? "removed " + user : "there was no user " + user) + "; not all of the mail: "
                            + e.getMessage() + "; then run the command again",
                    e);
        }
    }

    private static Mono<Void> purge(MailStore store, UserName user) {
        return Flux.from(store.folders(user))
                .concatMap(folder -> Mono.from(store.open(user, folder)).flatMap(UserRemoveCommand::empty))
                .then();
    }

    private static Mono<Void> empty(Mailbox mailbox) {
        BitSet all = new BitSet();
        if (mailbox.writable()) {
            all.set(1, mailbox.count() + 1);
            return Mono.from(mailbox.release(all));
        }
        return Mono.from(mailbox.release(all))
                .then(Mono.error(new StoreException(Reason.UNAVAILABLE, "a mailbox cannot be written to; it stays")));
    }
}
