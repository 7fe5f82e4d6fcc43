package org.pop2.app.collect;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Questions;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.app.config.InvalidConfigurationException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pop2d collect add}: five questions, and a block of configuration. */
@Command(
        name = "add",
        description = {
            "Asks five questions and adds an account to the end of the configuration file. A line of standard input is an"
                    + " answer; an empty one takes what is in brackets.",
            ""
        },
        footer = {"", "Example:", "  pop2d collect add"})
final class AddAccount implements Callable<Integer> {
    /** When the providers' requirements were last verified. */
    private static final String KNOWN_IN = "2025";

    private static final String APP_PASSWORD = "wants a password made for one program (an app password)";

    /** IMAP host and login requirements by domain of the mail address. */
    private static final Map<String, Known> PROVIDERS = Map.of(
            "gmail.com", new Known("imap.gmail.com", APP_PASSWORD),
            "icloud.com", new Known("imap.mail.me.com", APP_PASSWORD),
            "yahoo.com", new Known("imap.mail.yahoo.com", APP_PASSWORD),
            "fastmail.com", new Known("imap.fastmail.com", APP_PASSWORD),
            "outlook.com", new Known("outlook.office365.com", "takes no password: token-command (OAuth 2)"),
            "gmx.net", new Known("imap.gmx.net", "wants IMAP to be allowed in its settings"),
            "web.de", new Known("imap.web.de", "wants IMAP to be allowed in its settings"));

    private record Known(String host, String wants) {}

    private final Terminal terminal;
    private final Questions questions;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    AddAccount(Terminal terminal) {
        this.terminal = terminal;
        this.questions = new Questions(terminal);
    }

    @Override
    public Integer call() throws CommandFailedException {
        Configuration before = config.read(terminal);
        String address =
                questions.ask("1. The account at the provider: a mail address, or imaps://USER@HOST/FOLDER", "");
        String from = address.contains("://") ? address : from(address);
        String user = questions.ask("2. The user here who gets the mail", localPart(address));
        String name = questions.ask("3. A name for it, small letters and digits", user.replaceAll("[^a-z0-9]", ""));
        String password = questions.ask("4. The file with the password", "conf/" + name + ".password");
        String after = questions.ask("5. At the provider, then: keep, mark-seen, move:FOLDER or delete", "keep");
        if (before.collectors().stream().anyMatch(each -> each.name().equals(name))) {
            throw new CommandFailedException(ExitCode.DATA, "there is a collect." + name + " already");
        }
        String block = "\ncollect." + word(name) + " {\n  user = " + quoted(user) + "\n  from = " + quoted(from)
                + "\n  password-file = " + quoted(password) + "\n  at-provider = " + quoted(after) + "\n}\n";
        write(block);
        terminal.say("added collect." + name + " to " + config.file(terminal) + "; next:");
        terminal.say("  write the password into " + before.directory().resolve(password)
                + ", which nobody else should be able to read");
        terminal.say("  pop2d collect test " + name);
        terminal.say("  restart the server");
        return ExitCode.OK;
    }

    private String from(String address) throws CommandFailedException {
        String domain = address.substring(address.indexOf('@') + 1).toLowerCase(Locale.ROOT);
        Known known = PROVIDERS.get(domain);
        if (known != null) {
            terminal.say("   " + domain + " " + known.wants() + ", as of " + KNOWN_IN);
        }
        return "imaps://" + address + "@"
                + (known == null ? questions.ask("   Its IMAP server", "imap." + domain) : known.host()) + "/INBOX";
    }

    private static String localPart(String address) {
        String user = address.replaceFirst("^[a-z0-9]+://", "");
        int at = user.indexOf('@');
        return (at < 0 ? user : user.substring(0, at)).toLowerCase(Locale.ROOT);
    }

    private static String word(String name) throws CommandFailedException {
        if (!name.matches("[a-z0-9]{1,20}")) {
            throw new CommandFailedException(ExitCode.DATA, "a name has 1 to 20 small letters and digits");
        }
        return name;
    }

    private static String quoted(String text) throws CommandFailedException {
        if (text.chars().anyMatch(c -> c == '"' || c == '\\' || Character.isISOControl(c))) {
            throw new CommandFailedException(ExitCode.DATA, "no quotes, backslashes and control characters, please");
        }
        return '"' + text + '"';
    }

    /** Appends the block if the result is a valid configuration. */
    private void write(String block) throws CommandFailedException {
        Path file = config.file(terminal);
        Path parent = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/"));
        try {
            Path probe = Files.createTempFile(parent, ".collect", ".conf");
            try {
                // beside it, so that relative paths and includes are the same
                Files.writeString(probe, Files.readString(file) + block);
                ConfigurationReader.read(probe, terminal.environment());
            } catch (InvalidConfigurationException e) {
                throw new CommandFailedException(
                        ExitCode.DATA,
                        "nothing is added: "
                                + String.valueOf(e.getMessage()).replace(probe.toString(), file.toString()),
                        e);
            } finally {
                Files.delete(probe);
            }
            Files.writeString(file, block, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.CANNOT_CREATE, file + " cannot be changed: " + Reasons.of(e), e);
        }
    }
}
