package org.pop2.app.operate;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.Addresses;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.Stores;
import org.pop2.app.cli.Terminal;
import org.pop2.app.cli.Trust;
import org.pop2.app.config.CollectorSettings;
import org.pop2.app.config.Configuration;
import org.pop2.app.mailbox.MailboxCommand;
import org.pop2.management.AccessToken;
import org.pop2.net.TlsException;
import org.pop2.net.TlsSettings;
import org.pop2.server.ListenerSettings;
import org.pop2.storage.FolderName;
import org.pop2.storage.StoreException;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.exchange.OpenMailbox;
import org.pop2.storage.fs.exchange.OpenStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pop2d doctor}: looks for what is wrong before somebody else does. */
@Command(
        name = "doctor",
        description = {
            "Looks for what is wrong: configuration, permissions, certificates, clock, ports, storage, locks, other programs at the mailboxes; and, with"
                    + " --mailboxes or --user, at messages that old clients stumble over: lines of more than 998 octets, NUL"
                    + " octets, octets beyond ASCII, and CR without LF. Prints a line for each thing: ok, note, warn or fail,"
                    + " a tab, and what was found. No mail is changed; the storage is opened as any command opens it, which"
                    + " makes missing directories and brings a schema up to date.",
            "",
            "A mailbox that is looked at is held like a session's: its user waits meanwhile. One that a session holds is"
                    + " left alone.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 nothing fails; 69 something does; 78 the configuration is wrong; 67 no such user.",
            "",
            "Example:",
            "  pop2d doctor --user postel"
        })
public final class DoctorCommand implements Callable<Integer> {
    /** Before this was written: a clock that was never set. */
    private static final Instant EARLIEST =
            LocalDate.of(2026, 1, 1).atStartOfDay().toInstant(ZoneOffset.UTC);

    private static final int FIRST_UNPRIVILEGED = 1024;
    private static final Duration SKEW = Duration.ofSeconds(10);

    private enum Finding {
        OK,
        NOTE,
        WARN,
        FAIL
    }

    private final Terminal terminal;
    private boolean failed;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    @Option(names = "--mailboxes", description = "Look into everybody's mailboxes, too.")
    private boolean mailboxes;

    @Option(names = "--user", paramLabel = "NAME", description = "Look into the mailboxes of this user, too.")
    private @Nullable String user;

    public DoctorCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException, IOException {
        Configuration configuration = config.look(terminal);
        Path file = config.file(terminal);
        say(Finding.OK, "configuration: " + file);
        permissions(configuration, file);
        certificates(configuration);
        collectors(configuration);
        configuration.saslauthd().ifPresent(this::saslauthd);
        clock(configuration);
        ports(configuration);
        Housekeeping.listeners(configuration.listeners(), text -> say(Finding.WARN, text));
        Housekeeping.room(configuration, text -> say(Finding.WARN, text));
        Housekeeping.foreign(configuration.directory()).ifPresent(text -> say(Finding.FAIL, "permissions: " + text));
        if (Trust.isRoot() && Trust.doubt(configuration.files()).isPresent()) {
            say(Finding.NOTE, "storage: not opened; root would do what somebody else can write");
        } else if (!configuration.storage().provider().isShared()) {
            say(Finding.NOTE, "storage " + configuration.storage().provider().name() + ": the server alone has it");
        } else {
            storage(configuration);
        }
        return failed ? ExitCode.UNAVAILABLE : ExitCode.OK;
    }

    private void say(Finding finding, String what) {
        failed |= finding == Finding.FAIL;
        terminal.say(finding.name().toLowerCase(Locale.ROOT) + "\t" + what);
    }

    // ---- permissions

