package org.pop2.app.operate;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import org.pop2.app.cli.Addresses;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Reasons;
import org.pop2.app.config.Configuration;
import org.pop2.management.AccessToken;

/** Speaks with the running server, as its configuration says where it is. */
final class Operator {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final URI server;
    private final Optional<AccessToken> token;

    /**
     * What the server said.
     *
     * @param status of HTTP
     * @param body JSON
     */
    record Said(int status, Config body) {}

    private Operator(URI server, Optional<AccessToken> token) {
        this.server = server;
        this.token = token;
    }

    static Operator of(Configuration configuration) throws CommandFailedException {
        Configuration.Management management = management(configuration);
        if (management.tokenFile().isEmpty()) {
            throw new CommandFailedException(
                    ExitCode.CONFIG, "management.token-file is not set: nobody may ask the server that");
        }
        try {
            return new Operator(
                    server(management),
                    Optional.of(AccessToken.in(management.tokenFile().get())));
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.CONFIG, "management.token-file: " + Reasons.of(e), e);
        }
    }

    /** For what anybody may ask. */
    static Operator withoutToken(Configuration configuration) throws CommandFailedException {
        return new Operator(server(management(configuration)), Optional.empty());
    }

    private static Configuration.Management management(Configuration configuration) throws CommandFailedException {
        return configuration
                .management()
                .orElseThrow(() -> new CommandFailedException(
                        ExitCode.CONFIG, "management.port is not set: the server has no listener for operators"));
    }

    private static URI server(Configuration.Management management) throws CommandFailedException {
        if (management.address().getPort() == 0) {
            throw new CommandFailedException(
                    ExitCode.CONFIG, "management.port is 0: only the server knows which port it took");
        }
        return URI.create("http://" + Addresses.shown(Addresses.reachable(management.address())));
    }

    /** Asks. Blocks. */
    Said ask(String method, String path) throws CommandFailedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.resolve(path))
                .timeout(LIMIT)
                .method(method, HttpRequest.BodyPublishers.noBody());
        token.ifPresent(shown -> request.header("Authorization", "Bearer " + shown.reveal()));
        try {
            HttpResponse<String> response = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(LIMIT)
                    .build()
                    .send(request.build(), HttpResponse.BodyHandlers.ofString());
            Config body = ConfigFactory.parseString(
                    response.body(), ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON));
            if (response.statusCode() == 401) {
                throw new CommandFailedException(
                        ExitCode.CONFIG, "the server at " + server + " has another management token");
            }
            return new Said(response.statusCode(), body);
        } catch (IOException | ConfigException e) {
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE,
                    "the server does not answer at " + server
                            + (e instanceof ConnectException ? ": does it run?" : ": " + e.getMessage()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException(ExitCode.TRY_LATER, "interrupted", e);
        }
    }

    static CommandFailedException unexpected(Said said) {
        String error = said.body().hasPath("error") ? said.body().getString("error") : "status " + said.status();
        return new CommandFailedException(ExitCode.UNAVAILABLE, "the server says: " + error);
    }
}
