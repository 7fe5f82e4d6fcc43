package org.pop2.storage.fs.account;

import static org.assertj.core.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;
import org.pop2.storage.Account;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.lock.Pause;
import org.pop2.storage.fs.lock.StateLock;

/**
 * A password file of any octets at all: it is read, an account is put into it and found again, and nobody else's line
 * is changed by that. Runs with {@code -Pfuzz} only.
 */
@Tag("fuzz")
class PasswordFileFuzzTest {
    private static final Path DIRECTORY = directory();
    private static final Account POSTEL = new Account(new UserName("postel"), "{PLAIN}a:b%3A", false);

    private static Path directory() {
        try {
            // in memory where there is such a place: it is written millions of times
            Path memory = Path.of("/dev/shm");
            return Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "pop2-fuzz")
                    : Files.createTempDirectory("pop2-fuzz");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<byte[]> seeds() {
        return Stream.of(
                        "postel:{PLAIN}secret\n",
                        "# comment\n\nsmith:{SSHA}abc:1:2:gecos:/home:/bin/sh:nologin\n",
                        "postel:{ESC}{PLAIN}a%3Ab%25:::::: nologin=y x=1\npostel:{PLAIN}second\n",
                        "no colon\n:empty\n\u00ff:x\na b:c\r\n",
                        "x:y")
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @DictionaryEntries({"postel:", "{PLAIN}", "{ESC}", "%3A", "nologin", "nologin=y", "::::::", "\\x0A", "#"})
    @MethodSource("seeds")
    @FuzzTest
    void anAccountIsFoundAgainAndTheOthersAreAsTheyWere(byte[] octets) throws IOException {
        Path path = DIRECTORY.resolve("users");
        Files.write(path, octets);
        RealIo io = new RealIo();
        PasswordFile file = new PasswordFile(io, path, StateLock.at(io, DIRECTORY.resolve("lock")), Pause.REAL, 10_000);
        List<Account> before = others(file);
        file.put(POSTEL);
        if (!file.find(POSTEL.user()).equals(Optional.of(POSTEL))) {
            fail("put, and found " + file.find(POSTEL.user()));
        }
        if (!others(file).equals(before)) {
            fail("others changed: " + others(file) + " instead of " + before);
        }
        file.remove(POSTEL.user());
        if (file.find(POSTEL.user()).isPresent() || !others(file).equals(before)) {
            fail("removed, and there are " + file.list());
        }
    }

    private static List<Account> others(PasswordFile file) throws IOException {
        return file.list().stream()
                .filter(account -> !account.user().equals(POSTEL.user()))
                .toList();
    }
}
