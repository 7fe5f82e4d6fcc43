package org.pop2.storage.fs.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.Account;
import org.pop2.storage.UserName;
import org.pop2.storage.fs.io.RealIo;
import org.pop2.storage.fs.lock.Pause;
import org.pop2.storage.fs.lock.StateLock;

class PasswordFileTest {
    private static final String OTHERS = """
            smith:{PLAIN}x:1:1:J\u00fcrgen, Z\u00fcrich:/home/smith:/bin/sh:k=\u00e9\040
            # M\u00fcller left in May
            Zo\u00eb:{PLAIN}latin\r

            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @SuppressWarnings("NullAway.Init")
    private Path path;

    @SuppressWarnings("NullAway.Init")
    private PasswordFile file;

    @BeforeEach
    void othersAreInLatin1() throws IOException {
        path = directory.resolve("users");
        write(OTHERS);
        RealIo io = new RealIo();
        file = new PasswordFile(io, path, StateLock.at(io, directory.resolve("lock")), Pause.REAL, 10_000);
    }

    private void write(String octets) throws IOException {
        Files.write(path, octets.getBytes(StandardCharsets.ISO_8859_1));
    }

    private String written() throws IOException {
        return new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1);
    }

    @Test
    void linesOfOthersStayOctetForOctet() throws IOException {
        Account account = new Account(new UserName("zo\u00eb"), "{PLAIN}secret", true);
        file.put(account);
        String line =
                new String("zo\u00eb:{PLAIN}secret\n".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(written()).isEqualTo(OTHERS + line);
        assertThat(file.find(account.user())).contains(account);
        assertThat(file.replace(account, new Account(account.user(), "{PLAIN}new", true)))
                .isTrue();
        file.remove(account.user());
        assertThat(written()).isEqualTo(OTHERS);
    }

    @Test
    void otherFieldsOfALineThatChangesStayOctetForOctet() throws IOException {
        file.put(new Account(new UserName("smith"), "{PLAIN}y", false));
        assertThat(written())
                .isEqualTo(OTHERS.replace("{PLAIN}x", "{PLAIN}y").replace("k=\u00e9 \n", "k=\u00e9  nologin\n"));
    }

    /** A name in another charset is nobody's, as it cannot be typed in this one. */
    @Test
    void nameThatIsNotUtf8IsNobodys() throws IOException {
        assertThat(file.list()).extracting(Account::user).isEqualTo(List.of(new UserName("smith")));
        file.put(new Account(new UserName("zoe"), "{PLAIN}z", true));
        assertThat(written()).startsWith(OTHERS);
    }

    @Test
    void manyAccountsAreOneWriteAndKeepTheLinesOfOthers() throws IOException {
        List<Account> accounts = new ArrayList<>();
        accounts.add(new Account(new UserName("smith"), "{PLAIN}new", true));
        for (int i = 0; i < 20_000; i++) {
            accounts.add(new Account(new UserName("u" + i), "{PLAIN}" + i, true));
        }
        // the last one of a user counts
        accounts.add(new Account(new UserName("u7"), "{PLAIN}last", true));
        long began = System.nanoTime();
        file.putAll(accounts);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));

        assertThat(written())
                .startsWith(OTHERS.replace("{PLAIN}x:", "{PLAIN}new:") + "u0:{PLAIN}0\n")
                .contains("\nu7:{PLAIN}last\n")
                .endsWith("u19999:{PLAIN}19999\n");
        assertThat(file.find(new UserName("u12345"))).contains(accounts.get(12_346));
    }
}
