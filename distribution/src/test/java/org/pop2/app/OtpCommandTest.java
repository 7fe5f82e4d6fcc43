package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.auth.Authenticator;
import org.pop2.auth.Passwords;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Secret;
import org.pop2.storage.Account;
import org.pop2.storage.MailStore;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One-time passwords and users of another server, on a storage in memory. */
class OtpCommandTest {
    private static final String PHRASE = "This is a test.\n";

    @TempDir
    private Path directory;

    private final Deque<String> typed = new ArrayDeque<>();
    private String out = "";
    private String err = "";

    @BeforeEach
    void configure() throws IOException {
        Files.createDirectories(directory.resolve("conf"));
        Files.writeString(directory.resolve("conf/pop2d.conf"), "storage.type = shelf\n");
        assertThat(run("secret\n", "user", "add", "postel", "--password-stdin")).isZero();
    }

    private int run(String input, String... args) {
        CommandRun run = CommandRun.of(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                StandardCharsets.UTF_8,
                Map.of("POP2D_HOME", directory.toString()),
                typed.isEmpty()
                        ? Optional.empty()
                        : Optional.of(prompt -> typed.remove().toCharArray()),
                args);
        out = run.out();
        err = run.err();
        return run.exitCode();
    }

    private MailStore store() {
        return ShelfProvider.in(directory.toAbsolutePath().normalize());
    }

    private Account account(String user) {
        return Mono.from(store().accounts().find(new UserName(user)))
                .blockOptional()
                .orElseThrow();
    }

    private String login(String user, String password) {
        Authenticator authenticator = new Authenticator(
                store().accounts(), Authenticator.Settings.defaults().withRehash(false));
        try {
            return authenticator
                    .authenticate(new Credentials(user, Secret.of(password.getBytes(StandardCharsets.UTF_8))), null)
                    .blockOptional()
                    .orElseThrow()
                    .toString();
        } finally {
            authenticator.dispose();
        }
    }

    @Test
    void listIsMadePrintedUsedUpAndEnded() {
        assertThat(run(
                        PHRASE,
                        "user",
                        "otp",
                        "init",
                        "postel",
                        "--count",
                        "99",
                        "--seed",
                        "TeSt",
                        "--digest",
                        "md5",
                        "--print",
                        "3",
                        "--password-stdin"))
                .isZero();
        List<String> lines = out.lines().toList();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).isEqualTo("one-time passwords of postel, otp-md5, seed TeSt");
        assertThat(lines.get(1)).matches("  98  [A-Z]{1,4}( [A-Z]{1,4}){5} +[0-9A-F]{4}( [0-9A-F]{4}){3}");
        assertThat(account("postel").passwordHash()).isEqualTo("{OTP}md5 99 TeSt 50fe1962c4965880");

        String words = lines.get(1).substring(6, 35).strip();
        String hex = lines.get(2).substring(37);
        assertThat(login("postel", "secret")).isEqualTo("REFUSED");
        assertThat(login("postel", words)).isEqualTo("ACCEPTED postel");
        assertThat(login("postel", words)).isEqualTo("REFUSED");
        assertThat(login("postel", hex)).isEqualTo("ACCEPTED postel");

        assertThat(run("", "user", "otp", "status", "postel")).isZero();
        assertThat(out).isEqualTo("digest\tmd5\nseed\tTeSt\nnext\t96\nleft\t97\n");

        assertThat(run(PHRASE, "user", "otp", "list", "postel", "--count", "2", "--password-stdin"))
                .isZero();
        assertThat(out.lines().skip(1).map(line -> line.substring(0, 4))).containsExactly("  96", "  95");
        assertThat(out).contains(lines.get(3));
        assertThat(run("This is no test.\n", "user", "otp", "list", "postel", "--password-stdin"))
                .isEqualTo(65);
        assertThat(err).contains("not the pass phrase");

