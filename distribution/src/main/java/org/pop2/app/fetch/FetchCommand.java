package org.pop2.app.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.Amounts;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.NewPassword;
import org.pop2.app.cli.PasswordOption;
import org.pop2.app.cli.ProgressBar;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.Terminal;
import org.pop2.app.mailbox.MailboxCommand;
import org.pop2.client.ClientSettings;
import org.pop2.client.ClientTls;
import org.pop2.client.Pop2Client;
import org.pop2.client.Pop2ClientException;
import org.pop2.client.Pop2Session;
import org.pop2.fetch.DeliveryException;
import org.pop2.fetch.FetchResult;
import org.pop2.fetch.Fetcher;
import org.pop2.fetch.FileJournal;
import org.pop2.fetch.Journal;
import org.pop2.fetch.Target;
import org.pop2.fetch.source.SourceAddress;
import org.pop2.protocol.Secret;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pop2d fetch}: mail of another server. */
@Command(
        name = "fetch",
        description = {
            "Fetches the mail of a user from any POP2 server, to an mbox, a Maildir or a mail system. "
                    + "With --from, that of"
                    + " an account of IMAP, POP3 or POP2. A message is on the disk, or taken by the mail system, "
                    + "before it is"
                    + " acknowledged, or anything changes there.",
            "",
            "It can be stopped, killed and run again: POP2 gives messages no names, so a state file remembers, by"
                    + " length and hash, what was fetched, and nothing is delivered twice. Messages that are kept are"
                    + " transferred again each time for that.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 all is fetched; 65 the mail system refused a message for good, which stays on the server; 67 it"
                    + " does not know the recipient; 69 there is no such server, or its certificate is not trusted; 74"
                    + " the mail cannot be written; 75 the connection was lost, or the mail system refuses for now: try"
                    + " again; 76 the server does not keep to the protocol; 77 it does not accept user and password.",
            "",
            "Example:",
            "  pop2d fetch --host dog-house --user postel --password-file secret \\",
            "    --to mbox:mail",
            "  pop2d fetch --from imaps://jon@imap.example.org --password-file secret \\",
            "    --to maildir:Maildir",
            "  pop2d fetch --host dog-house --user postel --delete \\",
            "    --to lmtp:/run/dovecot/lmtp"
        })
