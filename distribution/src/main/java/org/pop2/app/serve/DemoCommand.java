package org.pop2.app.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.app.config.ConfigurationReader;
import org.pop2.app.config.InvalidConfigurationException;
import org.pop2.app.logging.Logging;
import org.pop2.auth.Passwords;
import org.pop2.management.AccessToken;
import org.pop2.protocol.Secret;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Message;
import org.pop2.storage.UserName;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code pop2d demo}: a server to look around in. */
@Command(
        name = "demo",
        description = {
            "Serves a few sample messages to user demo with password demo, on this machine only. It prints a session"
                    + " to try. Everything is in memory and gone when it is stopped.",
            ""
        },
        footer = {"", "Example:", "  pop2d demo --port 3109", "  pop2d demo --transcript --strict --status-page"})
public final class DemoCommand implements Callable<Integer> {
    private static final String DEMO = "demo";
    private static final String TRACE = "trace";
    private static final FolderName WORK = new FolderName("work");

    private record Sample(FolderName folder, String resource) {}

    private static final List<Sample> SAMPLES = List.of(
            new Sample(FolderName.INBOX, "welcome.eml"),
            new Sample(FolderName.INBOX, "commands.eml"),
            new Sample(FolderName.INBOX, "awkward.eml"),
            new Sample(WORK, "meeting.eml"),
            new Sample(WORK, "report.eml"));

    private final Terminal terminal;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "3109",
            description = "TCP port on 127.0.0.1; 0: any free one. Default: ${DEFAULT-VALUE}.")
    private String port = "";

    @Option(
            names = "--transcript",
            description = "Show what is said in each session: C: by the client, S: by the server.")
    private boolean transcript;

    @Option(names = "--strict", description = "Take the grammar of commands to the letter, as session.strict does.")
    private boolean strict;

    @Option(names = "--status-page", description = "Serve the status page as well, and print where and its token.")
    private boolean statusPage;

    public DemoCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        Path directory = temporaryDirectory();
        boolean started = false;
        try {
            String token = statusPage ? AccessToken.random().reveal() : "";
            Configuration configuration = ConfigurationReader.of(directory, values(directory, token));
            Logging.follow(configuration.log());
            Serving serving = Serving.start(configuration, DemoCommand::fill, () -> configuration);
            started = true;
            TranscriptTail tail = new TranscriptTail(directory.resolve(TRACE), terminal);
            if (transcript) {
                tail.start();
            }
            return UntilSignal.run(
                    terminal, serving, () -> invite(serving.address().getPort(), token), () -> {
                        tail.stop();
                        removeDirectory(directory);
                    });
        } catch (IOException e) {
            throw new CommandFailedException(
                    ExitCode.CANNOT_CREATE, "the demo cannot be made ready: " + Reasons.of(e), e);
        } catch (InvalidConfigurationException e) {
            throw new CommandFailedException(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
        } finally {
            if (!started) {
                removeDirectory(directory);
            }
        }
    }

    private Map<String, String> values(Path directory, String token) throws IOException {
        Map<String, String> values =
                new HashMap<>(Map.of("listen.port", port, "session.strict", "" + strict, "storage.type", "memory"));
        if (transcript) {
            values.put("trace.directory", directory.resolve(TRACE).toString());
        }
        if (!token.isEmpty()) {
            Path file = Files.writeString(directory.resolve("token"), token + "\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            values.put("management.port", "0");
            values.put("management.token-file", file.toString());
        }
        return values;
    }

    static Mono<Void> fill(MailStore store) {
        UserName user = new UserName(DEMO);
        Mono<Void> account = Mono.fromCallable(() -> Passwords.hash(Secret.of(DEMO.getBytes(StandardCharsets.UTF_8))))
                .flatMap(hash -> Mono.from(store.accounts().put(new Account(user, hash, true))));
        return account.thenMany(Flux.fromIterable(SAMPLES)
                        .concatMap(sample -> store.deliver(
                                user,
                                sample.folder(),
                                Message.of(Mono.fromCallable(() -> read(sample.resource())), "demo@localhost"))))
                .then();
    }

    private void invite(int at, String token) {
        if (!token.isEmpty()) {
            terminal.say("token of the status page: " + token);
        }
        terminal.say("");
        terminal.say("Try it:   nc 127.0.0.1 " + at);
        terminal.say("and type  HELO demo demo    log in: # is the number of messages");
        terminal.say("          READ 1            choose the first: = is its length in octets");
        terminal.say("          RETR              get it");
        terminal.say("          ACKS              keep it (ACKD: delete it); = is the length of the next");
        terminal.say("          FOLD work         open another folder");
        terminal.say("          QUIT");
        terminal.say("");
        terminal.say("Ctrl-C stops the server.");
    }

    private static ByteBuffer read(String resource) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                DemoCommand.class.getResourceAsStream("/org/pop2/app/demo/" + resource), resource)) {
            return ByteBuffer.wrap(in.readAllBytes());
        }
    }

    static Path temporaryDirectory() throws CommandFailedException {
        try {
            return Files.createTempDirectory("pop2d-demo");
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.CANNOT_CREATE, "no temporary directory: " + Reasons.of(e), e);
        }
    }

    static void removeDirectory(Path directory) {
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                    if (e != null) {
                        throw e;
                    }
                    Files.delete(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException | UncheckedIOException e) {
            LoggerFactory.getLogger(DemoCommand.class).warn("{} remains: {}", directory, e.toString());
        }
    }
}
