package org.pop2.storage.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.r2dbc.postgresql.client.SSLMode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStoreProvider.Setting;
import org.pop2.storage.StoreException;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.StoreSettings;
import org.pop2.storage.sql.Database.Repeat;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** TLS to a real PostgreSQL, whose certificate is for {@code localhost} only; and who it lets in. */
class TlsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static EmbeddedPostgres postgres;

    @SuppressWarnings("NullAway.Init")
    private static Path authority;

    @SuppressWarnings("NullAway.Init")
    private static Path stranger;

    @BeforeAll
    static void start() throws Exception {
        X509Bundle vouching = bundle("CN=authority", null);
        X509Bundle server = bundle("CN=database", vouching);
        X509Bundle holder = bundle("CN=holder", vouching);
        write("holder.pem", holder.getCertificatePEM());
        Files.setPosixFilePermissions(
                write("holder.key", holder.getPrivateKeyPEM()), PosixFilePermissions.fromString("rw-------"));
        authority = write("authority.pem", vouching.getCertificatePEM());
        stranger = write("stranger.pem", bundle("CN=stranger", null).getCertificatePEM());
        Path certificate = write("server.pem", server.getCertificatePEM());
        Path key = write("server.key", server.getPrivateKeyPEM());
        // or the server refuses it
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        // what starts the server looks whether it is there, in clear; everybody else must use TLS
        Path rules = write("hba.conf", """
                hostnossl postgres postgres all trust
                hostssl all holder all cert
                hostssl all knower all scram-sha-256
                hostssl all all all trust
                """);
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("fsync", "off")
                .setServerConfig("ssl", "on")
                .setServerConfig("ssl_cert_file", certificate.toString())
                .setServerConfig("ssl_key_file", key.toString())
                .setServerConfig("ssl_ca_file", authority.toString())
                .setServerConfig("hba_file", rules.toString())
                .start();
        try (var connection = postgres.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE mail");
            statement.execute("CREATE ROLE holder LOGIN SUPERUSER");
            statement.execute("CREATE ROLE knower LOGIN SUPERUSER PASSWORD 'first'");
        }
    }

    @AfterAll
    static void stop() throws IOException {
        postgres.close();
    }

    private static X509Bundle bundle(String subject, @Nullable X509Bundle issuer) throws Exception {
        CertificateBuilder builder = new CertificateBuilder()
                .algorithm(CertificateBuilder.Algorithm.ecp256)
                .subject(subject)
                .notBefore(Instant.now().minus(Duration.ofDays(1)))
                .notAfter(Instant.now().plus(Duration.ofDays(1)));
        return issuer == null
                ? builder.setIsCertificateAuthority(true).buildSelfSigned()
                : builder.addSanDnsName("localhost").buildIssuedBy(issuer);
    }

    private static Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text).toAbsolutePath();
    }

    private static StoreSettings settings(String host, Map<String, String> changes) {
        Map<String, String> values = new HashMap<>();
        for (Setting setting : new PostgresProvider().settings()) {
            values.put(setting.name(), setting.defaultValue());
        }
        values.put("url", "postgresql://" + host + "/mail");
        values.put("user", "postgres");
        values.putAll(changes);
        return new StoreSettings(values, HoldPolicy.DEFAULT, directory);
    }

    private static StoreSettings here(String host, Map<String, String> changes) {
        return settings(host + ":" + postgres.getPort(), changes);
    }

    private static PostgresStore open(StoreSettings settings) {
        return PostgresStore.open(PostgresSettings.of(settings), HoldPolicy.DEFAULT)
                .blockOptional(LIMIT)
                .orElseThrow();
    }

    private static void assertEncrypted(StoreSettings settings) {
        PostgresStore store = open(settings);
        try {
            assertThat(store.database()
                            .run(
                                    "test",
                                    Repeat.IF_VICTIM,
                                    connection -> store.database()
                                            .rows(
                                                    connection,
                                                    "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
                                                    row -> Rows.get(row, 0, Boolean.class)))
                            .block(LIMIT))
                    .containsExactly(true);
        } finally {
            Mono.from(store.close()).block(LIMIT);
        }
    }

    /** Both ways to the database: that of the server, and that of the migration. */
    private static void assertRefused(StoreSettings settings) {
        assertThatThrownBy(() -> open(settings))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE));
        assertThatThrownBy(() -> Mono.from(SchemaMigration.migrate(settings)).block(LIMIT))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE));
    }

    @Test
    void certificateOfTheAuthorityGivenIsAccepted() {
        StoreSettings verified = here("localhost", Map.of("tls", "verify-full", "tls-ca", authority.toString()));
        Mono.from(SchemaMigration.migrate(verified)).block(LIMIT);
        assertEncrypted(verified);
    }

    @Test
    void certificateForAnotherNameIsRefusedUnlessTheNameDoesNotMatter() {
        StoreSettings byAddress = here("127.0.0.1", Map.of("tls", "verify-full", "tls-ca", authority.toString()));
        assertRefused(byAddress);
        assertThatThrownBy(() -> open(byAddress))
                .as("says why")
                .hasMessageContaining("No subject alternative names matching IP address 127.0.0.1");
        assertEncrypted(here("127.0.0.1", Map.of("tls", "verify-ca", "tls-ca", authority.toString())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"verify-ca", "verify-full"})
    void certificateOfAnotherAuthorityIsRefused(String mode) {
        assertRefused(here("localhost", Map.of("tls", mode, "tls-ca", stranger.toString())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"verify-ca", "verify-full"})
    void certificateThatJavaDoesNotTrustIsRefusedWithoutAnAuthority(String mode) {
        assertRefused(here("localhost", Map.of("tls", mode)));
    }

    private static Map<String, String> holder() {
        return Map.of(
                "user",
                "holder",
                "tls",
                "verify-full",
                "tls-ca",
                authority.toString(),
                "tls-cert",
                directory.resolve("holder.pem").toString(),
                "tls-key",
                directory.resolve("holder.key").toString());
    }

    @Test
    void certificateOfOursLetsUsIn() {
        StoreSettings certified = here("localhost", holder());
        Mono.from(SchemaMigration.migrate(certified)).block(LIMIT);
        assertEncrypted(certified);
    }

    @Test
    void whoHasNoCertificateIsRefused() {
        Map<String, String> without = new HashMap<>(holder());
        without.keySet().removeAll(List.of("tls-cert", "tls-key"));
        assertThatThrownBy(() -> open(here("localhost", without))).isInstanceOf(StoreException.class);
    }

    @Test
    void certificateComesWithItsKeyAndAnAuthority() {
        for (String missing : List.of("tls-cert", "tls-key", "tls-ca")) {
            Map<String, String> without = new HashMap<>(holder());
            without.remove(missing);
            assertThatThrownBy(() -> PostgresSettings.of(here("localhost", without)))
                    .as(missing)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("only together with");
        }
        Map<String, String> gone = new HashMap<>(holder());
        gone.put("tls-key", "no-such-file.key");
        assertThatThrownBy(() -> open(here("localhost", gone)))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("no-such-file.key");
    }

    @Test
    void passwordThatIsChangedIsReadForTheNextConnection() throws Exception {
        Path password = write("password", "first\n");
        StoreSettings secret = here(
                "localhost",
                Map.of("user", "knower", "tls", "require", "password-file", password.toString(), "pool-size", "2"));
        Mono.from(SchemaMigration.migrate(secret)).block(LIMIT);
        PostgresStore store = open(secret);
        try (var connection = postgres.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("ALTER ROLE knower PASSWORD 'second'");
            statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'knower'");
            assertThatThrownBy(() -> Flux.from(store.accounts().list()).blockLast(LIMIT))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("28P01");
            write("password", "second\n");
            assertThat(Flux.from(store.accounts().list()).collectList().block(LIMIT))
                    .isEmpty();
        } finally {
            Mono.from(store.close()).block(LIMIT);
        }
    }

    @Test
    void requireEncryptsAndVerifiesNothing() {
        assertEncrypted(here("127.0.0.1", Map.of("tls", "require")));
    }

    @Test
    void authorityFileThatIsNotThereIsRefused() {
        assertRefused(here("localhost", Map.of("tls", "verify-full", "tls-ca", "no-such-file.pem")));
    }

    @Test
    void databaseThatDemandsTlsIsNotReachedInClear() {
        assertRefused(here("localhost", Map.of("tls", "disable")));
    }

    /** A server that has no TLS, or somebody in between who says so. */
    @ParameterizedTest
    @ValueSource(strings = {"require", "verify-ca", "verify-full"})
    void databaseWithoutTlsIsNotSpokenToInClear(String mode) {
        StoreSettings plain = settings(
                PostgresServer.get().address(),
                Map.of(
                        "tls",
                        mode,
                        "tls-ca",
                        authority.toString(),
                        "user",
                        PostgresServer.get().user()));
        assertRefused(plain);
    }

    @Test
    void certificateIsVerifiedUnlessTheDatabaseIsOnThisMachine() {
        for (String elsewhere : new String[] {"db.example.org", "192.0.2.1", "[2001:db8::1]", "127.example.org"}) {
            PostgresSettings settings = PostgresSettings.of(settings(elsewhere, Map.of()));
            assertThat(settings.tls()).as(elsewhere).isEqualTo(SSLMode.VERIFY_FULL);
            assertThat(settings.jdbcUrl()).as(elsewhere).contains("sslmode=verify-full");
        }
        for (String here : new String[] {"localhost", "127.0.0.1", "127.1.2.3", "[::1]"}) {
            PostgresSettings settings = PostgresSettings.of(settings(here, Map.of()));
            assertThat(settings.tls()).as(here).isEqualTo(SSLMode.DISABLE);
            assertThat(settings.jdbcUrl()).as(here).contains("sslmode=disable");
        }
        assertThat(PostgresSettings.of(settings("db.example.org", Map.of("tls", "disable")))
                        .tls())
                .as("only who says so speaks in clear")
                .isEqualTo(SSLMode.DISABLE);
    }

    @Test
    void severalHostsAreAPrimaryAndItsStandbys() {
        PostgresSettings several =
                PostgresSettings.of(settings("db1.example.org,db2:5433,[2001:db8::1]:5434", Map.of()));
        assertThat(several.hosts())
                .containsExactly(
                        new PostgresSettings.Host("db1.example.org", 5432),
                        new PostgresSettings.Host("db2", 5433),
                        new PostgresSettings.Host("2001:db8::1", 5434));
        assertThat(several.primaryOnly()).isTrue();
        assertThat(several.jdbcUrl())
                .startsWith("jdbc:postgresql://db1.example.org:5432,db2:5433,[2001:db8::1]:5434/mail?")
                .contains("targetServerType=primary");
        assertThat(several.tls()).as("one of them is elsewhere").isEqualTo(SSLMode.VERIFY_FULL);
        assertThat(PostgresSettings.of(settings("localhost,[::1]", Map.of())).tls())
                .isEqualTo(SSLMode.DISABLE);
        assertThat(PostgresSettings.of(settings("db1", Map.of())).primaryOnly()).isFalse();
        assertThat(PostgresSettings.of(settings("x", Map.of("url", "postgresql://db1/mail?targetServerType=primary")))
                        .primaryOnly())
                .isTrue();
        for (String wrong : List.of(
                "postgresql://db1,/mail",
                "postgresql:///mail",
                "postgresql://db1:0/mail",
                "postgresql://db1:70000/mail",
                "postgresql://[2001:db8::1/mail",
                "postgresql://db1/",
                "postgresql://db1/mail?targetServerType=any",
                "postgresql://db1/mail#x",
                "mysql://db1/mail")) {
            assertThatThrownBy(() -> PostgresSettings.of(settings("x", Map.of("url", wrong))))
                    .as(wrong)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("postgresql://host:port,host:port/name");
        }
        assertThatThrownBy(() -> PostgresSettings.of(settings("x", Map.of("url", "postgresql://me:secret@db1/mail"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }
}
