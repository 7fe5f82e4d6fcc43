package org.pop2.app.user;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.auth.Passwords;
import org.pop2.auth.UnusableHashException;
import org.pop2.storage.Account;
import org.pop2.storage.Accounts;
import org.pop2.storage.Quota;
import org.pop2.storage.UserName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code pop2d user import}: users of another server. */
@Command(
        name = "import",
        description = {
            "Adds the users of a password file as Dovecot has it, lines of user:{SCHEME}hash. Users that "
                    + "exist stay as"
                    + " they are. Lines that cannot be imported are named, and skipped.",
            ""
        },
        footer = {"", "Example:", "  pop2d user import /etc/dovecot/users"})
final class UserImportCommand implements Callable<Integer> {
    private static final String QUOTA = "userdb_quota_rule=";
    private static final int EXTRA_FIELD = 7;
    private static final int MAX_LINE = 4096;

    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Parameters(paramLabel = "FILE", description = "The password file; - is standard input.")
    private String file = "";

    @Option(names = "--replace", description = "Replace users that exist.")
    private boolean replace;

    UserImportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        Configuration configuration = config.read(terminal);
        List<Account> accounts = new ArrayList<>();
        boolean allGood = read(accounts);
        Integer added = Stores.work(
                configuration.storage(),
                Stores.ADMINISTRATION.plusSeconds(accounts.size()),
                store -> put(store.accounts(), accounts));
        terminal.say("imported " + added + (Integer.valueOf(1).equals(added) ? " user" : " users"));
        return allGood ? ExitCode.OK : ExitCode.DATA;
    }

    private Mono<Integer> put(Accounts store, List<Account> accounts) {
        Mono<Set<UserName>> present = replace
                ? Mono.just(Set.of())
                : Flux.from(store.list()).map(Account::user).collect(Collectors.toSet());
        return present.flatMap(users -> {
            List<Account> wanted = new ArrayList<>();
            for (Account account : accounts) {
                if (users.contains(account.user())) {
                    terminal.warn(account.user() + " exists and stays");
                } else {
                    wanted.add(account);
                }
            }
            Mono<Void> stored = store.putAll(wanted)
                    .map(Mono::from)
                    .orElseGet(() ->
                            Flux.fromIterable(wanted).concatMap(store::put).then());
            return wanted.isEmpty() ? Mono.just(0) : stored.thenReturn(wanted.size());
        });
    }

    /** Whether every line was good. */
    private boolean read(List<Account> accounts) throws CommandFailedException {
        boolean allGood = true;
        Set<UserName> names = new HashSet<>();
        try (BufferedReader lines = open()) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (line.isBlank() || line.strip().startsWith("#")) {
                    continue;
                }
                try {
                    Account account = account(line);
                    if (!names.add(account.user())) {
                        throw new UnsuitableException("a second one for " + account.user() + "; the first one counts");
                    }
                    accounts.add(account);
                } catch (UnsuitableException e) {
                    // never the line itself: it may hold a password
                    terminal.warn("line " + number + ": " + e.getMessage());
                    allGood = false;
                }
            }
        } catch (NoSuchFileException e) {
            throw new CommandFailedException(ExitCode.NO_INPUT, "there is no file " + file, e);
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.IO, "reading " + file + ": " + Reasons.of(e), e);
        }
        return allGood;
    }

    private BufferedReader open() throws IOException {
        return new BufferedReader(
                file.equals("-")
                        ? new InputStreamReader(terminal.in(), StandardCharsets.UTF_8)
                        : new InputStreamReader(Files.newInputStream(Path.of(file)), StandardCharsets.UTF_8));
    }

    private static Account account(String line) throws UnsuitableException {
        if (line.length() > MAX_LINE) {
            throw new UnsuitableException("it is longer than " + MAX_LINE + " characters");
        }
        // the extra fields may have colons of their own
        String[] fields = line.split(":", EXTRA_FIELD + 1);
        Optional<UserName> user = UserName.of(fields[0].strip());
        if (user.isEmpty()) {
            throw new UnsuitableException("it does not begin with a name that a user can have here");
        }
        String hash = fields.length > 1 ? fields[1].strip() : "";
        if (hash.startsWith("$")) {
            // what Dovecot takes a hash without a scheme for
            hash = "{CRYPT}" + hash;
        }
        boolean disabled = fields.length > EXTRA_FIELD
                && Arrays.stream(fields[EXTRA_FIELD].split("\\s+"))
                        .anyMatch(word -> word.equals("nologin") || word.equals("nologin=y"));
        Optional<Quota> quota = Arrays.stream(
                        fields.length > EXTRA_FIELD ? fields[EXTRA_FIELD].split("\\s+") : new String[0])
                .filter(word -> word.startsWith(QUOTA))
                .findFirst()
                .flatMap(word -> Quota.ofRule(word.substring(QUOTA.length())));
        try {
            Passwords.requireUsable(hash);
            return new Account(user.get(), hash, !disabled, quota);
        } catch (UnusableHashException e) {
            throw new UnsuitableException("the hash of " + user.get() + " cannot be used, " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new UnsuitableException("the hash of " + user.get() + " is not of printable ASCII, or too long");
        }
    }

    /** A line that is no account. */
    private static final class UnsuitableException extends Exception {
        private static final long serialVersionUID = 1L;

        UnsuitableException(String message) {
            super(message);
        }
    }
}