    private void permissions(Configuration configuration, Path file) {
        Optional<String> doubt = Trust.doubt(configuration.files());
        if (doubt.isPresent()) {
            say(Finding.FAIL, "permissions: " + doubt.get());
        } else if (has(file, PosixFilePermission.OTHERS_READ) && hasSecret(configuration)) {
            say(
                    Finding.WARN,
                    "permissions: " + file + " holds a password and can be read by everybody: chmod o-r " + file);
        } else {
            say(Finding.OK, "permissions: " + file);
        }
        for (ListenerSettings listener : configuration.listeners()) {
            listener.tls().map(TlsSettings::key).ifPresent(key -> {
                if (has(key, PosixFilePermission.OTHERS_READ)) {
                    say(Finding.FAIL, "permissions: " + key + " can be read by everybody: chmod o-r " + key);
                }
            });
        }
        configuration.management().flatMap(Configuration.Management::tokenFile).ifPresent(token -> {
            try {
                AccessToken.in(token);
                say(Finding.OK, "management token: " + token);
            } catch (IOException e) {
                say(Finding.FAIL, "management token: " + Reasons.of(e));
            }
        });
    }

    private static boolean hasSecret(Configuration configuration) {
        return configuration.entries().stream()
                .anyMatch(entry -> entry.value().contains("***")
                        && entry.origin()
                                .filter(where -> !where.startsWith("POP2D_"))
                                .isPresent());
    }

    /** Whether it is there and has that permission. */
    private static boolean has(Path file, PosixFilePermission permission) {
        try {
            return file.getFileSystem().supportedFileAttributeViews().contains("posix")
                    && Files.getPosixFilePermissions(file).contains(permission);
        } catch (IOException e) {
            // what is not there is found out where it is needed
            return false;
        }
    }

    private void certificates(Configuration configuration) {
        for (ListenerSettings listener : configuration.listeners()) {
            if (listener.tls().isPresent()) {
                TlsSettings tls = listener.tls().get();
                try {
                    tls.check();
                    say(Finding.OK, "certificate: " + tls.certificate());
                } catch (TlsException e) {
                    say(Finding.FAIL, "certificate: " + e.getMessage());
                }
            }
        }
    }

    /** What can be seen without the provider; pop2d collect test asks it. */
    private void collectors(Configuration configuration) {
        for (CollectorSettings collector : configuration.collectors()) {
            String name = "collect." + collector.name();
            Optional<Path> password = collector.passwordFile();
            Optional<Path> unreadable = Stream.concat(password.stream(), collector.authorities().stream())
                    .filter(file -> !Files.isReadable(file))
                    .findFirst();
            if (unreadable.isPresent()) {
                say(Finding.FAIL, name + ": " + unreadable.get() + " is not there, or cannot be read");
            } else if (password.isPresent() && has(password.get(), PosixFilePermission.OTHERS_READ)) {
                say(
                        Finding.FAIL,
                        name + ": " + password.get() + " can be read by everybody: chmod o-r " + password.get());
            } else {
                say(
                        Finding.OK,
                        name + ": " + collector.from() + "; pop2d collect test " + collector.name() + " tries it");
            }
        }
    }

