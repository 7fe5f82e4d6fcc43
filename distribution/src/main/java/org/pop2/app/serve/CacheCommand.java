package org.pop2.app.serve;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.app.deliver.DeliverCommand;
import org.pop2.app.logging.Logging;
import picocli.CommandLine.Command;

/**
 * {@code pop2d cache}: what {@code bin/pop2d} lets Java watch, to keep the classes as they are after a start. This side
 * is the rehearsal only: a server, sessions with it, and a delivery; Java writes the cache when the process ends.
 */
@Command(
        name = "cache",
        description = {
            "Makes the cache that lets pop2d start in a third of the time: a file in cache/ beside bin/ and lib/, some"
                    + " 35 MB for each Java that pop2d is started with. Takes some ten seconds.",
            "",
            "The first \"pop2d serve\" does so by itself, in the background, if that directory can be written. Who"
                    + " installs pop2d for others makes it once, with the same JAVA_HOME and POP2D_JAVA_OPTS. A new Java"
                    + " or other jars need a new one, and do without as long as there is none.",
            ""
        },
        footer = {"", "Example:", "  sudo pop2d cache"})
public final class CacheCommand implements Callable<Integer> {
    /** All classes are met in the second; what many sessions teach, Java would compile in the middle of a start. */
    private static final int SESSIONS = 3;

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final String CONFIGURATION = "listen { address = 127.0.0.1, port = 0 }\n";

    /** Each is answered by a line; RETR by as many octets as the line before told. */
    private static final List<String> EACH = List.of(
            "HELO demo demo", "READ 1", "RETR", "ACKS", "RETR", "NACK", "FOLD work", "READ 1", "RETR", "ACKS", "QUIT");

    private static final List<String> LAST = List.of("HELO demo demo", "READ 1", "RETR", "ACKD", "QUIT");

    private final Terminal terminal;

    public CacheCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        Path directory = DemoCommand.temporaryDirectory();
        try {
            Path file = directory.resolve("conf/pop2d.conf");
            Files.createDirectories(directory.resolve("conf"));
            Files.writeString(file, CONFIGURATION);
            // read as a server's is
            ConfigOption option = new ConfigOption();
            option.use(file);
            Configuration configuration = option.read(terminal);
            Logging.follow(configuration.log());
            Serving serving = Serving.start(configuration, DemoCommand::fill, () -> configuration);
            try {
                for (int i = 0; i < SESSIONS; i++) {
                    hold(serving.address(), EACH);
                }
                hold(serving.address(), LAST);
            } finally {
                serving.stop();
            }
            deliver(file);
            MethodHandles.lookup().ensureInitialized(UntilSignal.class);
            terminal.say("rehearsed");
            return ExitCode.OK;
        } catch (IllegalAccessException | IOException e) {
            throw new CommandFailedException(ExitCode.UNAVAILABLE, "the rehearsal failed: " + e.getMessage(), e);
        } finally {
            DemoCommand.removeDirectory(directory);
        }
    }

    /** What a mail system starts for each message. */
    private void deliver(Path configuration) throws CommandFailedException {
        InputStream message =
                new ByteArrayInputStream("Subject: a rehearsal\n\nHello.\n".getBytes(StandardCharsets.US_ASCII));
        Terminal piped =
                new Terminal(message, terminal.out(), terminal.err(), terminal.environment(), Optional.empty());
        DeliverCommand.plain(piped, "deliver", "--config", configuration.toString(), "--user", "demo")
                .orElseThrow()
                .call();
    }

    private static void hold(InetSocketAddress address, List<String> commands) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(address, (int) PATIENCE.toMillis());
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.setTcpNoDelay(true);
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            OutputStream out = socket.getOutputStream();
            long octets = lengthIn(line(in));
            for (String command : commands) {
                out.write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
                if (command.equals("RETR")) {
                    for (long left = octets; left > 0; left--) {
                        if (in.read() < 0) {
                            throw new IOException("the message ended too soon");
                        }
                    }
                } else {
                    octets = lengthIn(line(in));
                }
            }
        }
    }

    private static String line(BufferedReader in) throws IOException {
        String line = in.readLine();
        if (line == null || line.startsWith("-")) {
            throw new IOException("refused: " + line);
        }
        return line;
    }

    /** The number in {@code =123 octets}; of any other reply 0. */
    private static long lengthIn(String line) {
        return line.startsWith("=") ? Long.parseLong(line.substring(1).split("\\D", 2)[0]) : 0;
    }
}
