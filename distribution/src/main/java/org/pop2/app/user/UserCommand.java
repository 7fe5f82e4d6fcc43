package org.pop2.app.user;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.Amounts;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.JsonOption;
import org.pop2.app.cli.NewPassword;
import org.pop2.app.cli.PasswordOption;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.SubCommands;
import org.pop2.app.cli.Table;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.auth.OneTimePasswords;
import org.pop2.storage.Account;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code pop2d user}: the accounts, while a server runs or not. */
@Command(
        name = "user",
        description = {"Manages the users. A running server sees every change at the next login.", ""},
        footer = {
            "",
            "Example:",
            "  printf '%%s\\n' 'correct horse' | pop2d user add postel --password-stdin",
            "  pop2d user list"
        })
public final class UserCommand implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    public static CommandLine with(Terminal terminal) {
        return new CommandLine(new UserCommand())
                .addSubcommand(new Add(terminal))
                .addSubcommand(new Passwd(terminal))
                .addSubcommand(OtpCommand.with(terminal))
                .addSubcommand(new UserQuotaCommand(terminal))
                .addSubcommand(new UserImportCommand(terminal))
                .addSubcommand(new ListAll(terminal))
                .addSubcommand(new Enable(terminal))
                .addSubcommand(new Disable(terminal))
                .addSubcommand(new UserRenameCommand(terminal))
                .addSubcommand(new UserRemoveCommand(terminal));
    }

    @Override
    public Integer call() {
        throw SubCommands.missing(spec);
    }

    /**
     * Adds a user, and says so. Blocks.
     *
     * @param fromInput the password is the first line of standard input; else a person is asked
     */
    public static void add(Terminal terminal, Configuration configuration, UserName user, boolean fromInput)
            throws CommandFailedException {
        // before a password is typed twice in vain
        if (AccountWork.find(configuration, user) != null) {
            throw Add.exists(user);
        }
        String hash = NewPassword.hash(terminal, user, fromInput);
        Account present = AccountWork.accounts(
                configuration,
                accounts -> Mono.from(accounts.find(user))
                        .switchIfEmpty(Mono.from(accounts.put(new Account(user, hash, true)))
                                .then(Mono.empty())));
        if (present != null) {
            throw Add.exists(user);
        }
        terminal.say("added " + user);
        Add.warnOfMail(terminal, configuration, user);
    }

    @Command(
            name = "add",
            description = {
                "Adds a user. The password is asked for, or read from standard input; it is stored as an Argon2id hash.",
                ""
            },
            footer = {
                "",
                "Example:",
                "  pop2d user add postel",
                "  printf '%%s\\n' 'correct horse' | pop2d user add postel --password-stdin"
            })
    static final class Add implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final OneAccount one = new OneAccount();

        @Mixin
        private final PasswordOption password = new PasswordOption();

        Add(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            add(terminal, one.configuration(terminal), one.newUser(), password.fromInput());
            return ExitCode.OK;
        }

        /** Mail of somebody who had the name before, or that a mail system has delivered already. */
        private static void warnOfMail(Terminal terminal, Configuration configuration, UserName user) {
            Usage usage =
                    Stores.work(configuration.storage(), Stores.ADMINISTRATION, store -> Mono.from(store.usage(user)));
            if (usage != null && usage.messages() > 0) {
                terminal.warn("there is mail for " + user + " already, " + Amounts.messages(usage.messages())
                        + ": see pop2d mailbox list --user " + user);
            }
        }

        private static CommandFailedException exists(UserName user) {
            return new CommandFailedException(ExitCode.DATA, "there is a user " + user + " already");
        }
    }

    @Command(
            name = "passwd",
            description = {"Changes a user's password. Digits that have to follow it stay as they are.", ""},
            footer = {"", "Example:", "  pop2d user passwd postel"})
    static final class Passwd implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final OneAccount one = new OneAccount();

        @Mixin
        private final PasswordOption password = new PasswordOption();

        Passwd(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = one.user();
            Configuration configuration = one.configuration(terminal);
            if (OneTimePasswords.state(AccountWork.account(configuration, user).passwordHash())
                    .isPresent()) {
                throw new CommandFailedException(
                        ExitCode.DATA,
                        user + " logs in with one-time passwords; pop2d user otp remove " + user
                                + " gives the account a password again");
            }
            String hash = NewPassword.hash(terminal, user, password.fromInput());
            // the digits that may have to follow it stay
            AccountWork.change(
                    configuration,
                    user,
                    account -> account.withPasswordHash(OneTimePasswords.withPassword(account.passwordHash(), hash)));
            terminal.say("changed the password of " + user);
            return ExitCode.OK;
        }
    }

    @Command(
            name = "list",
            description = {
                "Lists the users: name, a tab, enabled or disabled, and a tab and the quota of those that have their own.",
                ""
            },
            footer = {"", "Example:", "  pop2d user list | cut -f 1"})
    static final class ListAll implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Mixin
        private final JsonOption json = new JsonOption();

        ListAll(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            List<Account> all = AccountWork.accounts(
                    config.read(terminal),
                    accounts -> Flux.from(accounts.list()).collectList());
            if (all != null) {
                try (Table table = new Table(terminal, json.isGiven(), "user", "state", "quota")) {
                    all.forEach(account -> row(table, account));
                }
            }
            return ExitCode.OK;
        }

        /** A program that reads tabs looks for two fields, or three. */
        private void row(Table table, Account account) {
            String state = account.enabled() ? "enabled" : "disabled";
            String quota = account.quota().map(Object::toString).orElse(null);
            if (quota == null && !json.isGiven() && !terminal.isPerson()) {
                table.row(account.user(), state);
            } else {
                table.row(account.user(), state, quota);
            }
        }
    }

    @Command(
            name = "enable",
            description = {"Lets a disabled user log in again.", ""},
            footer = {"", "Example:", "  pop2d user enable postel"})
    static final class Enable implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final OneAccount one = new OneAccount();

        Enable(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = one.user();
            AccountWork.change(one.configuration(terminal), user, account -> account.withEnabled(true));
            terminal.say("enabled " + user);
            return ExitCode.OK;
        }
    }

    @Command(
            name = "disable",
            description = {"Keeps a user from logging in; sessions that run go on, and mail is still delivered.", ""},
            footer = {"", "Example:", "  pop2d user disable postel"})
    static final class Disable implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final OneAccount one = new OneAccount();

        Disable(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = one.user();
            AccountWork.change(one.configuration(terminal), user, account -> account.withEnabled(false));
            terminal.say("disabled " + user);
            return ExitCode.OK;
        }
    }
}