    private void saslauthd(Path socket) {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            say(Finding.OK, "logins: saslauthd listens on " + channel.getRemoteAddress());
        } catch (IOException e) {
            say(
                    Finding.FAIL,
                    "logins: nobody can log in, for saslauthd cannot be asked on " + socket + ": "
                            + String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT));
        }
    }

    // ---- the clock

    private void clock(Configuration configuration) throws IOException {
        Instant now = Instant.now();
        if (now.isBefore(EARLIEST)) {
            say(
                    Finding.FAIL,
                    "clock: it is " + now + " here; certificates, leases and one-time passwords need the time");
            return;
        }
        // a file server has a clock of its own; what is compared by age would be wrong
        Path directory = configuration.directory();
        if (!Files.isWritable(directory)) {
            say(Finding.OK, "clock: " + now);
            return;
        }
        Path probe = Files.createTempFile(directory, ".pop2d-doctor", "");
        try {
            Duration skew = Duration.between(
                            now, Files.getLastModifiedTime(probe).toInstant())
                    .abs();
            if (skew.compareTo(SKEW) > 0) {
                say(Finding.FAIL, "clock: the file system of " + directory + " is " + skew.toSeconds() + " s apart");
            } else {
                say(Finding.OK, "clock: " + now + ", and the file system of " + directory + " agrees");
            }
        } finally {
            Files.delete(probe);
        }
    }

    // ---- ports

    private void ports(Configuration configuration) {
        for (ListenerSettings listener : configuration.listeners()) {
            port("listener " + listener.name(), listener.address());
        }
        configuration.lmtp().ifPresent(lmtp -> lmtp(lmtp.address()));
        configuration.management().ifPresent(management -> port("management", management.address()));
    }

    private void lmtp(SocketAddress address) {
        if (address instanceof InetSocketAddress inet) {
            port("lmtp", inet);
        } else if (address instanceof UnixDomainSocketAddress unix) {
            Path directory = unix.getPath().toAbsolutePath().getParent();
            if (Files.exists(unix.getPath())) {
                say(Finding.NOTE, "lmtp: " + unix + " is there: the server runs, or another program has it");
            } else if (directory == null || !Files.isWritable(directory)) {
                say(Finding.FAIL, "lmtp: " + unix + ": its directory cannot be written, or is not there");
            } else {
                say(Finding.OK, "lmtp: " + unix + " is free");
            }
        }
    }

    private void port(String what, InetSocketAddress address) {
        String shown = what + ": " + Addresses.shown(address);
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(address, 1);
            say(Finding.OK, shown + " is free");
        } catch (java.net.BindException e) {
            String message = String.valueOf(e.getMessage());
            if (message.contains("in use")) {
                say(Finding.NOTE, shown + " is in use: the server runs, or another program has it");
            } else if (address.getPort() < FIRST_UNPRIVILEGED && message.contains("ermission")) {
                say(
                        Finding.NOTE,
                        shown + " was not tried: ports below " + FIRST_UNPRIVILEGED
                                + " need a privilege, which the service"
                                + " has (CAP_NET_BIND_SERVICE) and you have not");
            } else {
                say(Finding.FAIL, shown + ": " + message);
            }
        } catch (IOException e) {
            say(Finding.FAIL, shown + ": " + e.getMessage());
        }
    }

    // ---- the storage

    private void storage(Configuration configuration) throws CommandFailedException, IOException {
        String name = "storage " + configuration.storage().provider().name();
        // opening tries the locks, writes to the state directory, or asks the database for its schema
        try (OpenStore store = Stores.open(configuration.storage())) {
            List<UserName> users = store.users();
            say(users.isEmpty() ? Finding.NOTE : Finding.OK, name + ": opens, and has " + users.size() + " users");
            mailboxes(store, users);
            for (CollectorSettings collector : configuration.collectors()) {
                if (!users.contains(collector.user())) {
                    say(Finding.FAIL, "collect." + collector.name() + ": there is no user " + collector.user());
                }
            }
            if (mailboxes || user != null) {
                for (UserName each : MailboxCommand.users(store, user)) {
                    for (FolderName folder : store.folders(each)) {
                        mailbox(store, each, folder);
                    }
                }
            }
        } catch (StoreException e) {
            say(Finding.FAIL, name + ": " + e.getMessage());
        }
    }

    private void mailboxes(OpenStore store, List<UserName> users) {
        store.examine(users).ifPresent(found -> {
            if (found.isEmpty()) {
                say(Finding.OK, "mailboxes: nothing is in the way of one");
            }
            found.forEach(each -> say(Finding.valueOf(each.severity().name()), "mailboxes: " + each.text()));
        });
    }

    private void mailbox(OpenStore store, UserName owner, FolderName folder) throws IOException {
        String name = "mailbox " + owner + "/" + folder;
        try (OpenMailbox mailbox = store.open(owner, folder)) {
            boolean clean = true;
            for (int number = 1; number <= mailbox.count(); number++) {
                Stumbling stumbling = new Stumbling();
                mailbox.read(number, stumbling::add);
                Optional<String> found = stumbling.found();
                if (found.isPresent()) {
                    clean = false;
                    say(Finding.NOTE, name + ": message " + number + ": " + found.get());
                }
            }
            if (clean) {
                say(Finding.OK, name + ": " + mailbox.count() + " messages");
            }
        } catch (StoreException e) {
            say(e.reason() == StoreException.Reason.BUSY ? Finding.NOTE : Finding.FAIL, name + ": " + e.getMessage());
        }
    }
}
