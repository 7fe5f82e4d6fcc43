package org.pop2.app.user;

import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.Octets;
import org.pop2.storage.Account;
import org.pop2.storage.Quota;
import org.pop2.storage.Usage;
import org.pop2.storage.UserName;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import reactor.core.publisher.Mono;

/** {@code pop2d user quota}: how much mail a user may have, and has. */
@Command(
        name = "quota",
        description = {
            "Sets how much mail a user may have in all folders together, or prints it: with tabs between,"
                    + " messages and"
                    + " octets on the wire, for each how many there are and how many may be.",
            "",
            "Mail beyond that is refused when it comes; nothing is ever deleted.",
            ""
        },
        footer = {
            "",
            "Example:",
            "  pop2d user quota postel",
            "  pop2d user quota postel --messages 1000 --octets 100MiB",
            "  pop2d user quota postel --default"
        })
public final class UserQuotaCommand implements Callable<Integer> {
    private final Terminal terminal;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Mixin
    private final OneAccount one = new OneAccount();

    @Option(names = "--messages", paramLabel = "N", description = "Most messages; 0: any number.")
    private @Nullable Long messages;

    @Option(
            names = "--octets",
            paramLabel = "SIZE",
            description = "Most octets, a number or one with a unit such as 100MiB; 0: any number.")
    private @Nullable String octets;

    @Option(names = "--default", description = "The default: quota.messages and quota.octets of the configuration say.")
    private boolean asConfigured;

    @Option(names = "--unlimited", description = "No limit, whatever the configuration says.")
    private boolean unlimited;

    UserQuotaCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        boolean limits = messages != null || octets != null;
        if ((limits ? 1 : 0) + (asConfigured ? 1 : 0) + (unlimited ? 1 : 0) > 1) {
            throw usage("--default, --unlimited, or limits: one of them");
        }
        if (messages != null && messages < 0) {
            throw usage("--messages: expected a number, 0 or more");
        }
        Long mostOctets = octets == null ? null : octets(octets);
        UserName user = one.user();
        Configuration configuration = one.configuration(terminal);
        if (limits || asConfigured || unlimited) {
            Quota usual = configuration.storage().settings().quota();
            AccountWork.change(configuration, user, account -> account.withQuota(quota(account, usual, mostOctets)));
        }
        print(configuration, user);
        return ExitCode.OK;
    }

    /** A limit that is not named stays what it is. */
    private Optional<Quota> quota(Account account, Quota usual, @Nullable Long mostOctets) {
        if (asConfigured) {
            return Optional.empty();
        }
        if (unlimited) {
            return Optional.of(Quota.UNLIMITED);
        }
        Quota before = account.quota().orElse(usual);
        return Optional.of(new Quota(
                messages == null ? before.messages() : messages, mostOctets == null ? before.octets() : mostOctets));
    }

    private long octets(String text) {
        try {
            return Octets.of(text);
        } catch (IllegalArgumentException e) {
            throw usage("--octets: " + e.getMessage());
        }
    }

    private CommandLine.ParameterException usage(String message) {
        CommandLine.Model.CommandSpec self = spec;
        if (self == null) {
            throw new IllegalStateException("picocli did not say which command this is");
        }
        return new CommandLine.ParameterException(self.commandLine(), message);
    }

    private void print(Configuration configuration, UserName user) throws CommandFailedException {
        AccountWork.account(configuration, user);
        Usage usage =
                Stores.work(configuration.storage(), Stores.ADMINISTRATION, store -> Mono.from(store.usage(user)));
        if (usage != null) {
            terminal.say(
                    "messages\t" + usage.messages() + "\t" + limit(usage.quota().messages()));
            terminal.say(
                    "octets\t" + usage.octets() + "\t" + limit(usage.quota().octets()));
        }
    }

    /** What there may be, in words. */
    public static String limit(long most) {
        return most == 0 ? "unlimited" : Long.toString(most);
    }
}