        assertThat(run("new\n", "user", "passwd", "postel", "--password-stdin")).isEqualTo(65);
        assertThat(err).contains("pop2d user otp remove");
        assertThat(run("new\n", "user", "otp", "remove", "postel", "--password-stdin"))
                .isZero();
        assertThat(login("postel", "new")).isEqualTo("ACCEPTED postel");
        assertThat(run("", "user", "otp", "status", "postel")).isEqualTo(65);
        assertThat(run("new\n", "user", "otp", "remove", "postel", "--password-stdin"))
                .isEqualTo(65);
    }

    @Test
    void newListHasAnotherSeedAndKeepsADisabledUserDisabled() {
        run("", "user", "disable", "postel");
        assertThat(run(PHRASE, "user", "otp", "init", "postel", "--password-stdin"))
                .isZero();
        assertThat(out.lines()).hasSize(101);
        Account first = account("postel");
        assertThat(first.enabled()).isFalse();
        assertThat(first.passwordHash()).matches("\\{OTP\\}sha1 500 [a-z]{2}[0-9]{5} [0-9a-f]{16}");
        String seed = first.passwordHash().split(" ", -1)[2];

        assertThat(run(
                        PHRASE,
                        "user",
                        "otp",
                        "init",
                        "postel",
                        "--seed",
                        seed.toUpperCase(java.util.Locale.ROOT),
                        "--password-stdin"))
                .isEqualTo(65);
        assertThat(err).contains("same list");
        assertThat(account("postel")).isEqualTo(first);
    }

    @Test
    void personIsAskedForANewPassPhraseTwiceAndForAKnownOneOnce() {
        typed.addAll(List.of("grüße aus dem äther", "grüße aus dem äther"));
        assertThat(run("", "user", "otp", "init", "postel")).isZero();
        typed.addAll(List.of("one phrase is this", "another one is that"));
        assertThat(run("", "user", "otp", "init", "postel")).isEqualTo(65);
        typed.add("grüße aus dem äther");
        assertThat(run("", "user", "otp", "list", "postel")).isZero();
        assertThat(out.lines()).hasSize(21);
        assertThat(run("", "user", "otp", "list", "postel")).isEqualTo(64);
    }

    @Test
    void whatCannotBeIsRefused() {
        for (String phrase : List.of("", "ninechars", "x".repeat(64))) {
            assertThat(run(phrase, "user", "otp", "init", "postel", "--password-stdin"))
                    .isEqualTo(65);
            assertThat(err).contains("10 to 63");
        }
        for (String wrong : List.of("--count=0", "--count=10000", "--seed=a:b", "--digest=md4", "--print=many")) {
            assertThat(run(PHRASE, "user", "otp", "init", "postel", wrong, "--password-stdin"))
                    .as(wrong)
                    .isEqualTo(64);
        }
        for (String command : List.of("init", "list", "remove")) {
            assertThat(run(PHRASE, "user", "otp", command, "nobody", "--password-stdin"))
                    .isEqualTo(67);
        }
        assertThat(run("", "user", "otp", "totp", "nobody")).isEqualTo(67);
        assertThat(run("", "user", "otp", "status", "nobody")).isEqualTo(67);
        assertThat(run("", "user", "otp")).isEqualTo(64);
        assertThat(login("postel", "secret")).isEqualTo("ACCEPTED postel");
    }

    @Test
    void digitsFollowThePasswordUntilTheyAreTakenAway() {
        assertThat(run("", "user", "otp", "totp", "postel", "--issuer", "Isi mail"))
                .isZero();
        List<String> lines = out.lines().toList();
        assertThat(lines).hasSize(2);
        String secret = lines.get(1);
        assertThat(secret).matches("[A-Z2-7]{32}");
        assertThat(lines.get(0))
                .isEqualTo("otpauth://totp/Isi%20mail:postel?secret=" + secret
                        + "&issuer=Isi%20mail&algorithm=SHA1&digits=6&period=30");
        assertThat(account("postel").passwordHash()).startsWith("{TOTP}" + secret + ":0:{ARGON2ID}");
        assertThat(login("postel", "secret")).isEqualTo("REFUSED");
        assertThat(run("", "user", "otp", "status", "postel")).isZero();
        assertThat(out).startsWith("totp\t");

        assertThat(run("new\n", "user", "passwd", "postel", "--password-stdin")).isZero();
        assertThat(account("postel").passwordHash()).startsWith("{TOTP}" + secret + ":0:{ARGON2ID}");
        assertThat(run("", "user", "otp", "totp", "postel")).isZero();
        assertThat(account("postel").passwordHash()).startsWith("{TOTP}").doesNotContain(secret);

        assertThat(run("", "user", "otp", "remove", "postel")).isZero();
        assertThat(login("postel", "new")).isEqualTo("ACCEPTED postel");

        run(PHRASE, "user", "otp", "init", "postel", "--password-stdin");
        assertThat(run("", "user", "otp", "totp", "postel")).isEqualTo(65);
        assertThat(err).contains("go together with a password only");
    }

    @Test
    void usersOfADovecotPasswordFileAreImported() throws Exception {
        Path file = directory.resolve("users");
        Files.write(
                file,
                List.of(
                        "# the users",
                        "",
                        "cerf:{PLAIN}xyzzy-secret:1000:1000:Vint:/home/cerf::",
                        "Kahn:$6$saltsaltsaltsalt$csoGsaC3yxEIvMdVpxO2zEQlhCHi/6pnPVKHT3nfribhRDnEOL4O5nnsAETH/r6rG0vxiN/wRElsAf4u8CK4d.",
                        "reynolds:{SSHA}396MbBWXRxNekvZdjsTMJL2vMJtzYWx0::::::nologin",
                        "crocker:{OTP}md5 99 TeSt 50fe1962c4965880",
                        "postel:{PLAIN}other",
                        "mills:{SHA256}xyzzy-hash",
                        "cerf:{PLAIN}again",
                        "../x:{PLAIN}xyzzy-secret",
                        "nohash",
                        "{PLAIN}xyzzy-secret"));

        assertThat(run("", "user", "import", file.toString())).isEqualTo(65);

        assertThat(out).isEqualTo("imported 4 users\n");
        assertThat(err.lines().map(line -> line.substring(0, Math.min(40, line.length()))))
                .hasSize(6)
                .anyMatch(line -> line.contains("line 8: the hash of mills"))
                .anyMatch(line -> line.contains("line 9: a second one"))
                .anyMatch(line -> line.contains("postel exists and stays"));
        assertThat(err).contains("SHA256 is too weak").doesNotContain("xyzzy");
        assertThat(login("cerf", "xyzzy-secret")).isEqualTo("ACCEPTED cerf");
        assertThat(login("kahn", "correct horse battery staple")).isEqualTo("ACCEPTED kahn");
        assertThat(login("crocker", "nothing")).isEqualTo("REFUSED");
        assertThat(account("reynolds").enabled()).isFalse();
        assertThat(login("postel", "secret")).isEqualTo("ACCEPTED postel");

        assertThat(run("postel:{PLAIN}other\n", "user", "import", "-", "--replace"))
                .isZero();
        assertThat(login("postel", "other")).isEqualTo("ACCEPTED postel");
        assertThat(run("", "user", "import", directory.resolve("none").toString()))
                .isEqualTo(66);
        assertThat(Flux.from(store().accounts().list()).count().block()).isEqualTo(5);
        assertThat(Passwords.isPlain(account("cerf").passwordHash())).isTrue();
    }
}