public final class FetchCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Option(names = "--host", paramLabel = "HOST", description = "The POP2 server. Or --from.")
    private String host = "";

    @Option(
            names = "--from",
            paramLabel = "URL",
            description = "Instead of --host and --user: an account at a provider, imaps://USER@HOST/FOLDER,"
                    + " imap:// (STARTTLS), pop3s://, pop3:// (STLS), pop2s:// or pop2://.")
    private @Nullable String from;

    @Option(names = "--port", paramLabel = "N", description = "Its port. Default: 109.")
    private int port = ClientSettings.PORT;

    @Option(names = "--tls", description = "TLS from the first octet on. Without it the password goes in clear.")
    private boolean tls;

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description = "Trust only the certificates in this file (PEM), a server's own or an authority's; with"
                    + " --tls. Default: those that Java trusts.")
    private @Nullable Path authorities;

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "The certificate (PEM) to show to a server that wants one; with --tls-key.")
    private @Nullable Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key: PEM, PKCS #8, unencrypted.")
    private @Nullable Path key;

    @Option(names = "--user", paramLabel = "NAME", description = "Whose mail.")
    private String user = "";

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            description = "Take the first line of the file for the password, instead of asking for it.")
    private @Nullable Path passwordFile;

    @Mixin
    private final PasswordOption password = new PasswordOption();

    @Option(
            names = "--folder",
            paramLabel = "FOLDER",
            description = "The mailbox, as the server names it. Default: the one it opens itself.")
    private @Nullable String folder;

    @Option(names = "--keep", description = "Leave the messages on the server. This is the default.")
    private boolean keep;

    @Option(names = "--delete", description = "Delete the messages on the server when they are safe here.")
    private boolean[] delete = {};

    @Option(
            names = "--count-lf",
            description = "For a server that counts CRLF at line ends and sends LF (JNOS): LF counts as two "
                    + "octets. Combined with --delete only if that is given twice, since such a message "
                    + "cannot be proved complete.")
    private boolean countLineFeeds;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "TARGET",
            description = "mbox:FILE, maildir:DIR, lmtp:HOST:PORT/RECIPIENT, lmtp:/SOCKET, or - for standard output as"
                    + " an mbox.")
    private String to = "";

    @Option(
            names = "--recipient",
            paramLabel = "ADDRESS",
            description = "The recipient for the mail system, if TARGET does not name one. Default: NAME.")
    private @Nullable String recipient;

    @Option(
            names = "--state",
            paramLabel = "FILE",
            description = "File that records what was fetched. Default: a file in ~/.local/state/pop2d; none "
                    + "for standard output.")
    private @Nullable Path stateFile;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "Fetch at most N messages, not counting those fetched before. Default: all.")
    private long limit = Long.MAX_VALUE;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            defaultValue = "2m",
            description = "Give up when the server is silent for this long. Default: ${DEFAULT-VALUE}.")
    private String timeout = "";

    public FetchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        if (from != null) {
            return account(from);
        }
        if (host.isEmpty() || user.isEmpty()) {
            throw new CommandFailedException(ExitCode.USAGE, "from where? --host and --user, or --from");
        }
        return pop2();
    }

    private Integer pop2() throws CommandFailedException {
        Destination destination;
        ClientSettings settings;
        try {
            destination = Destination.of(to, recipient == null ? user : recipient);
            settings = settings();
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
        }
        requireSense(destination);
        requirePlace(destination);
        Secret secret = secret(user);
        Optional<Path> notes = state(destination, host, "" + port, user, folder == null ? "" : folder);
        try (ProgressBar bar = ProgressBar.on(terminal, 0);
                Journal journal = notes.isEmpty()
                        ? new Forgotten()
                        : FileJournal.open(notes.get(), "fetch", subject(destination));
                Target target = Targets.open(
                        destination,
                        terminal.out(),
                        beside(notes),
                        terminal.environment().getOrDefault("HOSTNAME", "localhost"),
                        settings.replyTimeout())) {
            Watcher watcher = new Watcher(terminal, bar);
            Fetcher fetcher = Fetcher.of(
                    target,
                    journal,
                    Watcher.plan(delete.length > 0),
                    new LeadingFrom(),
                    watcher,
                    () -> watcher.stored() >= limit,
                    Clock.systemUTC());
            run(fetcher, Pop2Client.of(settings), secret, bar);
            String summary = summary(fetcher) + " from " + host
                    + (destination instanceof Destination.Output ? "" : " to " + destination);
            if (destination instanceof Destination.Output) {
                terminal.warn(summary);
            } else {
                terminal.say(summary);
            }
            return watcher.exitCode();
        } catch (IOException e) {
            throw MailboxCommand.failed("not fetched: ", e);
        } finally {
            secret.wipe();
        }
    }

    private Integer account(String url) throws CommandFailedException {
        SourceAddress address;
        Destination destination;
        Duration limitOfAnswers;
        if (!host.isEmpty() || !user.isEmpty() || folder != null || tls || countLineFeeds || certificate != null) {
            throw new CommandFailedException(
                    ExitCode.USAGE, "--from says it all: no --host, --user, --folder, --tls, --tls-cert, --count-lf");
        }
        try {
            address = SourceAddress.of(url);
            destination = Destination.of(to, recipient == null ? address.user() : recipient);
            limitOfAnswers = StoreSettings.durationOf(timeout);
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(ExitCode.USAGE, "--from: " + e.getMessage(), e);
        }
        if (address.scheme().isPop2()) {
            host = address.host();
            port = address.port();
            user = address.user();
            folder = address.folder().isEmpty() ? null : address.folder();
            tls = address.scheme() == SourceAddress.Scheme.POP2S;
            return pop2();
        }
        requireSense(destination);
        Secret secret = secret(address.user());
        Optional<Path> notes = state(destination, address.toString());
        try {
            AccountFetch fetch =
                    new AccountFetch(terminal, address, secret, Optional.ofNullable(authorities), limitOfAnswers);
            return fetch.to(destination, notes, beside(notes), delete.length > 0, limit);
        } finally {
            secret.wipe();
        }
    }

    /** What is fetched and where to, as the state has it. */
    private String subject(Destination destination) {
        return user + "@" + host + ":" + port + "/" + (folder == null ? "" : folder) + " to " + destination;
    }

    /** Where an mbox keeps what has to survive a crash. */
    private static Path beside(Optional<Path> notes) {
        Path file = notes.orElse(Path.of("")).toAbsolutePath();
        return file.resolveSibling(file.getFileName() + ".mbox");
    }

    private void run(Fetcher fetcher, Pop2Client client, Secret secret, ProgressBar bar) throws CommandFailedException {
        int exitCode;
        Exception failure;
        try {
            Pop2Session session = client.connect(user, secret).blockOptional().orElseThrow();
            try {
                fetcher.run(session, Optional.ofNullable(folder));
            } finally {
                session.close();
            }
            bar.wipe();
            return;
        } catch (Pop2ClientException e) {
            exitCode = exitCode(e.reason());
            failure = e;
        } catch (DeliveryException e) {
            exitCode = e.kind() == DeliveryException.Kind.NO_RECIPIENT ? ExitCode.NO_USER : ExitCode.TRY_LATER;
            failure = e;
        } catch (StoreException e) {
            exitCode = CommandFailedException.of(e).exitCode();
            failure = e;
        } catch (IllegalArgumentException e) {
            // a name or a password that fits in no command line
            exitCode = ExitCode.DATA;
            failure = e;
        } catch (IOException e) {
            exitCode = ExitCode.IO;
            failure = e;
        }
        bar.wipe();
        String soFar = fetcher.result().stored() == 0 ? "" : "stopped, " + summary(fetcher) + ": ";
        String hint = failure instanceof Pop2ClientException of && of.reason() == Pop2ClientException.Reason.COUNTS_CRLF
                ? "; fetch it with --count-lf"
                : "";
        throw new CommandFailedException(exitCode, soFar + failure.getMessage() + hint, failure);
    }

    private static int exitCode(Pop2ClientException.Reason reason) {
        return switch (reason) {
            case UNREACHABLE, TLS -> ExitCode.UNAVAILABLE;
            case NOT_POP2, PROTOCOL_ERROR, COUNTS_CRLF -> ExitCode.PROTOCOL;
            case LOGIN_REFUSED -> ExitCode.NO_PERMISSION;
            case REFUSED, TIMED_OUT, DISCONNECTED, UNCONFIRMED -> ExitCode.TRY_LATER;
            case CLOSED -> ExitCode.SOFTWARE;
        };
    }

    private static String summary(Fetcher fetcher) {
        FetchResult result = fetcher.result();
        return "fetched " + Amounts.messages(result.stored())
                + (fetcher.known() == 0 ? "" : ", " + Amounts.messages(fetcher.known()) + " had been fetched before")
                + (result.refused() == 0 ? "" : ", " + Amounts.messages(result.refused()) + " were refused");
    }

    private void requireSense(Destination destination) throws CommandFailedException {
        String wrong = null;
        if (keep && delete.length > 0) {
            wrong = "--keep or --delete, not both";
        } else if (authorities != null && !tls && from == null) {
            wrong = "--tls-ca needs --tls";
        } else if ((certificate == null) != (key == null)) {
            wrong = "--tls-cert and --tls-key: both or neither";
        } else if (certificate != null && !tls) {
            wrong = "--tls-cert needs --tls";
        } else if (limit < 1) {
            wrong = "--limit: at least 1";
        } else if (passwordFile != null && password.fromInput()) {
            wrong = "--password-file or --password-stdin, not both";
        } else if (delete.length > 0 && destination instanceof Destination.Output) {
            wrong = "--delete: nobody knows whether what is written to standard output is safe; name a file";
        }
        if (wrong == null && countLineFeeds && delete.length == 1) {
            wrong = "--count-lf with --delete: a message whose length is guessed cannot be proved complete. Look at"
                    + " what was fetched, and say --delete --delete then";
        }
        if (wrong != null) {
            throw new CommandFailedException(ExitCode.USAGE, wrong);
        }
    }

    /** A directory that is not there is a slip of the finger: nobody's mail goes below a new one. */
    private static void requirePlace(Destination destination) throws CommandFailedException {
        Path file = null;
        if (destination instanceof Destination.Mbox mbox) {
            file = mbox.file();
        } else if (destination instanceof Destination.Maildir maildir) {
            file = maildir.directory();
        }
        Path directory = file == null ? null : file.getParent();
        if (directory != null && !Files.isDirectory(directory)) {
            throw new CommandFailedException(
                    ExitCode.CANNOT_CREATE, "--to: there is no directory " + directory + "; make it first");
        }
    }

    private ClientSettings settings() {
        Duration limit = StoreSettings.durationOf(timeout);
        ClientSettings settings = ClientSettings.of(host, port)
                .withReplyTimeout(limit)
                .withStallTimeout(limit)
                .withCountLineFeeds(countLineFeeds);
        if (!tls) {
            return settings;
        }
        ClientTls trust = authorities == null ? ClientTls.ofSystem() : ClientTls.trusting(authorities);
        return settings.withTls(certificate == null || key == null ? trust : trust.withCertificate(certificate, key));
    }

    private Secret secret(String whose) throws CommandFailedException {
        if (passwordFile == null) {
            return NewPassword.existing(terminal, whose, password.fromInput());
        }
        try (InputStream in = Files.newInputStream(passwordFile)) {
            return NewPassword.existing(in);
        } catch (IOException e) {
            throw MailboxCommand.failed("the password: ", e);
        }
    }

    /** @param of what is fetched */
    private Optional<Path> state(Destination destination, String... of) throws CommandFailedException {
        try {
            if (stateFile != null) {
                return Optional.of(stateFile);
            }
            if (destination instanceof Destination.Output) {
                return Optional.empty();
            }
            Path directory = Files.createDirectories(stateDirectory());
            String all = String.join("\0", of) + "\0" + destination;
            String name = UUID.nameUUIDFromBytes(all.getBytes(StandardCharsets.UTF_8)) + ".fetch";
            return Optional.of(directory.resolve(name));
        } catch (IOException e) {
            throw new CommandFailedException(
                    ExitCode.CANNOT_CREATE,
                    "the state file cannot be made: " + Reasons.of(e) + "; try --state FILE",
                    e);
        }
    }

    private Path stateDirectory() throws CommandFailedException {
        String state = terminal.environment().getOrDefault("XDG_STATE_HOME", "");
        String home = terminal.environment().getOrDefault("HOME", "");
        if (state.isEmpty() && home.isEmpty()) {
            throw new CommandFailedException(ExitCode.USAGE, "there is no HOME: say --state FILE");
        }
        return (state.isEmpty() ? Path.of(home, ".local", "state") : Path.of(state)).resolve("pop2d");
    }
}
