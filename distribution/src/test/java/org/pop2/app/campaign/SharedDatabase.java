package org.pop2.app.campaign;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.Message;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A PostgreSQL for several packaged servers, and a store of this JVM on it: the MTA. */
final class SharedDatabase implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final EmbeddedPostgres postgres;
    private final MailStore store;
    /** The MTA's own way to the database. */
    final Link link;

    SharedDatabase() throws IOException {
        this(false);
    }

    /** @param durable whether it survives a power failure, as one that is measured should */
    SharedDatabase(boolean durable) throws IOException {
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("fsync", durable ? "on" : "off")
                // the library turns these off
                .setServerConfig("synchronous_commit", durable ? "on" : "off")
                .setServerConfig("full_page_writes", durable ? "on" : "off")
                .setServerConfig("max_connections", "200")
                .start();
        link = new Link(postgres.getPort());
        MailStoreProvider provider = MailStoreProvider.named("postgresql");
        Map<String, String> values = new HashMap<>();
        provider.settings().forEach(setting -> values.put(setting.name(), setting.defaultValue()));
        values.put("url", url(link.port()));
        values.put("user", "postgres");
        values.put("password", "postgres");
        store = Mono.from(provider.open(new org.pop2.storage.StoreSettings(values, HoldPolicy.DEFAULT, Path.of("."))))
                .blockOptional(LIMIT)
                .orElseThrow();
    }

    /** Straight to the database. */
    Connection connect() throws SQLException {
        return postgres.getPostgresDatabase().getConnection();
    }

    /** Where it listens itself, without a link between. */
    int port() {
        return postgres.getPort();
    }

    Link newLink() {
        return new Link(postgres.getPort());
    }

    /** A node that reaches the database over that link; the other lines go into its configuration. */
    static Instance node(Path directory, String name, Link link, String... lines) throws IOException {
        return node(directory, name, link.port(), lines);
    }

    /** The same without a link. */
    static Instance node(Path directory, String name, int port, String... lines) throws IOException {
        String[] all = new String[lines.length + 1];
        all[0] = "storage { type = postgresql, postgresql { url = \"" + url(port)
                + "\", user = postgres, password = postgres, node = " + name + " } }";
        System.arraycopy(lines, 0, all, 1, lines.length);
        return new Instance(directory.resolve(name), all);
    }

    /** With the password "secret"; not hashed, as logins are not what is tested. */
    void addUser(String name) {
        Mono.from(store.accounts().put(new Account(new UserName(name), "{PLAIN}secret", true)))
                .block(LIMIT);
    }

    /** Fails as the storage does. */
    void deliver(String user, String text) {
        ByteBuffer octets = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        Mono.from(store.deliver(new UserName(user), FolderName.INBOX, Message.of(Flux.just(octets))))
                .block(LIMIT);
    }

    private static String url(int port) {
        return "postgresql://127.0.0.1:" + port + "/postgres";
    }

    @Override
    public void close() throws IOException {
        Mono.from(store.close()).block(LIMIT);
        link.close();
        postgres.close();
    }
}
