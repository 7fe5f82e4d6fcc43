package org.pop2.storage.sql;

import io.r2dbc.postgresql.client.SSLMode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pop2.storage.MailStoreProvider.Setting;
import org.pop2.storage.Quota;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.StoreSettings;

/** The settings below {@code storage.postgresql.}, checked. */
record PostgresSettings(
        List<Host> hosts,
        boolean primaryOnly,
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
        Optional<Path> tlsCert,
        Optional<Path> tlsKey,
        boolean pooler,
        Optional<String> node,
        Quota quota) {

    static final List<Setting> ALL = List.of(
            new Setting(
                    "url",
                    "",
                    "Where the database is: `\"postgresql://host:port/name\"`; the same with `r2dbc:` before it"
                            + " will do. Several hosts, with commas between, are a primary and its "
                            + "standbys: the server"
                            + " goes to the one that takes changes. There is no default."),
            new Setting("user", "", "The database user. There is no default."),
            new Setting(
                    "password",
                    "",
                    "The database user's password. It is better in a file of its own:"
                            + " `storage.postgresql.password-file`."),
            new Setting(
                    "password-file",
                    "",
                    "File that holds the database user's password. It is read for each new connection. One has this"
                            + " or `storage.postgresql.password`, not both."),
            new Setting(
                    "pool-size",
                    "10",
                    "The most connections to the database, 1 to 1000, and one more that renews leases."),
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
                    "tls-cert",
                    "",
                    "PEM file with a certificate that the database takes instead of a password, or beside"
                            + " it. It comes"
                            + " with `storage.postgresql.tls-key` and `storage.postgresql.tls-ca`."),
            new Setting("tls-key", "", "PEM file with the key of that certificate: PKCS #8, without a password."),
            new Setting(
                    "pooler",
                    "false",
                    "Whether a transaction-mode pooler is in between: `true` or `false`. With `true`, no session"
                            + " state is kept."),
            new Setting(
                    "node", "", "This node's name, unique among nodes. Its restart frees what its crash left held."));

    /** @param name or address; an IPv6 address without brackets */
    record Host(String name, int port) {
        private static final Pattern FORM =
                Pattern.compile("(\\[[0-9a-fA-F:.%]+]|[^\\[\\]:@/?#,\\s]+)(?::(\\d{1,5}))?");

        static Host of(String text) {
            Matcher found = FORM.matcher(text);
            if (!found.matches()) {
                throw new IllegalArgumentException(URL_FORM);
            }
            String name = found.group(1);
            int port = found.group(2) == null ? 5432 : Integer.parseInt(found.group(2));
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException(URL_FORM);
            }
            return new Host(name.startsWith("[") ? name.substring(1, name.length() - 1) : name, port);
        }

        boolean isLoopback() {
            return name.equals("localhost") || name.equals("::1") || name.matches("127(\\.\\d{1,3}){3}");
        }

        @Override
        public String toString() {
            return (name.contains(":") ? "[" + name + "]" : name) + ":" + port;
        }
    }

    static PostgresSettings of(StoreSettings settings) {
        Url url = Url.of(settings.text("url"));
        Optional<String> password = settings.find("password");
        if (password.isPresent() && settings.find("password-file").isPresent()) {
            throw new IllegalArgumentException("password-file: not together with password");
        }
        if (settings.find("tls-cert").isPresent() != settings.find("tls-key").isPresent()) {
            throw new IllegalArgumentException(
                    settings.find("tls-cert").isPresent()
                            ? "tls-cert: only together with tls-key"
                            : "tls-key: only together with tls-cert");
        }
        SSLMode tls = tls(settings, url.hosts);
        if (settings.find("tls-cert").isPresent()
                && tls.verifyCertificate()
                && settings.find("tls-ca").isEmpty()) {
            // the driver of the migration takes either the authorities of Java or files
            throw new IllegalArgumentException("tls-cert: only together with tls-ca");
        }
        return new PostgresSettings(
                url.hosts,
                url.primaryOnly,
                url.databaseName,
                settings.text("user"),
                password,
                settings.find("password-file").map(file -> settings.path("password-file")),
                settings.number("pool-size", 1, 1000),
                settings.duration("retention"),
                settings.duration("statement-timeout", Duration.ofMillis(100), Duration.ofMinutes(10)),
                settings.duration("lease-ttl", Duration.ofSeconds(1), Duration.ofHours(1)),
                settings.flag("migrate"),
                tls,
                settings.find("tls-ca").map(file -> settings.path("tls-ca")),
                settings.find("tls-cert").map(file -> settings.path("tls-cert")),
                settings.find("tls-key").map(file -> settings.path("tls-key")),
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

    /** That the files of TLS can be read: blocks. The driver's own complaint is no error of a storage. */
    void checkTlsFiles() {
        check("tls-ca", tlsCa);
        check("tls-cert", tlsCert);
        check("tls-key", tlsKey);
    }

    private static void check(String setting, Optional<Path> file) {
        if (file.isPresent() && !Files.isReadable(file.get())) {
            throw new StoreException(Reason.UNAVAILABLE, setting + ": " + file.get() + " cannot be read");
        }
    }

    /** For Flyway. Reads the certificate: blocks. */
    String jdbcUrl() {
        StringBuilder url = new StringBuilder("jdbc:postgresql://" + hostList() + "/" + databaseName);
        url.append("?ApplicationName=pop2d-migrate&connectTimeout=10&sslmode=")
                .append(tls.toString().replace('_', '-').toLowerCase(java.util.Locale.ROOT));
        if (pooler) {
            // a statement that is prepared under a name may be looked for at another server connection
            url.append("&preferQueryMode=simple");
        }
        if (primaryOnly) {
            url.append("&targetServerType=primary&hostRecheckSeconds=1");
        }
        tlsCert.ifPresent(file -> {
            append(url, "sslcert", file);
            // without, the driver takes every key for one of RSA
            url.append("&pemKeyAlgorithm=").append(keyAlgorithm(file));
        });
        tlsKey.ifPresent(file -> append(url, "sslkey", file));
        if (tlsCa.isPresent()) {
            append(url, "sslrootcert", tlsCa.get());
        } else if (tls.verifyCertificate()) {
            // otherwise the driver looks for a file in the home directory, and not at what Java trusts
            url.append("&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory");
        }
        return url.toString();
    }

    private static String keyAlgorithm(Path certificate) {
        try (InputStream in = Files.newInputStream(certificate)) {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificate(in)
                    .getPublicKey()
                    .getAlgorithm();
        } catch (IOException | CertificateException e) {
            throw new StoreException(Reason.UNAVAILABLE, "tls-cert: " + certificate + " is not a certificate", e);
        }
    }

    private static void append(StringBuilder url, String parameter, Path file) {
        url.append('&')
                .append(parameter)
                .append('=')
                .append(URLEncoder.encode(file.toString(), StandardCharsets.UTF_8));
    }

    private String hostList() {
        return hosts.stream().map(Host::toString).collect(Collectors.joining(","));
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "postgresql://" + hostList() + "/" + databaseName + " as " + user;
    }

    private static final String URL_FORM =
            "url: expected postgresql://host:port/name, or several hosts:" + " postgresql://host:port,host:port/name";

    /** @param primaryOnly whether a server that takes no changes is left alone: so, of several */
    private record Url(List<Host> hosts, boolean primaryOnly, String databaseName) {
        private static final Pattern FORM =
                Pattern.compile("(?:r2dbc:)?postgresql://([^/?#]*)/([^/?#\\s]+)(\\?targetServerType=primary)?");

        static Url of(String text) {
            if (text.contains("@")) {
                // not repeated: it may hold the password
                throw new IllegalArgumentException("url: user and password are settings of their own");
            }
            Matcher found = FORM.matcher(text);
            if (!found.matches()) {
                throw new IllegalArgumentException(URL_FORM);
            }
            List<Host> hosts =
                    Arrays.stream(found.group(1).split(",", -1)).map(Host::of).toList();
            return new Url(hosts, hosts.size() > 1 || found.group(3) != null, found.group(2));
        }
    }

    private static SSLMode tls(StoreSettings settings, List<Host> hosts) {
        Optional<String> written = settings.find("tls");
        if (written.isEmpty()) {
            return hosts.stream().allMatch(Host::isLoopback) ? SSLMode.DISABLE : SSLMode.VERIFY_FULL;
        }
        return switch (written.get()) {
            case "disable" -> SSLMode.DISABLE;
            case "require" -> SSLMode.REQUIRE;
            case "verify-ca" -> SSLMode.VERIFY_CA;
            case "verify-full" -> SSLMode.VERIFY_FULL;
            default -> throw new IllegalArgumentException("tls: expected disable, require, verify-ca or verify-full");
        };
    }
}
