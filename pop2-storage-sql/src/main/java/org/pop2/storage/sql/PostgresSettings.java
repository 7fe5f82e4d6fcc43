package org.pop2.storage.sql;

import io.r2dbc.postgresql.client.SSLMode;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.pop2.storage.MailStoreProvider.Setting;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.StoreSettings;

/** The settings below {@code storage.postgresql.}, checked. */
record PostgresSettings(
        String host,
        int port,
        String databaseName,
        String user,
        Optional<String> password,
        Optional<Path> passwordFile,
        int poolSize,
        Duration retention,
        Duration statementTimeout,
        Duration leaseTtl,
        boolean migrate,
        SSLMode tls,
        Optional<Path> tlsCa,
        boolean pooler,
        Optional<String> node,
        Quota quota) {

    static final List<Setting> ALL = List.of(
            new Setting(
                    "url",
                    "",
                    "Where the database is: `\"postgresql://host:port/name\"`; the same with `r2dbc:` before it"
                            + " will do. There is no default."),
            new Setting("user", "", "The database user. There is no default."),
            new Setting(
                    "password",
                    "",
                    "The database user's password. It is better in a file of its own:"
                            + " `storage.postgresql.password-file`."),
            new Setting(
                    "password-file",
                    "",
                    "File that holds the database user's password. One has this or `storage.postgresql.password`,"
                            + " not both."),
            new Setting("pool-size", "10", "The most connections to the database, 1 to 1000."),
            new Setting("retention", "7d", "How long deleted messages are kept and can be brought back."),
            new Setting("statement-timeout", "10s", "The longest time for one statement, 100ms to 10m."),
            new Setting("lease-ttl", "60s", "How long a crashed node's mailboxes stay held, 1s to 1h."),
            new Setting(
                    "migrate",
                    "true",
                    "Whether the schema is brought up to date at start: `true` or `false`. With `false`, it has"
                            + " to be up to date."),
            new Setting(
                    "tls",
                    "",
                    "How the connection is protected: `disable`, `require`, `verify-ca` or `verify-full`."
                            + " Default: verify-full, and disable for a loopback address."),
            new Setting("tls-ca", "", "PEM file with the certificate authorities. Default: those that Java trusts."),
            new Setting(
                    "pooler",
                    "false",
                    "Whether a transaction-mode pooler is in between: `true` or `false`. With `true`, no session"
                            + " state is kept."),
            new Setting(
                    "node", "", "This node's name, unique among nodes. Its restart frees what its crash left held."));

    static PostgresSettings of(StoreSettings settings) {
        URI url = url(settings.text("url"));
        String host = url.getHost().startsWith("[")
                ? url.getHost().substring(1, url.getHost().length() - 1)
                : url.getHost();
        Optional<String> password = settings.find("password");
        if (password.isPresent() && settings.find("password-file").isPresent()) {
            throw new IllegalArgumentException("password-file: not together with password");
        }
        return new PostgresSettings(
                host,
                url.getPort() < 0 ? 5432 : url.getPort(),
                url.getPath().substring(1),
                settings.text("user"),
                password,
                settings.find("password-file").map(file -> settings.path("password-file")),
                settings.number("pool-size", 1, 1000),
                settings.duration("retention"),
                settings.duration("statement-timeout", Duration.ofMillis(100), Duration.ofMinutes(10)),
                settings.duration("lease-ttl", Duration.ofSeconds(1), Duration.ofHours(1)),
                settings.flag("migrate"),
                tls(settings, host),
                settings.find("tls-ca").map(file -> settings.path("tls-ca")),
                settings.flag("pooler"),
                settings.find("node"),
                settings.quota());
    }

    /** The password itself, read from its file if need be: blocks. Empty if there is none. */
    String readPassword() {
        if (passwordFile.isEmpty()) {
            return password.orElse("");
        }
        try {
            return Files.readString(passwordFile.get(), StandardCharsets.UTF_8).stripTrailing();
        } catch (IOException e) {
            throw new StoreException(Reason.UNAVAILABLE, "password-file: " + passwordFile.get() + " cannot be read", e);
        }
    }

    /** That the file of authorities can be read: blocks. The driver's own complaint is no error of a storage. */
    void checkTlsCa() {
        if (tlsCa.isPresent() && !Files.isReadable(tlsCa.get())) {
            throw new StoreException(Reason.UNAVAILABLE, "tls-ca: " + tlsCa.get() + " cannot be read");
        }
    }

    /** For Flyway. */
    String jdbcUrl() {
        String address = host.contains(":") ? "[" + host + "]" : host;
        StringBuilder url = new StringBuilder("jdbc:postgresql://" + address + ":" + port + "/" + databaseName);
        url.append("?ApplicationName=pop2d-migrate&connectTimeout=10&sslmode=")
                .append(tls.toString().replace('_', '-').toLowerCase(java.util.Locale.ROOT));
        if (pooler) {
            // a statement that is prepared under a name may be looked for at another server connection
            url.append("&preferQueryMode=simple");
        }
        if (tlsCa.isPresent()) {
            url.append("&sslrootcert=")
                    .append(java.net.URLEncoder.encode(tlsCa.get().toString(), StandardCharsets.UTF_8));
        } else if (tls.verifyCertificate()) {
            // otherwise the driver looks for a file in the home directory, and not at what Java trusts
            url.append("&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory");
        }
        return url.toString();
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "postgresql://" + host + ":" + port + "/" + databaseName + " as " + user;
    }

    private static URI url(String text) {
        String form = "url: expected postgresql://host:port/name";
        try {
            URI url = new URI(text.startsWith("r2dbc:") ? text.substring("r2dbc:".length()) : text);
            if (url.getRawUserInfo() != null) {
                // not repeated: it may hold the password
                throw new IllegalArgumentException("url: user and password are settings of their own");
            }
            if (!"postgresql".equals(url.getScheme())
                    || url.getHost() == null
                    || url.getPath() == null
                    || url.getPath().length() < 2
                    || url.getRawQuery() != null) {
                throw new IllegalArgumentException(form);
            }
            return url;
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(form);
        }
    }

    private static SSLMode tls(StoreSettings settings, String host) {
        Optional<String> written = settings.find("tls");
        if (written.isEmpty()) {
            return isLoopback(host) ? SSLMode.DISABLE : SSLMode.VERIFY_FULL;
        }
        return switch (written.get()) {
            case "disable" -> SSLMode.DISABLE;
            case "require" -> SSLMode.REQUIRE;
            case "verify-ca" -> SSLMode.VERIFY_CA;
            case "verify-full" -> SSLMode.VERIFY_FULL;
            default -> throw new IllegalArgumentException("tls: expected disable, require, verify-ca or verify-full");
        };
    }

    private static boolean isLoopback(String host) {
        return host.equals("localhost") || host.equals("::1") || host.matches("127(\\.\\d{1,3}){3}");
    }
}
