package org.pop2.app;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.config.Configuration;
import org.pop2.auth.OneTimeDigest;
import org.pop2.auth.OneTimePasswords;
import org.pop2.auth.UnusableHashException;
import org.pop2.protocol.Secret;
import org.pop2.storage.Account;
import org.pop2.storage.UserName;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pop2d user otp}: passwords that are good for one login. */
@Command(
        name = "otp",
        description = {
            "Gives a user passwords that are good for one login, for links that others can listen to."
                    + " Either a list of passwords, or six digits of an authenticator after the password.",
            ""
        },
        footer = {"", "Example:", "  pop2d user otp init postel --count 100", "  pop2d user otp status postel"})
final class OtpCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    static CommandLine with(Terminal terminal) {
        return new CommandLine(new OtpCommand())
                .addSubcommand(new Init(terminal))
                .addSubcommand(new ListNext(terminal))
                .addSubcommand(new Status(terminal))
                .addSubcommand(new Totp(terminal))
                .addSubcommand(new Remove(terminal));
    }

    @Override
    public Integer call() {
        throw Pop2d.commandMissing(spec);
    }

    @Command(
            name = "init",
            description = {
                "Makes a new list of one-time passwords (RFC 2289) from a pass phrase. That has 10 to 63 characters,"
                        + " is asked for, or read from standard input, and is not stored. Prints the passwords that come first."
                        + " From now on the user logs in with the passwords of the list, in their order, and no other.",
                ""
            },
            footer = {"", "Example:", "  pop2d user otp init postel --count 100 > list.txt"})
    static final class Init implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Mixin
        private final UserCommand.NameParameter name = new UserCommand.NameParameter();

        @Mixin
        private final PassPhraseOption passPhrase = new PassPhraseOption();

        @Option(
                names = "--count",
                paramLabel = "N",
                defaultValue = "500",
                description = "How many passwords, 1 to " + OneTimePasswords.MAX_COUNT + "; ${DEFAULT-VALUE}.")
        private int count;

        @Option(
                names = "--seed",
                paramLabel = "SEED",
                description = "1 to 16 letters and digits, another one for every list; by default a random one.")
        private @Nullable String seed;

        @Option(
                names = "--digest",
                completionCandidates = Candidates.Digests.class,
                paramLabel = "NAME",
                defaultValue = "sha1",
                description = "The hash function, sha1 or md5; ${DEFAULT-VALUE}.")
        private String digest = "sha1";

        @Option(
                names = "--print",
                paramLabel = "N",
                defaultValue = "100",
                description = "How many passwords to print; ${DEFAULT-VALUE}.")
        private int print;

        Init(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = name.ofUser();
            OneTimePasswords.State state = state();
            Configuration configuration = config.read(terminal);
            Optional<OneTimePasswords.State> before = OneTimePasswords.state(
                    UserCommand.account(configuration, user).passwordHash());
            if (before.filter(old -> old.seed().equalsIgnoreCase(state.seed())).isPresent()) {
                throw new CommandFailedException(
                        ExitCode.DATA,
                        "the list in use has that seed: with the same pass phrase it would be the same list");
            }
            Secret phrase = NewPassword.passPhrase(terminal, user, passPhrase.fromInput, true);
            try {
                String stored = OneTimePasswords.start(state, phrase);
                UserCommand.change(configuration, user, account -> account.withPasswordHash(stored));
                print(terminal, user, state, phrase, print);
            } finally {
                phrase.wipe();
            }
            return ExitCode.OK;
        }

        private OneTimePasswords.State state() throws CommandFailedException {
            OneTimeDigest function = OneTimeDigest.named(digest)
                    .orElseThrow(() -> new CommandFailedException(ExitCode.USAGE, "--digest is sha1 or md5"));
            if (count < 1) {
                throw new CommandFailedException(ExitCode.USAGE, "--count is 1 or more");
            }
            try {
                return new OneTimePasswords.State(function, count, seed == null ? OneTimePasswords.newSeed() : seed);
            } catch (IllegalArgumentException e) {
                throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
            }
        }
    }

    @Command(
            name = "list",
            description = {"Prints the one-time passwords that come next. Asks for the pass phrase of the list.", ""},
            footer = {"", "Example:", "  pop2d user otp list postel --count 50"})
    static final class ListNext implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Mixin
        private final UserCommand.NameParameter name = new UserCommand.NameParameter();

        @Mixin
        private final PassPhraseOption passPhrase = new PassPhraseOption();

        @Option(
                names = "--count",
                paramLabel = "N",
                defaultValue = "20",
                description = "How many passwords; ${DEFAULT-VALUE}.")
        private int count;

        ListNext(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = name.ofUser();
            String stored = UserCommand.account(config.read(terminal), user).passwordHash();
            OneTimePasswords.State state = OneTimePasswords.state(stored).orElseThrow(() -> noList(user));
            Secret phrase = NewPassword.passPhrase(terminal, user, passPhrase.fromInput, false);
            try {
                if (!OneTimePasswords.isOf(stored, phrase)) {
                    throw new CommandFailedException(
                            ExitCode.DATA, "that is not the pass phrase of " + user + "'s list");
                }
                print(terminal, user, state, phrase, count);
            } finally {
                phrase.wipe();
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "status",
            description = {
                "Tells where a user's list stands: digest, seed, number of the next password, and how many are left,"
                        + " each after a tab; or that digits have to follow the password.",
                ""
            },
            footer = {"", "Example:", "  pop2d user otp status postel"})
    static final class Status implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Mixin
        private final UserCommand.NameParameter name = new UserCommand.NameParameter();

        Status(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = name.ofUser();
            String stored = UserCommand.account(config.read(terminal), user).passwordHash();
            Optional<OneTimePasswords.State> state = OneTimePasswords.state(stored);
            if (state.isPresent()) {
                OneTimePasswords.State at = state.get();
                terminal.say("digest\t" + at.digest().label());
                terminal.say("seed\t" + at.seed());
                terminal.say("next\t" + (at.sequence() > 0 ? String.valueOf(at.sequence() - 1) : "none"));
                terminal.say("left\t" + at.sequence());
            } else if (OneTimePasswords.passwordOfTotp(stored).isPresent()) {
                terminal.say("totp\tsix digits after the password");
            } else {
                throw noList(user);
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "totp",
            description = {
                "From now on six digits of an authenticator (TOTP, RFC 6238) have to follow the password directly."
                        + " Prints a new secret for the authenticator, as a URI and in base32. The password stays.",
                ""
            },
            footer = {"", "Example:", "  pop2d user otp totp postel"})
    static final class Totp implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Mixin
        private final UserCommand.NameParameter name = new UserCommand.NameParameter();

        @Option(
                names = "--issuer",
                paramLabel = "TEXT",
                defaultValue = "POP2",
                description = "What the authenticator calls this server; ${DEFAULT-VALUE}.")
        private String issuer = "POP2";

        Totp(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = name.ofUser();
            Configuration configuration = config.read(terminal);
            String secret = OneTimePasswords.newTotpSecret();
            // tried before it is done, for what cannot be done
            withDigits(UserCommand.account(configuration, user), secret);
            UserCommand.change(configuration, user, account -> {
                try {
                    return withDigits(account, secret);
                } catch (CommandFailedException e) {
                    // somebody has changed it just now
                    return account;
                }
            });
            terminal.say(OneTimePasswords.totpUri(user, issuer, secret));
            terminal.say(secret);
            return ExitCode.OK;
        }

        private static Account withDigits(Account account, String secret) throws CommandFailedException {
            String password =
                    OneTimePasswords.passwordOfTotp(account.passwordHash()).orElse(account.passwordHash());
            try {
                return account.withPasswordHash(OneTimePasswords.withTotp(password, secret));
            } catch (UnusableHashException | IllegalArgumentException e) {
                throw new CommandFailedException(
                        ExitCode.DATA,
                        "digits cannot follow what " + account.user() + " logs in with: " + e.getMessage(),
                        e);
            }
        }
    }

    @Command(
            name = "remove",
            description = {
                "Ends one-time passwords. After six digits the password stays as it was; after a list a new password"
                        + " is asked for, or read from standard input.",
                ""
            },
            footer = {"", "Example:", "  pop2d user otp remove postel"})
    static final class Remove implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Mixin
        private final UserCommand.NameParameter name = new UserCommand.NameParameter();

        @Mixin
        private final UserCommand.PasswordOption password = new UserCommand.PasswordOption();

        Remove(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            UserName user = name.ofUser();
            Configuration configuration = config.read(terminal);
            String stored = UserCommand.account(configuration, user).passwordHash();
            if (OneTimePasswords.passwordOfTotp(stored).isPresent()) {
                UserCommand.change(
                        configuration,
                        user,
                        account -> account.withPasswordHash(OneTimePasswords.passwordOfTotp(account.passwordHash())
                                .orElse(account.passwordHash())));
                terminal.say(user + " logs in with the password alone");
                return ExitCode.OK;
            }
            if (OneTimePasswords.state(stored).isEmpty()) {
                throw noList(user);
            }
            String hash = NewPassword.hash(terminal, user, password.fromInput());
            UserCommand.change(configuration, user, account -> account.withPasswordHash(hash));
            terminal.say(user + " logs in with the new password");
            return ExitCode.OK;
        }
    }

    /** The option {@code --password-stdin}, for a pass phrase. */
    static final class PassPhraseOption {
        @Option(
                names = "--password-stdin",
                description = "Take the first line of standard input for the pass phrase, instead of asking for it.")
        private boolean fromInput;
    }

    private static CommandFailedException noList(UserName user) {
        return new CommandFailedException(ExitCode.DATA, user + " has no one-time passwords");
    }

    /** To be printed and cut out: number, six words, and the same in hexadecimal. */
    private static void print(
            Terminal terminal, UserName user, OneTimePasswords.State state, Secret passPhrase, int count) {
        List<OneTimePasswords.Response> responses = OneTimePasswords.next(state, passPhrase, count);
        terminal.say("one-time passwords of " + user + ", otp-" + state.digest().label() + ", seed " + state.seed());
        for (OneTimePasswords.Response response : responses) {
            terminal.say(String.format(
                    Locale.ROOT, "%4d  %-29s  %s", response.sequence(), response.words(), response.hex()));
        }
    }
}
