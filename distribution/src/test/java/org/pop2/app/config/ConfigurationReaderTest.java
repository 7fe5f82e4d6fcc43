package org.pop2.app.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pop2.auth.Authenticator;
import org.pop2.fetch.FetchPlan;
import org.pop2.fetch.source.AtProvider;
import org.pop2.net.Networks;
import org.pop2.net.TlsSettings;
import org.pop2.net.TlsSettings.ClientCertificate;
import org.pop2.profile.ClientProfile;
import org.pop2.profile.Quirk;
import org.pop2.protocol.OnDisconnect;
import org.pop2.server.Limits;
import org.pop2.server.ListenerSettings;
import org.pop2.server.ProfileRules;
import org.pop2.server.ServerSettings;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStoreProvider;
import org.pop2.storage.UserName;

class ConfigurationReaderTest {
    private static final byte[] LOOPBACK_6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    private static final String MEMORY = "storage.type = shelf\n";

    @TempDir
    private Path directory;

    @Test
    void accountsAtProvidersAreRead() throws Exception {
        CollectorSettings jon = read(MEMORY + """
                collect.jon {
                  user = jon, folder = Work, from = "imaps://jon@imap.example.org/Lists", password-file = secret
                  every = 1h, at-provider = "move:Old mail", which = unseen, since = 30d, max-octets = 5MiB, tls-ca = ca.pem
                  clear-text = true
                }
                """).collectors().get(0);

        assertThat(jon.from()).hasToString("imaps://jon@imap.example.org/Lists");
        assertThat(jon.passwordFile()).hasValue(directory.resolve("secret"));
        assertThat(jon.every()).isEqualTo(Duration.ofHours(1));
        assertThat(jon.plan())
                .isEqualTo(new FetchPlan(
                        FetchPlan.Which.UNSEEN,
                        Optional.of(Duration.ofDays(30)),
                        5 << 20,
                        AtProvider.of("move:Old mail")));
        assertThat(jon.ledger()).matches("collect-[0-9a-f-]{36}");
        assertThat(read(MEMORY).collectors()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "from = \"imaps://a@b\", password-file = x | collect.jon.user: has to say whose mail it is here",
                "user = jon, password-file = x | collect.jon.from: has to say where the mail is",
                "user = jon, from = \"imaps://a@b\" | password-file or token-command: one of them is needed",
                "user = jon, from = \"imaps://a@b\", password-file = x, token-command = y | one of them is needed",
                "user = jon, from = \"imaps://a:b@c\", password-file = x | a password does not belong here",
                "user = jon, from = \"pop3s://a@b\", password-file = x, at-provider = mark-seen | POP3 "
                        + "can only keep and delete",
                "user = jon, from = \"pop3s://a@b\", password-file = x, which = unseen | POP3 does not "
                        + "tell what was read",
                "user = jon, from = \"imaps://a@b\", password-file = x, evry = 5m | did you mean collect.jon.every?"
            })
    void whatIsWrongOfAnAccountIsSaid(String block, String expected) {
        InvalidConfigurationException e = catchThrowableOfType(
                InvalidConfigurationException.class, () -> read(MEMORY + "collect.jon { " + block + " }"));

        assertThat(e).hasMessageContaining(expected);
    }

