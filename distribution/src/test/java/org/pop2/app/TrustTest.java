package org.pop2.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.app.cli.CommandFailedException;
import org.pop2.app.cli.ConfigOption;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.Terminal;
import org.pop2.app.cli.Trust;

class TrustTest {
    private static final int SOMEBODY = 12345;
    private static final PrintStream NOWHERE =
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);

    @TempDir
    private Path directory;

    private Path conf = Path.of("");
    private Path file = Path.of("");

    @BeforeEach
    void aFileOfItsOwners() throws IOException {
        conf = Files.createDirectory(directory.resolve("conf"));
        file = Files.writeString(conf.resolve("pop2d.conf"), "");
        mode(file, "rw-rw-r--");
        mode(conf, "rwxr-x---");
    }

    private static void mode(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    private void assertRefused(Path obeyed, String why) {
        assertThatThrownBy(() -> Trust.requireOfRoot(List.of(obeyed), true))
                .isInstanceOfSatisfying(
                        CommandFailedException.class,
                        e -> assertThat(e.exitCode()).isEqualTo(ExitCode.CONFIG))
                .hasMessageContaining(why);
    }

    @Test
    void aFileOfItsOwnersIsObeyed() {
        assertThatCode(() -> Trust.requireOfRoot(List.of(file), true)).doesNotThrowAnyException();
        assertThat(Trust.doubt(List.of(file))).isEmpty();
    }

    @Test
    void rootDoesNotObeyWhatAnybodyMayWrite() throws IOException {
        mode(file, "rw-r--rw-");
        assertRefused(file, "chmod o-w " + file);
    }

    @Test
    void rootDoesNotObeyWhatStandsWhereAnybodyMayPutAnotherFile() throws IOException {
        mode(conf, "rwxrwxrwx");
        assertRefused(file, "chmod o-w " + conf);
        Path below = Files.createDirectory(conf.resolve("d"));
        assertRefused(Files.writeString(below.resolve("included.conf"), ""), "chmod o-w " + conf);
    }

    @Test
    void rootDoesNotObeyALinkThatAnybodyMayReplace() throws IOException {
        Path open = Files.createDirectory(directory.resolve("open"));
        mode(open, "rwxrwxrwx");
        assertRefused(Files.createSymbolicLink(open.resolve("link.conf"), file), "chmod o-w " + open);
        mode(open, "rwxr-xr-x");
        mode(conf, "rwxr-xrwx");
        assertRefused(open.resolve("link.conf"), "chmod o-w " + conf);
    }

    /** Only root can give a file away. */
    @Test
    void rootDoesNotObeyAnotherUser() throws IOException {
        if (!Trust.isRoot()) {
            assertThat(Trust.doubt(List.of(Path.of("/proc/self/status")))).isEmpty();
            return;
        }
        Files.setAttribute(conf, "unix:uid", SOMEBODY);
        assertRefused(file, conf + " belongs to another user (id " + SOMEBODY + ")");
        Files.setAttribute(conf, "unix:uid", 0);
        Files.setAttribute(file, "unix:uid", SOMEBODY);
        assertRefused(file, file + " belongs to another user");
    }

    @Test
    void anybodyElseMayObeyIt() throws IOException {
        mode(file, "rw-r--rw-");
        assertThatCode(() -> Trust.requireOfRoot(List.of(file), false)).doesNotThrowAnyException();
        assertThat(Trust.doubt(List.of(file)))
                .hasValueSatisfying(doubt -> assertThat(doubt).contains("chmod o-w"));
    }

    /** The main file, what it includes, and for each a directory above. */
    @Test
    void allFilesOfAConfigurationAreLookedAt() throws Exception {
        Path included = Files.createDirectory(directory.resolve("more")).resolve("included.conf");
        Files.writeString(included, "listen.port = 1109");
        Files.writeString(file, "include required(file(\"" + included + "\"))\nlisten.address = 127.0.0.1\n");
        ConfigOption option = new ConfigOption();
        option.use(file);
        assertThat(option.read(new Terminal(
                                InputStream.nullInputStream(), NOWHERE, NOWHERE, Map.of(), Optional.empty()))
                        .files())
                .containsExactlyInAnyOrder(file, included);
    }

    @Test
    void whatIsBelievedIsLookedAtAsWhatIsObeyed() throws Exception {
        Files.writeString(file, """
                listen { tls.certificate = c.pem, tls.key = k.pem }
                management { port = 0, token-file = token }
                storage.type = mbox
                storage.mbox.accounts = accounts
                """);
        ConfigOption option = new ConfigOption();
        option.use(file);
        Terminal nobody = new Terminal(InputStream.nullInputStream(), NOWHERE, NOWHERE, Map.of(), Optional.empty());
        assertThat(option.look(nobody).obeyed())
                .containsExactlyInAnyOrder(
                        file,
                        directory.resolve("c.pem"),
                        directory.resolve("k.pem"),
                        directory.resolve("token"),
                        directory.resolve("accounts"));
        Path token = Files.writeString(directory.resolve("token"), "0123456789abcdef\n");
        mode(token, "rw----rw-");
        assertRefused(token, "chmod o-w " + token);
    }
}
