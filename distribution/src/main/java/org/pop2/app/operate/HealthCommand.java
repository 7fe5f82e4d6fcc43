package org.pop2.app.operate;

import com.typesafe.config.Config;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.pop2.app.cli.Addresses;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Reasons;
import org.pop2.app.cli.Terminal;
import org.pop2.app.config.Configuration;
import org.pop2.net.TlsSettings;
import org.pop2.server.ListenerSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pop2d health}: whether the server of this instance serves. */
@Command(
        name = "health",
        description = {
            "Asks the running server whether it is ready: its listener for operators if management.port is set; else"
                    + " each listener of POP2 has to greet. For health checks of containers and service managers; needs"
                    + " no token.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 it is ready; 69 it is not, or does not answer; 78 the configuration is wrong.",
            "",
            "Example:",
            "  pop2d health"
        })
public final class HealthCommand implements Callable<Integer> {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    /** Longest greeting looked at. */
    private static final int LINE = 512;

    private final Terminal terminal;

    @Mixin
    private final ConfigOption config = new ConfigOption();

    public HealthCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws CommandFailedException {
        Configuration configuration = config.look(terminal);
        if (configuration.management().isPresent()) {
            Operator.Said said = Operator.withoutToken(configuration).ask("GET", "/health/ready");
            if (said.status() != 200) {
                throw new CommandFailedException(ExitCode.UNAVAILABLE, "the server is not ready: " + down(said.body()));
            }
        } else {
            greetings(configuration.listeners());
        }
        terminal.say("ready");
        return ExitCode.OK;
    }

    /** Of the checks, those that fail. */
    private static String down(Config checks) {
        return checks.entrySet().stream()
                .filter(check -> Boolean.FALSE.equals(check.getValue().unwrapped()))
                .map(check -> check.getKey() + " fails")
                .sorted()
                .collect(Collectors.joining(", "));
    }

    private static void greetings(List<ListenerSettings> listeners) throws CommandFailedException {
        for (ListenerSettings listener : listeners) {
            InetSocketAddress there = Addresses.reachable(listener.address());
            if (there.getPort() == 0) {
                throw new CommandFailedException(
                        ExitCode.CONFIG, "the port is 0: only the server knows which it took; set management.port");
            }
            try {
                greeting(listener, there);
            } catch (IOException | GeneralSecurityException e) {
                String why = e instanceof IOException io ? Reasons.of(io) : String.valueOf(e.getMessage());
                throw new CommandFailedException(
                        ExitCode.UNAVAILABLE,
                        "the server does not answer at " + Addresses.shown(there) + ": " + why.toLowerCase(Locale.ROOT),
                        e);
            }
        }
    }

    private static void greeting(ListenerSettings listener, InetSocketAddress there)
            throws IOException, GeneralSecurityException {
        int limit = (int) LIMIT.toMillis();
        try (Socket socket = new Socket()) {
            socket.connect(there, limit);
            socket.setSoTimeout(limit);
            if (!listener.proxiesFrom().isEmpty() || needsCertificate(listener)) {
                // it greets only those; that it takes the connection has to do
                return;
            }
            if (listener.tls().isEmpty()) {
                greeting(socket);
            } else {
                SSLContext context = SSLContext.getInstance("TLS");
                // whose certificate it is does not matter: it is this machine's
                context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
                try (Socket secure =
                        context.getSocketFactory().createSocket(socket, there.getHostString(), there.getPort(), true)) {
                    greeting(secure);
                }
            }
        }
    }

    private static boolean needsCertificate(ListenerSettings listener) {
        return listener.tls()
                .filter(tls -> tls.clientCertificate() == TlsSettings.ClientCertificate.REQUIRED)
                .isPresent();
    }

    private static void greeting(Socket socket) throws IOException {
        byte[] line = socket.getInputStream().readNBytes(1);
        if (line.length == 0) {
            throw new IOException("it closed the connection");
        }
        if (line[0] != '+') {
            byte[] rest = socket.getInputStream().readNBytes(LINE);
            throw new IOException("it says " + WhoCommand.printable(new String(rest, StandardCharsets.US_ASCII)));
        }
    }
}
