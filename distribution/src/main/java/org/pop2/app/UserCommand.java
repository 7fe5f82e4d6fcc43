package org.pop2.app;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.Configuration;
import org.pop2.auth.OneTimePasswords;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
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
final class UserCommand implements Callable<Integer> {
    /** How often a change is tried against others who change the same account. */
    private static final int TRIES = 10;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    static CommandLine with(Terminal terminal) {
        return new CommandLine(new UserCommand())
                .addSubcommand(new Add(terminal))
                .addSubcommand(new Passwd(terminal))
                .addSubcommand(OtpCommand.with(terminal))
                .addSubcommand(new UserQuotaCommand(terminal))
                .addSubcommand(new UserImportCommand(terminal))
                .addSubcommand(new ListAll(terminal))
                .addSubcommand(new Enable(terminal))
                .addSubcommand(new Disable(terminal))
                .addSubcommand(new Remove(terminal));
    }

    @Override
    public Integer call() {
        throw Pop2d.commandMissing(spec);
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
        private final ConfigOption config = new ConfigOption();

        @Mixin
        private final NameParameter name = new NameParameter();

        @Mixin
        private final PasswordOption password = new PasswordOption();

        Add(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = name.ofNewUser();
            Configuration configuration = config.read(terminal);
            // before a password is typed twice in vain
            if (find(configuration, user) != null) {
                throw exists(user);
            }
            String hash = NewPassword.hash(terminal, user, password.fromInput());
            Account present = accounts(
                    configuration,
                    accounts -> Mono.from(accounts.find(user))
                            .switchIfEmpty(Mono.from(accounts.put(new Account(user, hash, true)))
                                    .then(Mono.empty())));
            if (present != null) {
                throw exists(user);
            }
            terminal.say("added " + user);
            return ExitCode.OK;
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
        private final ConfigOption config = new ConfigOption();

        @Mixin
        private final NameParameter name = new NameParameter();

        @Mixin
        private final PasswordOption password = new PasswordOption();

        Passwd(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = name.ofUser();
            Configuration configuration = config.read(terminal);
            if (OneTimePasswords.state(account(configuration, user).passwordHash())
                    .isPresent()) {
                throw new CommandFailedException(
                        ExitCode.DATA,
                        user + " logs in with one-time passwords; pop2d user otp remove " + user
                                + " gives the account a password again");
            }
            String hash = NewPassword.hash(terminal, user, password.fromInput());
            // the digits that may have to follow it stay
            change(
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

        ListAll(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            List<Account> all = accounts(
                    config.read(terminal),
                    accounts -> Flux.from(accounts.list()).collectList());
            if (all != null) {
                all.forEach(account -> terminal.say(account.user() + "\t" + (account.enabled() ? "enabled" : "disabled")
                        + account.quota().map(quota -> "\t" + quota).orElse("")));
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "enable",
            description = {"Lets a disabled user log in again.", ""},
            footer = {"", "Example:", "  pop2d user enable postel"})
    static final class Enable implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Mixin
        private final NameParameter name = new NameParameter();

        Enable(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = name.ofUser();
            change(config.read(terminal), user, account -> account.withEnabled(true));
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
        private final ConfigOption config = new ConfigOption();

        @Mixin
        private final NameParameter name = new NameParameter();

        Disable(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = name.ofUser();
            change(config.read(terminal), user, account -> account.withEnabled(false));
            terminal.say("disabled " + user);
            return ExitCode.OK;
        }
    }

    @Command(
            name = "remove",
            description = {"Removes a user's account. The mail stays where it is.", ""},
            footer = {"", "Example:", "  pop2d user remove postel"})
    static final class Remove implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Mixin
        private final NameParameter name = new NameParameter();

        Remove(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = name.ofUser();
            try {
                accounts(config.read(terminal), accounts -> Mono.from(accounts.remove(user)));
            } catch (StoreException e) {
                if (e.reason() == StoreException.Reason.NOT_FOUND) {
                    throw unknown(user);
                }
                throw e;
            }
            terminal.say("removed " + user + "; the mail stays");
            return ExitCode.OK;
        }
    }

    /** The parameter {@code NAME}. */
    static final class NameParameter {
        @Parameters(paramLabel = "NAME", description = "The user's name; upper and lower case mean the same.")
        private String name = "";

        UserName ofNewUser() throws CommandFailedException {
            return UserName.of(name)
                    .orElseThrow(() -> new CommandFailedException(
                            ExitCode.DATA,
                            "not a user name: it has 1 to " + UserName.MAX_OCTETS + " octets, letters, digits and"
                                    + " . _ + - @ = ~, begins with a letter, a digit or _, and does not end with a dot"
                                    + " or .lock"));
        }

        UserName ofUser() throws CommandFailedException {
            return UserName.of(name)
                    .orElseThrow(() -> new CommandFailedException(ExitCode.NO_USER, "there is no such user"));
        }
    }

    /** The option {@code --password-stdin}. */
    static final class PasswordOption {
        @Option(
                names = "--password-stdin",
                description = "Take the first line of standard input for the password, instead of asking for it.")
        private boolean fromInput;

        boolean fromInput() {
            return fromInput;
        }
    }

    static CommandFailedException unknown(UserName user) {
        return new CommandFailedException(ExitCode.NO_USER, "there is no user " + user);
    }

    static <T> @Nullable T accounts(Configuration configuration, Function<Accounts, Mono<T>> work) {
        return Stores.work(configuration.storage(), Stores.ADMINISTRATION, store -> work.apply(store.accounts()));
    }

    private static @Nullable Account find(Configuration configuration, UserName user) {
        return accounts(configuration, accounts -> Mono.from(accounts.find(user)));
    }

    static Account account(Configuration configuration, UserName user) throws CommandFailedException {
        Account found = find(configuration, user);
        if (found == null) {
            throw unknown(user);
        }
        return found;
    }

    /** Changes an account as it is at that moment: a server may be about to write it too. */
    static void change(Configuration configuration, UserName user, UnaryOperator<Account> change)
            throws CommandFailedException {
        if (accounts(configuration, accounts -> changed(accounts, user, change, TRIES)) == null) {
            throw unknown(user);
        }
    }

    private static Mono<Account> changed(Accounts accounts, UserName user, UnaryOperator<Account> change, int tries) {
        return Mono.from(accounts.find(user)).flatMap(found -> {
            Account wanted = change.apply(found);
            return Mono.from(accounts.replace(found, wanted)).flatMap(done -> {
                if (done) {
                    return Mono.just(wanted);
                }
                return tries > 1
                        ? changed(accounts, user, change, tries - 1)
                        : Mono.error(new StoreException(
                                StoreException.Reason.BUSY, "user " + user + " is being changed by others"));
            });
        });
    }
}
