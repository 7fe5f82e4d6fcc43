package org.pop2.app.collect;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.SubCommands;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.CollectorSettings;
import org.pop2.app.config.Configuration;
import org.pop2.fetch.DeliveryException;
import org.pop2.fetch.FetchPreview;
import org.pop2.fetch.FetchResult;
import org.pop2.fetch.source.SourceException;
import org.pop2.storage.MailStore;
import org.pop2.storage.StoreException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Mono;

/** {@code pop2d collect}: accounts at providers, by hand. */
@Command(
        name = "collect",
        description = {
            "Brings the mail of accounts at providers (IMAP, POP3, POP2) to users here. A running server does "
                    + "so by itself, for"
                    + " each block collect.NAME of the configuration; doc/collect.md begins at the beginning.",
            ""
        },
        footer = {"", "Example:", "  pop2d collect test jon", "  pop2d collect run jon"})
public final class CollectCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    public static CommandLine with(Terminal terminal) {
        return new CommandLine(new CollectCommand())
                .addSubcommand(new ListAll(terminal))
                .addSubcommand(new Test(terminal))
                .addSubcommand(new Run(terminal))
                .addSubcommand(new AddAccount(terminal));
    }

    @Override
    public Integer call() {
        throw SubCommands.missing(spec);
    }

    @Command(
            name = "list",
            description = {
                "Lists the accounts of the configuration: name, user and folder here, where the mail comes from, how"
                        + " often, which messages, and what becomes of them there.",
                ""
            },
            footer = {"", "Example:", "  pop2d collect list"})
    static final class ListAll implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final ConfigOption config = new ConfigOption();

        ListAll(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            List<CollectorSettings> all = config.look(terminal).collectors();
            for (CollectorSettings each : all) {
                terminal.say(String.join(
                        "\t",
                        each.name(),
                        each.user() + "/" + each.folder(),
                        each.from().toString(),
                        "every " + each.every().toSeconds() + "s",
                        each.plan().which().name().toLowerCase(Locale.ROOT),
                        each.plan().atProvider().toString()));
            }
            if (all.isEmpty()) {
                terminal.warn("there is no collect.NAME in the configuration");
            }
            return ExitCode.OK;
        }
    }

    /** The chosen account. */
    private static final class Chosen {
        @Mixin
        private final ConfigOption config = new ConfigOption();

        @Parameters(paramLabel = "NAME", description = "The account: NAME of its block collect.NAME.")
        private String name = "";

        Configuration configuration(Terminal terminal) throws CommandFailedException {
            return config.read(terminal);
        }

        CollectorSettings of(Configuration configuration) throws CommandFailedException {
            return configuration.collectors().stream()
                    .filter(each -> each.name().equals(name.toLowerCase(Locale.ROOT)))
                    .findFirst()
                    .orElseThrow(() -> new CommandFailedException(
                            ExitCode.CONFIG, "there is no collect." + name + " in the configuration"));
        }
    }

    @Command(
            name = "test",
            description = {
                "Logs in to an account and shows which messages would be collected. Changes nothing, "
                        + "neither here nor there.",
                ""
            },
            footer = {
                "",
                "Exit codes: 0 it works; 69 the provider cannot be reached, or its certificate is not trusted; 75 try"
                        + " again later; 76 it does not keep to the protocol; 77 it does not accept user "
                        + "and password.",
                "",
                "Example:",
                "  pop2d collect test jon"
            })
    static final class Test implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final Chosen chosen = new Chosen();

        Test(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            Configuration configuration = chosen.configuration(terminal);
            CollectorSettings settings = chosen.of(configuration);
            return work(configuration, settings, (account, store) -> {
                account.look(session -> {
                    terminal.say(settings.from() + ": logged in"
                            + (session.canAwait() ? "; new mail is told at once (IDLE)" : ""));
                    FetchPreview found = session.preview();
                    terminal.say(found.there() + " messages are there, "
                            + found.wanted().size() + " would come to "
                            + settings.user() + "/" + settings.folder()
                            + (found.countsAnew() ? ", those that are not here already: it counts anew" : ""));
                });
                return ExitCode.OK;
            });
        }
    }

    @Command(
            name = "run",
            description = {
                "Collects the mail of an account once, as a running server does. If the server is just "
                        + "doing so, this says so and does nothing.",
                ""
            },
            footer = {
                "",
                "Exit codes: 0 all is here; 65 some messages were refused, or stay there; others as of "
                        + "pop2d collect test,"
                        + " and 67 there is no such user.",
                "",
                "Example:",
                "  pop2d collect run jon"
            })
    static final class Run implements Callable<Integer> {
        private final Terminal terminal;

        @Mixin
        private final Chosen chosen = new Chosen();

        Run(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws CommandFailedException {
            Configuration configuration = chosen.configuration(terminal);
            CollectorSettings settings = chosen.of(configuration);
            return work(configuration, settings, (account, store) -> {
                FetchResult result = account.once();
                terminal.say("collected " + result.stored() + " messages, " + result.octets() + " octets"
                        + (result.refused() > 0 ? "; " + result.refused() + " stay there and are tried again" : "")
                        + (result.left() > 0 ? "; " + result.left() + " stay there" : ""));
                return result.refused() > 0 ? ExitCode.DATA : ExitCode.OK;
            });
        }
    }

    /** Work on an account and the storage. */
    @FunctionalInterface
    private interface Work {
        int with(OneAccount account, MailStore store) throws IOException;
    }

    private static int work(Configuration configuration, CollectorSettings settings, Work work)
            throws CommandFailedException {
        MailStore store =
                Mono.from(configuration.storage().open()).blockOptional().orElseThrow();
        try {
            OneAccount account = new OneAccount(settings, store, new LoggedEvents(settings.name()), () -> false);
            return work.with(account, store);
        } catch (SourceException e) {
            throw new CommandFailedException(exitCode(e.reason()), String.valueOf(e.getMessage()), e);
        } catch (DeliveryException e) {
            int exitCode = e.kind() == DeliveryException.Kind.NO_RECIPIENT ? ExitCode.NO_USER : ExitCode.CANNOT_CREATE;
            throw new CommandFailedException(exitCode, String.valueOf(e.getMessage()), e);
        } catch (StoreException e) {
            throw CommandFailedException.of(e);
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.IO, Reasons.of(e), e);
        } finally {
            Mono.from(store.close()).block();
        }
    }

    private static int exitCode(SourceException.Reason reason) {
        return switch (reason) {
            case CONNECTION, TLS -> ExitCode.UNAVAILABLE;
            case LOGIN_REFUSED -> ExitCode.NO_PERMISSION;
            case PROTOCOL -> ExitCode.PROTOCOL;
            case REFUSED, GONE -> ExitCode.TRY_LATER;
        };
    }
}