    @Test
    void everyTypeOfValueIsRead() throws Exception {
        Configuration configuration = read("""
                storage.type = shelf
                listen { address = "::1", port = 1109 }
                session { login-timeout = 90s, idle-timeout = 2 h, stall-timeout = 1d, on-disconnect = apply, strict = true }
                mailbox { takeover-after = 0s, busy-wait = 250ms }
                limits { connections = 7, connections-per-address = 8, sessions-per-user = 9 }
                limits { commands-per-session = 10, octets-per-session = 3KiB }
                server { name = "mail.example.org", stop-timeout = 5s, busy-poll = false }
                auth { cache = 0s, rehash = false, penalty = false }
                log { level = debug, format = json, loggers = ["org.pop2.lmtp trace", org.pop2.server  warn] }
                """);

        assertThat(configuration.listeners())
                .containsExactly(ListenerSettings.plain(
                                "pop2", new InetSocketAddress(InetAddress.getByAddress(LOOPBACK_6), 1109))
                        .withMaxConnections(1_000_000));
        assertThat(configuration.session())
                .isEqualTo(new Configuration.Session(
                        Duration.ofSeconds(90), Duration.ofHours(2), Duration.ofDays(1), OnDisconnect.APPLY, true));
        assertThat(configuration.storage().holdPolicy())
                .isEqualTo(new HoldPolicy(Duration.ZERO, Duration.ofMillis(250)));
        assertThat(configuration.limits()).isEqualTo(new Limits(7, 8, 9, 10, 3 << 10));
        assertThat(configuration.serverName()).contains("mail.example.org");
        assertThat(configuration.stopTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(configuration.busyPoll()).isFalse();
        assertThat(configuration.loginCache()).isZero();
        assertThat(configuration.rehash()).isFalse();
        assertThat(configuration.penalty()).isFalse();
        assertThat(configuration.log())
                .isEqualTo(new Configuration.Log(
                        LogLevel.DEBUG,
                        LogFormat.JSON,
                        Map.of("org.pop2.lmtp", LogLevel.TRACE, "org.pop2.server", LogLevel.WARN),
                        false));
    }

    @Test
    void aListenerSpeaksTlsWithFilesOfTheInstance() throws Exception {
        Configuration configuration = read(MEMORY + """
                listen.tls { certificate = cert.pem, key = /etc/key.pem }
                listen.allow-cleartext-from = "10.0.0.0/8, 2001:db8::/32"
                listen.proxies-from = ["192.0.2.1", "192.0.2.2"]
                """);

        ListenerSettings listener = configuration.listeners().get(0);
        assertThat(listener.tls())
                .contains(TlsSettings.of(configuration.directory().resolve("cert.pem"), Path.of("/etc/key.pem")));
        assertThat(listener.cleartextFrom()).isEqualTo(Networks.of(List.of("10.0.0.0/8", "2001:db8::/32")));
        assertThat(listener.proxiesFrom()).isEqualTo(Networks.of(List.of("192.0.2.1", "192.0.2.2")));
    }

    @Test
    void listenersWithNamesAreReadFromTheFileAndTheEnvironment() throws Exception {
        Path file = Files.writeString(file(), MEMORY + """
                listeners.lan { allow-cleartext-from = ["10.0.0.0/8"], connections = 5 }
                listeners.tls {
                  port = 1109
                  tls { certificate = c.pem, key = k.pem, client-certificate = required, client-ca = ca.pem }
                }
                """);
        Configuration configuration = ConfigurationReader.read(
                file, Map.of("POP2D_LISTENERS_LAN_PORT", "2109", "POP2D_LISTENERS_MORE_PORT", "3109"));

        assertThat(configuration.listeners()).extracting(ListenerSettings::name).containsExactly("lan", "tls", "more");
        assertThat(configuration.listeners())
                .extracting(listener -> listener.address().getPort())
                .containsExactly(2109, 1109, 3109);
        assertThat(configuration.listeners().get(0).maxConnections()).isEqualTo(5);
        assertThat(configuration.listeners().get(1).tls())
                .hasValueSatisfying(tls -> assertThat(tls.clientCertificate()).isEqualTo(ClientCertificate.REQUIRED));
        assertThat(configuration.entries())
                .anyMatch(entry -> entry.key().equals("listeners.more.port")
                        && entry.origin().equals(Optional.of("POP2D_LISTENERS_MORE_PORT")));
    }

    @Test
    void profilesAreOfTheListenerOfNetworksAndOfUsersAndMayBeOnesOwn() throws Exception {
        Path file = Files.writeString(file(), MEMORY + """
                listeners.lan.profile = jnos
                listeners.radio.profile = slow
                profile.networks = ["192.168.7.0/24 pcnfs", "::1 uw"]
                profile.users = "kb7abc slow, jon ka9q"
                profiles.slow { base = jnos, width = 72, max-octets = 20KiB, ascii = true, drop-attachments = true }
                """);
        Configuration configuration = ConfigurationReader.read(file, Map.of("POP2D_PROFILES_SLOW_KEEP", "true"));

        ClientProfile slow = ClientProfile.JNOS
                .named("slow")
                .withWidth(72)
                .withMaxOctets(20 << 10)
                .with(Quirk.ASCII)
                .with(Quirk.DROP_ATTACHMENTS)
                .with(Quirk.KEEP);
        assertThat(configuration.listeners())
                .extracting(ListenerSettings::profile)
                .containsExactly(ClientProfile.JNOS, slow);
        assertThat(configuration.profiles())
                .isEqualTo(new ProfileRules(
                        List.of(
                                new ProfileRules.OfNetworks(
                                        Networks.of(List.of("192.168.7.0/24")), ClientProfile.PCNFS),
                                new ProfileRules.OfNetworks(Networks.of(List.of("::1")), ClientProfile.UW)),
                        Map.of(new UserName("kb7abc"), slow, new UserName("jon"), ClientProfile.KA9Q)));
    }

    @Test
    void mistakesInProfilesAreReported() throws Exception {
        assertThat(problems(MEMORY + """
                listen.profile = nos
                profile.networks = ["10.0.0.0/8"]
                profile.users = "jon slow"
                profiles.mine { base = yours, width = 3, fold = true }
                profiles.ka9q.keep = true
                """))
                .satisfiesExactlyInAnyOrder(
                        it -> assertThat(it)
                                .contains(":2: listen.profile = nos: nos is not a profile; there are default,"),
                        it -> assertThat(it).contains(":3: profile.networks").endsWith("who, and the profile"),
                        it -> assertThat(it).contains(":4: profile.users").contains("slow is not a profile"),
                        it -> assertThat(it)
                                .contains(":5: profiles.mine.base = yours: expected one of default, strict"),
                        it -> assertThat(it).contains(":5: profiles.mine.width = 3: lines have 20 to 998 octets"),
                        it -> assertThat(it).contains(":5: profiles.mine.fold: unknown key"),
                        it -> assertThat(it).contains("profiles.ka9q.base: ka9q is a profile already"));
    }

    @Test
    void whatDoesNotFitTogetherInListenersIsReported() throws Exception {
        assertThat(problems(MEMORY + """
                listen.tls.certificate = c.pem
                listen.allow-cleartext-from = "10.0.0.0/8, everybody"
                """))
                .satisfiesExactlyInAnyOrder(
                        it -> assertThat(it).endsWith("listen.tls.key: a certificate and its key go together"),
                        it -> assertThat(it)
                                .contains(":3: listen.allow-cleartext-from")
                                .endsWith("not everybody"));
        assertThat(problems(MEMORY + """
                listen.port = 1109
                listeners.a.client = 1
                listeners.a.tls.client-certificate = required
                listeners.b.tls { certificate = c.pem, key = k.pem, client-certificate = optional }
                limits.octets-per-session = much
                """))
                .satisfiesExactlyInAnyOrder(
                        it -> assertThat(it).contains(":2: listen.port = 1109: there are listeners with names"),
                        it -> assertThat(it).contains(":3: listeners.a.client: unknown key"),
                        it -> assertThat(it).contains(":4: listeners.a.tls.client-certificate = required: needs TLS"),
                        it -> assertThat(it).contains("listeners.b.tls.client-ca: must name the authorities"),
                        it -> assertThat(it).contains("limits.octets-per-session = much: expected a number of octets"));
    }

    @Test
    void defaultsAreThoseOfTheLibrary() throws Exception {
        Configuration configuration = read(MEMORY);
        ServerSettings library = ServerSettings.defaults();

        assertThat(configuration.listeners())
                .containsExactly(library.listeners().get(0).withMaxConnections(1_000_000));
        assertThat(configuration.session())
                .isEqualTo(new Configuration.Session(
                        library.loginTimeout(),
                        library.idleTimeout(),
                        library.stallTimeout(),
                        library.onDisconnect(),
                        false));
        assertThat(configuration.limits()).isEqualTo(library.limits());
        assertThat(configuration.stopTimeout()).isEqualTo(library.stopTimeout());
        assertThat(configuration.busyPoll()).isEqualTo(library.busyPoll());
        assertThat(configuration.loginCache()).isEqualTo(library.loginCache());
        Authenticator.Settings logins = Authenticator.Settings.defaults();
        assertThat(configuration.rehash()).isEqualTo(logins.rehash());
        assertThat(configuration.penalty()).isEqualTo(logins.penalty());
        assertThat(configuration.storage().holdPolicy()).isEqualTo(HoldPolicy.DEFAULT);
    }

    @ParameterizedTest
    @CsvSource({
        "listen.prot, listen.port",
        "listen.adress, listen.address",
        "port, listen.port",
        "session.idletimeout, session.idle-timeout",
        "sesion.strict, session.strict",
        "storage.shelf.slot, storage.shelf.slots",
        "mailbox.takeover-atfer, mailbox.takeover-after"
    })
    void anUnknownKeyIsRefusedAndTheNearestNamed(String written, String meant) throws Exception {
        assertThat(problems(MEMORY + written + " = 1\n"))
                .containsExactly(file() + ":2: " + written + ": unknown key; did you mean " + meant + "?");
    }

    @Test
    void everythingThatIsWrongIsReportedAtOnce() throws Exception {
        assertThat(problems("""
                listen {
                  prot = 1109
                  port = 70000
                }
                session.idle-timeout = 600
                session.strict = yes
                session.on-disconnect = discard
                nonsense {}
                limits.connections = [1, 2]
                server = 5
                storage.type = shelf
                storage.shelf { slots = 1000, pause = soon }
                """))
                .satisfiesExactlyInAnyOrder(
                        it -> assertThat(it).startsWith(file() + ":2: listen.prot: unknown key"),
                        it -> assertThat(it)
                                .isEqualTo(file() + ":3: listen.port = 70000: expected a whole number from 0 to 65535"),
                        it -> assertThat(it)
                                .startsWith(file() + ":5: session.idle-timeout = 600: expected a duration such as"
                                        + " 30s: a whole number and its unit"),
                        it -> assertThat(it).startsWith(file() + ":6: session.strict"),
                        it -> assertThat(it)
                                .isEqualTo(file() + ":7: session.on-disconnect = discard: expected one of keep, apply"),
                        it -> assertThat(it).startsWith(file() + ":8: nonsense: unknown key"),
                        it -> assertThat(it)
                                .isEqualTo(file()
                                        + ":9: limits.connections: expected a single value, not a list or a block"),
                        it -> assertThat(it)
                                .isEqualTo(file() + ":10: server: expected a block of settings, not a value"),
                        it -> assertThat(it)
                                .isEqualTo(file() + ":12: storage.shelf.slots = 1000: expected a number from 1 to 100"),
                        it -> assertThat(it)
                                .startsWith(
                                        file() + ":12: storage.shelf.pause = soon: expected a duration such as 30s"));
    }

    @ParameterizedTest
    @CsvSource({
        "listen.port, -1",
        "listen.port, 1.5",
        "listen.port, ''",
        "listen.address, nowhere.invalid",
        "limits.connections, 0",
        "session.login-timeout, 0s",
        "session.idle-timeout, 25h",
        "session.idle-timeout, -5m",
        "session.stall-timeout, 99999999999999999999d",
        "session.stall-timeout, 999999999999999d",
        "server.name, two words",
        "log.level, loud",
        "log.format, xml",
        "log.loggers, org.pop2",
        "log.loggers, org.pop2 loud",
        "storage.type, carrier-pigeon"
    })
    void aValueOutOfBoundsIsRefused(String key, String value) throws Exception {
        String text = key.equals("storage.type") ? "" : MEMORY;
        assertThat(problems(text + key + " = \"" + value + "\"\n"))
                .singleElement()
                .asString()
                .contains(key + " = " + value + ": ");
    }

    @Test
    void anUnknownStorageNamesThoseFound() throws Exception {
        assertThat(problems("storage.type = maildir\n"))
                .singleElement()
                .asString()
                .contains(":1: storage.type = maildir: there is no such storage; found: ")
                .contains("shelf");
    }

    @Test
    void theEnvironmentWinsOverTheFile() throws Exception {
        write(MEMORY + "listen.port = 1109\nsession.idle-timeout = 1m\n");
        Configuration configuration = ConfigurationReader.read(
                file(),
                Map.of(
                        "POP2D_LISTEN_PORT", "2109",
                        "POP2D_SESSION_IDLE_TIMEOUT", "",
                        "POP2D_STORAGE_SHELF_SLOTS", "3",
                        "POP2D_HOME", "/anywhere",
                        "POP2D_JAVA_OPTS", "-Xmx64m",
                        "POP2D_PORT", "tcp://10.0.0.7:109",
                        "POP2D_SERVICE_HOST", "10.0.0.7",
                        "PATH", "/bin"));

        assertThat(configuration.listeners().get(0).address().getPort()).isEqualTo(2109);
        assertThat(configuration.session().idleTimeout()).isEqualTo(Duration.ofMinutes(1));
        assertThat(configuration.storage().settings().text("slots")).isEqualTo("3");
        assertThat(configuration.entries())
                .contains(new Configuration.Entry("listen.port", "2109", Optional.of("POP2D_LISTEN_PORT")));
    }

    @Test
    void anUnknownVariableIsRefusedAndTheNearestNamed() throws Exception {
        write(MEMORY);
        assertThat(problems(Map.of("POP2D_LISTEN_PROT", "1109", "POP2D_LISTENPORT", "1109")))
                .containsExactly(
                        "POP2D_LISTENPORT: unknown variable; did you mean POP2D_LISTEN_PORT?",
                        "POP2D_LISTEN_PROT: unknown variable; did you mean POP2D_LISTEN_PORT?");
    }

    @Test
    void aBadVariableIsNamedAsTheOrigin() throws Exception {
        write(MEMORY);
        assertThat(problems(Map.of("POP2D_LISTEN_PORT", "many")))
                .containsExactly("POP2D_LISTEN_PORT: listen.port = many: expected a whole number from 0 to 65535");
    }

    @Test
    void everyKeyHasAVariableOfItsOwn() {
        List<Key<?>> keys = KeyList.with(MailStoreProvider.all());

        assertThat(keys)
                .extracting(Key::variable)
                .doesNotHaveDuplicates()
                .allMatch(it -> it.matches("POP2D_[A-Z0-9_]+"));
    }

    @Test
    void aSyntaxErrorHasItsLineAndAHint() throws Exception {
        assertThat(problems("listen.port = 1109\nstorage.shelf.url = /var/mail/{user}\n"))
                .singleElement()
                .asString()
                .startsWith(file() + ":2: ")
                .contains("double quotes");
    }

    @Test
    void aMissingFileIsSaidToBeMissing() {
        assertThat(problems(Map.of())).containsExactly(file() + ": there is no such file");
    }

    @Test
    void pathsStartFromTheDirectoryThatConfIsIn() throws Exception {
        Path file = directory.resolve("conf/pop2d.conf");
        Files.createDirectories(directory.resolve("conf"));
        Files.writeString(file, MEMORY);

        assertThat(ConfigurationReader.read(file, Map.of()).directory()).isEqualTo(directory);
    }

    @Test
    void pathsStartFromTheFilesDirectoryIfThatIsNotConf() throws Exception {
        assertThat(read(MEMORY).directory()).isEqualTo(directory);
    }

    @Test
    void theDirectoryKeyMovesWherePathsStart() throws Exception {
        Configuration configuration = read(MEMORY + "directory = \"instance/one\"\nstorage.shelf.url = \"mail\"\n");

        assertThat(configuration.directory()).isEqualTo(directory.resolve("instance/one"));
        assertThat(configuration.storage().settings().path("url")).isEqualTo(directory.resolve("instance/one/mail"));
    }

    @Test
    void includesAndSubstitutionsAreHoconsOwn() throws Exception {
        Files.writeString(directory.resolve("more.conf"), "listen.port = 1110\nlisten.prot = 5\n");

        assertThat(problems("include \"more.conf\"\n" + MEMORY))
                .singleElement()
                .asString()
                .startsWith(directory.resolve("more.conf") + ":2: listen.prot");
    }

    @Test
    void secretsAreMasked() throws Exception {
        Configuration configuration =
                read(MEMORY + "storage.shelf { password = hunter2, url = \"r2dbc:p://me:hunter2@host/db\" }\n");

        assertThat(configuration.entries())
                .extracting(Configuration.Entry::value)
                .contains("***", "r2dbc:p://me:***@host/db")
                .noneMatch(value -> value.contains("hunter2"));
        assertThat(configuration.toString()).doesNotContain("hunter2");
        assertThat(configuration.storage().settings().text("password")).isEqualTo("hunter2");
    }

    @Test
    void anotherStoragesSettingsAreKnownThoughUnused() throws Exception {
        // storages on the class path of this test besides: those of the project
        assertThat(problems("storage.type = nothing\nstorage.shelf.slots = 5\n"))
                .hasSize(1);
    }

    private Path file() {
        return directory.resolve("pop2d.conf");
    }

    private void write(String text) throws IOException {
        Files.writeString(file(), text);
    }

    private Configuration read(String text) throws Exception {
        write(text);
        return ConfigurationReader.read(file(), Map.of());
    }

    private List<String> problems(String text) throws IOException {
        write(text);
        return problems(Map.of());
    }

    private List<String> problems(Map<String, String> environment) {
        InvalidConfigurationException e = catchThrowableOfType(
                InvalidConfigurationException.class, () -> ConfigurationReader.read(file(), environment));
        assertThat(e).as("it should be refused").isNotNull();
        assertThat(String.valueOf(e.getMessage()).lines()).hasSize(e.problems().size());
        return e.problems().stream().map(Problem::toString).toList();
    }
}
