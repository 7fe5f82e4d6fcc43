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
import reactor.core.publisher.Mono;

/** TLS to a real PostgreSQL, whose certificate is for {@code localhost} only. */
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
        authority = write("authority.pem", vouching.getCertificatePEM());
        stranger = write("stranger.pem", bundle("CN=stranger", null).getCertificatePEM());
        Path certificate = write("server.pem", server.getCertificatePEM());
        Path key = write("server.key", server.getPrivateKeyPEM());
        // or the server refuses it
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        // what starts the server looks whether it is there, in clear; everybody else must use TLS
        Path rules = write("hba.conf", """
                hostnossl postgres postgres all trust
                hostssl all all all trust
                """);
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("fsync", "off")
                .setServerConfig("ssl", "on")
                .setServerConfig("ssl_cert_file", certificate.toString())
                .setServerConfig("ssl_key_file", key.toString())
                .setServerConfig("hba_file", rules.toString())
                .start();
        try (var connection = postgres.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE mail");
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
}
