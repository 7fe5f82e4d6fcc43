package org.pop2.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.app.cli.ExitCode;
import org.pop2.app.cli.ProgressBar;
import org.pop2.storage.Account;
import org.pop2.storage.FolderName;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.UserName;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** {@code pop2d mailbox} in this process, on a storage in memory and on mbox files. */
class MailboxCommandTest {
    private static final UserName POSTEL = new UserName("postel");
    private static final FolderName WORK = new FolderName("lists/work");
    private static final String SEPARATOR = "From jkr@example.org Mon Feb  4 10:00:00 1985\n";

    @TempDir
    private Path directory;

    private Path config;
    private int restarts;
    private String out = "";
    private String err = "";

    @BeforeEach
    void configure() throws IOException {
        config = instance("here", "shelf");
        account(POSTEL);
    }

    @Test
    void deletionsThatWereSetAsideAreListedFinishedAndForgotten() throws IOException {
        assertThat(run("recover")).as("a storage that sets none aside").isEqualTo(ExitCode.UNAVAILABLE);
        config = instance("files", "mbox");
        account(POSTEL);
        assertThat(run("recover")).isEqualTo(0);
        assertThat(out).isEmpty();
        assertThat(err).contains("nothing was set aside");
        // without a seal: it was never begun
        Path journal = Files.createFile(config.resolveSibling("../var/state/journals")
                .normalize()
                .resolve("4c7b01aa00.journal.1795720179023.quarantine"));

        assertThat(run("recover")).isEqualTo(0);
        assertThat(out)
                .isEqualTo("4c7b01aa-1795720179023\t2026-11-26T19:09:39Z\tunknown\tnever begun: it can be dropped\n");
        assertThat(run("recover", "--apply", "4c7b01aa-1")).isEqualTo(ExitCode.NO_INPUT);
        assertThat(run("recover", "--apply", "4c7b01aa-1795720179023")).isEqualTo(ExitCode.DATA);
        assertThat(journal).exists();
        assertThat(run("recover", "--drop", "4c7b01aa-1795720179023")).isEqualTo(0);
        assertThat(out).isEqualTo("dropped 4c7b01aa-1795720179023\n");
        assertThat(journal).doesNotExist();
    }

    @Test
    void everyMailboxIsListedWithMessagesAndOctets() {
        deliver(FolderName.INBOX, "Subject: a\n\nx\n");
        deliver(FolderName.INBOX, "Subject: b\n\ny\n");
        deliver(WORK, "z");

        assertThat(run("list")).isEqualTo(0);

        assertThat(out).isEqualTo("postel\tINBOX\t2\t34\npostel\tlists/work\t1\t3\n");
        assertThat(run("list", "--user", "nobody")).isEqualTo(67);
    }

    @Test
    void aMailboxInUseIsReportedAndNeverTakenOver() throws IOException {
        deliver(FolderName.INBOX, "x");
        Files.writeString(config, "mailbox.takeover-after = 0s\nmailbox.busy-wait = 0s\n", StandardOpenOption.APPEND);
        Mailbox session = Mono.from(store().open(POSTEL, FolderName.INBOX))
                .blockOptional()
                .orElseThrow();
        List<String> lost = new ArrayList<>();
        Flux.from(session.lost()).doOnComplete(() -> lost.add("lost")).subscribe();

        assertThat(run("list")).isEqualTo(75);
        assertThat(out).isEqualTo("postel\tINBOX\t-\t-\n");
        assertThat(run("verify")).isEqualTo(75);
        assertThat(out).isEqualTo("postel\tINBOX\t-\tin use\n");
        assertThat(run(
                        "export",
                        "--user",
                        "postel",
                        "--to",
                        directory.resolve("x").toString()))
                .isEqualTo(75);
        assertThat(directory.resolve("x")).doesNotExist();

        assertThat(lost).isEmpty();
        BitSet all = new BitSet();
        all.set(1);
        Mono.from(session.release(all)).block();
        assertThat(run("list")).isEqualTo(0);
        assertThat(out).isEqualTo("postel\tINBOX\t0\t0\n");
    }

    @Test
    void verifyReadsEverythingAndLeavesItThere() {
        deliver(FolderName.INBOX, "x");
        deliver(WORK, "y");

        assertThat(run("verify")).isEqualTo(0);
        assertThat(out).isEqualTo("postel\tINBOX\t1\tok\npostel\tlists/work\t1\tok\n");
        assertThat(run("verify", "--user", "postel", "--folder", "lists/work")).isEqualTo(0);
        assertThat(out).isEqualTo("postel\tlists/work\t1\tok\n");
        assertThat(run("verify", "--user", "postel", "--folder", "none")).isEqualTo(66);
        assertThat(run("verify", "--folder", "lists/work")).isEqualTo(64);
        assertThat(contents(FolderName.INBOX)).containsExactly("x\r\n");
    }

    @Test
    void verifyNamesTheMailboxThatIsNone() throws IOException {
        config = instance("mbox", "mbox");
        account(POSTEL);
        deliver(WORK, "x");
        Files.createDirectories(directory.resolve("mbox/var/mail"));
        Files.writeString(directory.resolve("mbox/var/mail/postel"), "this is no mailbox\n");

        assertThat(run("verify")).isEqualTo(65);

        assertThat(out).isEqualTo("postel\tINBOX\t-\tdamaged\npostel\tlists/work\t1\tok\n");
        assertThat(err).contains("postel").contains("not a mailbox");
    }

    @Test
    void mboxMaildirFileAndStandardInputAreImported() throws IOException {
        Path mbox = write("mail.mbox", SEPARATOR + "Subject: 1\n\n>From a\n\n" + SEPARATOR + "Subject: 2\n\nb\n\n");
        Path maildir = directory.resolve("Maildir");
        Files.createDirectories(maildir.resolve("new"));
        Files.createDirectories(maildir.resolve("tmp"));
        write("Maildir/cur/9.x.host:2,S", "Subject: 3\n\nFrom c\n");
        write("Maildir/new/10.x.host", "Subject: 4\r\n\r\nd");
        write("Maildir/tmp/1.x.host", "half a mess");
        Path single = write("x.eml", "Subject: 5\n\ne\n");

        assertThat(runWith(
                        SEPARATOR + "Subject: 6\n\nf\n",
                        "import",
                        "--user",
                        "postel",
                        "--folder",
                        "lists/work",
                        mbox.toString(),
                        maildir.toString(),
                        single.toString(),
                        "-"))
                .isEqualTo(0);

        assertThat(out).isEqualTo("imported 6 messages to postel/lists/work\n");
        assertThat(err).isEmpty();
        assertThat(contents(WORK))
                .containsExactly(
                        "Subject: 1\r\n\r\nFrom a\r\n",
                        "Subject: 2\r\n\r\nb\r\n",
                        "Subject: 3\r\n\r\nFrom c\r\n",
                        "Subject: 4\r\n\r\nd\r\n",
                        "Subject: 5\r\n\r\ne\r\n",
                        "Subject: 6\r\n\r\nf\r\n");
        assertThat(directory.resolve("here/var/import")).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource({"bare,3", "bom,2", "comma,3", "gmt-zone,3", "mixed,3"})
    void archivesOfOtherProgramsAreNotGluedTogether(String name, int messages) throws IOException {
        Path source = directory.resolve("archive.mbox");
        try (InputStream in = MailboxCommandTest.class.getResourceAsStream("case-glued-" + name + ".mbox")) {
            Files.copy(Objects.requireNonNull(in), source);
        }

        assertThat(run("import", "--user", "postel", source.toString())).isEqualTo(0);
        assertThat(contents(FolderName.INBOX))
                .hasSize(messages)
                .allSatisfy(content -> assertThat(content).startsWith("From: a@example.org\r\nSubject: s"));
        assertThat(out).startsWith("imported " + messages + " messages to postel/INBOX\n");
        if (name.equals("mixed")) {
            assertThat(out).contains("of these, 2 messages begin with a From_ line without a date");
        }
    }

    @Test
    void compressedSourceIsToldAsSuch() throws IOException {
        Path source = directory.resolve("mail.mbox.gz");
        try (OutputStream gzip = new GZIPOutputStream(Files.newOutputStream(source))) {
            gzip.write("From x Mon Nov 23 01:00:00 2026\nSubject: s\n\n".getBytes(StandardCharsets.US_ASCII));
        }

        assertThat(run("import", "--user", "postel", source.toString())).isEqualTo(65);
        assertThat(err).contains("is compressed: zcat FILE | pop2d mailbox import");
        assertThat(contents(FolderName.INBOX)).isEmpty();
    }

    @Test
    void whatBeginsLikeAMailboxIsOneOrRefused() throws IOException {
        Path source = write("letter.eml", "From here on\nall is well\n");

        assertThat(run("import", "--user", "postel", source.toString())).isEqualTo(65);
        assertThat(err).contains("--format message");
        assertThat(run("import", "--user", "postel", "--format", "message", source.toString()))
                .isEqualTo(0);
    }

    @Test
    void whatCannotBeImportedIsSaidBeforeAnythingIs() throws IOException {
        Path good = write("x.eml", "x");
        Path folder = Files.createDirectories(directory.resolve("folder"));

        assertThat(run("import", "--user", "postel", good.toString(), directory.resolve("none") + ""))
                .isEqualTo(66);
        assertThat(run("import", "--user", "postel", good.toString(), folder.toString()))
                .isEqualTo(65);
        assertThat(err).contains("not a Maildir");
        assertThat(run("import", "--user", "nobody", good.toString())).isEqualTo(67);
        assertThat(run("import", "--user", "postel", "--format", "mbx", good.toString()))
                .isEqualTo(64);
        assertThat(run("import", "--user", "postel", "-", "-")).isEqualTo(64);
        assertThat(run("import", "--user", "postel", "--format", "mbox", good.toString()))
                .isEqualTo(65);
        assertThat(err).contains("does not begin with a From_ line");
        assertThat(contents(FolderName.INBOX)).isEmpty();
    }

    @Test
    void anImportWhoseInputFailedGoesOnWhereItWas() {
        String mail = mbox(20);
        InputStream failing = new InputStream() {
            private int at;

            @Override
            public int read() throws IOException {
                if (at == mail.length() * 2 / 3) {
                    throw new IOException("gone");
                }
                return mail.charAt(at++);
            }

            @Override
            public int read(byte[] into, int from, int length) throws IOException {
                into[from] = (byte) read();
                return 1;
            }
        };

        assertThat(run(failing, "import", "--user", "postel", "-")).isEqualTo(74);
        assertThat(err).contains("gone").contains("goes on from there");
        int before = contents(FolderName.INBOX).size();
        assertThat(before).isBetween(1, 19);

        assertThat(runWith(mail, "import", "--user", "postel", "-")).isEqualTo(0);
        assertThat(out).contains(before + " messages had been imported before");
        assertThat(contents(FolderName.INBOX)).hasSize(20).doesNotHaveDuplicates();
    }

    /** The state file as it is after any of its octets was the last one written, with the mail as it may be then. */
    @ParameterizedTest
    @ValueSource(strings = {"shelf", "mbox"})
    void anImportKilledAtAnyMomentImportsNothingTwiceAndLosesNothing(String storage) throws IOException {
        Path source = write("mail.mbox", mbox(3));
        Path state = directory.resolve("state");
        config = instance("full", storage);
        account(POSTEL);
        assertThat(run("import", "--user", "postel", "--state", state.toString(), source.toString()))
                .isEqualTo(0);
        byte[] full = Files.readAllBytes(state);
        int end = 0;
        int begun = 0;
        int delivered = 0;
        List<String> lines = List.of(new String(full, ISO_8859_1).split("(?<=\n)", -1));
        for (int i = 0; i < lines.size(); i++) {
            int start = end;
            end += lines.get(i).length();
            for (int cut = start; cut < end; cut += 7) {
                restart(storage, source, state, full, cut, delivered);
            }
            restart(storage, source, state, full, end, delivered);
            begun += lines.get(i).startsWith(">") ? 1 : 0;
            if (lines.get(i).startsWith(">") && !lines.get(i + 1).startsWith(">")) {
                // killed between the delivery and the note of it
                delivered = begun;
                restart(storage, source, state, full, end, delivered);
            }
        }
        assertThat(delivered).isEqualTo(3);
    }

    private void restart(String storage, Path source, Path state, byte[] full, int cut, int delivered)
            throws IOException {
        config = instance("restart" + ++restarts, storage);
        account(POSTEL);
        for (int number = 0; number < delivered; number++) {
            deliver(FolderName.INBOX, text(number));
        }
        Files.write(state, Arrays.copyOf(full, cut));

        assertThat(run("import", "--user", "postel", "--state", state.toString(), source.toString()))
                .as("cut at %d: %s", cut, err)
                .isEqualTo(0);

        assertThat(contents(FolderName.INBOX))
                .as("cut at %d", cut)
                .containsExactlyElementsOf(Stream.of(0, 1, 2)
                        .map(it -> text(it).replace("\n", "\r\n"))
                        .toList());
    }

    @Test
    void messagesThatAreTheSameAreToldApartByTheirNumberAfterAKill() throws IOException {
        config = instance("files", "mbox");
        account(POSTEL);
        String same = SEPARATOR + text(0) + "\n";
        Path source = write("mail.mbox", same + same + mbox(3) + same);
        Path state = directory.resolve("state");
        assertThat(run("import", "--user", "postel", "--state", state + "", source + ""))
                .isEqualTo(0);
        // killed before the note that the batch is done, and somebody has fetched and deleted a copy since
        Files.write(
                state,
                Files.readAllLines(state).stream()
                        .filter(line -> !line.startsWith("="))
                        .toList());
        in(store -> Mono.from(store.open(POSTEL, FolderName.INBOX))
                .flatMap(mailbox -> Mono.from(mailbox.release(BitSet.valueOf(new long[] {2}))))
                .thenReturn(true));

        assertThat(run("import", "--user", "postel", "--state", state + "", source + ""))
                .isEqualTo(0);
        assertThat(out).isEqualTo("imported 1 message to postel/INBOX; 5 messages had been imported before\n");
        assertThat(contents(FolderName.INBOX)).hasSize(6);
    }

    @Test
    void messagesOfAnySizeAreImportedInTheirOrder() throws IOException {
        config = instance("files", "mbox");
        account(POSTEL);
        List<String> bodies = new ArrayList<>();
        StringBuilder mbox = new StringBuilder();
        for (int i = 0; i < 1300; i++) {
            String body = "Subject: " + i + "\n\n" + "line\n".repeat(i % 200 == 100 ? 300_000 : i % 7);
            mbox.append(SEPARATOR).append(body).append('\n');
            bodies.add(body.replace("\n", "\r\n"));
        }
        Path source = write("mail.mbox", mbox.toString());

        assertThat(run("import", "--user", "postel", source.toString())).isEqualTo(0);
        assertThat(out).isEqualTo("imported 1300 messages to postel/INBOX\n");
        assertThat(contents(FolderName.INBOX)).containsExactlyElementsOf(bodies);
    }

    @Test
    void withAStateFileOnlyWhatIsNewIsImportedTheNextTime() throws IOException {
        Path source = write("mail.mbox", mbox(2));
        String state = directory.resolve("state").toString();
        assertThat(run("import", "--user", "postel", "--state", state, source.toString()))
                .isEqualTo(0);
        write("mail.mbox", mbox(5));

        assertThat(run("import", "--user", "postel", "--state", state, source.toString()))
                .isEqualTo(0);
        assertThat(out).isEqualTo("imported 3 messages to postel/INBOX; 2 messages had been imported before\n");
        assertThat(contents(FolderName.INBOX)).hasSize(5).doesNotHaveDuplicates();

        write("mail.mbox", SEPARATOR + "another\n\n" + mbox(2));
        assertThat(run("import", "--user", "postel", "--state", state, source.toString()))
                .isEqualTo(65);
        assertThat(err).contains("not the message that an earlier run imported");
        assertThat(run("import", "--user", "postel", "--folder", "x", "--state", state, source.toString()))
                .isEqualTo(65);
        assertThat(run("import", "--user", "postel", "--state", source.toString(), source.toString()))
                .isEqualTo(65);
        assertThat(Files.readString(source))
                .as("a file that is no state is left alone")
                .contains("another");
        assertThat(contents(FolderName.INBOX)).hasSize(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mbox", "maildir"})
    void whatIsExportedIsImportedAsItWas(String format) throws IOException {
        long seed = System.nanoTime();
        List<String> bodies = awkward(new Random(seed));
        bodies.forEach(body -> deliver(FolderName.INBOX, body));
        List<String> before = contents(FolderName.INBOX);
        Path to = directory.resolve("exported");

        assertThat(run("export", "--user", "postel", "--to", to.toString(), "--format", format))
                .isEqualTo(0);
        assertThat(out).isEqualTo("exported " + bodies.size() + " messages of postel/INBOX to " + to + "\n");
        assertThat(run("import", "--user", "postel", "--folder", "again", "--format", format, to.toString()))
                .isEqualTo(0);

        assertThat(contents(new FolderName("again"))).as("seed %d", seed).containsExactlyElementsOf(before);
        assertThat(contents(FolderName.INBOX)).isEqualTo(before);
        assertThat(run("export", "--user", "postel", "--to", to.toString(), "--format", format))
                .as("is there already")
                .isEqualTo(73);
        assertThat(err).contains("--force");
        assertThat(run("export", "--user", "postel", "--to", to.toString(), "--format", format, "--force"))
                .isEqualTo(0);
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(it -> it.getFileName().toString())).noneMatch(it -> it.endsWith(".tmp"));
        }
    }

    @Test
    void anMboxIsQuotedAndNamesSenderAndDate() {
        deliver(
                FolderName.INBOX,
                "Return-Path: <jkr@example.org>\nDate: Mon, 04 Feb 1985 11:00:00 +0100 (MET)\n\nFrom a\n>From b\nFrom: c\n");

        assertThat(run("export", "--user", "postel", "--to", "-")).isEqualTo(0);

        assertThat(out).isEqualTo("""
                        From jkr@example.org Mon Feb  4 10:00:00 1985
                        Return-Path: <jkr@example.org>
                        Date: Mon, 04 Feb 1985 11:00:00 +0100 (MET)

                        >From a
                        >>From b
                        From: c

                        """);
        assertThat(err).contains("exported 1 message of postel/INBOX");
    }

    @Test
    void whatIsExportedFromMemoryIsReadBackByTheMboxStorage() throws IOException {
        long seed = System.nanoTime();
        List<String> bodies = awkward(new Random(seed));
        bodies.forEach(body -> deliver(FolderName.INBOX, body));
        List<String> before = contents(FolderName.INBOX);
        Path mail = Files.createDirectories(directory.resolve("mbox/var/mail"));

        assertThat(run(
                        "export",
                        "--user",
                        "postel",
                        "--to",
                        mail.resolve("postel").toString()))
                .isEqualTo(0);

        config = instance("mbox", "mbox");
        account(POSTEL);
        assertThat(contents(FolderName.INBOX)).as("seed %d", seed).containsExactlyElementsOf(before);
    }

    @Test
    void usersAreCopiedBetweenStoragesOnceHoweverOftenTheCommandIsRun() throws IOException {
        long seed = System.nanoTime();
        List<String> bodies = awkward(new Random(seed));
        bodies.forEach(body -> deliver(FolderName.INBOX, body));
        deliver(FolderName.INBOX, "the same\n");
        deliver(FolderName.INBOX, "the same\n");
        deliver(WORK, "Status: RO\nSubject: work\n\nwork\n");
        List<String> before = contents(FolderName.INBOX);
        Path from = config;
        Path to = instance("there", "mbox");

        assertThat(run("copy", "--from", from + "", "--to", to + "")).as(err).isEqualTo(0);
        assertThat(out).isEqualTo("postel\tINBOX\t" + before.size() + "\t0\npostel\tlists/work\t1\t0\n");
        assertThat(run("copy", "--from", from + "", "--to", to + "")).as(err).isEqualTo(0);
        assertThat(out).isEqualTo("postel\tINBOX\t0\t" + before.size() + "\npostel\tlists/work\t0\t1\n");
        deliver(WORK, "more\n");
        assertThat(run("copy", "--from", from + "", "--to", to + "", "--user", "postel"))
                .isEqualTo(0);
        assertThat(out).contains("postel\tlists/work\t1\t1\n");

        assertThat(contents(FolderName.INBOX)).isEqualTo(before);
        config = to;
        assertThat(contents(FolderName.INBOX)).as("seed %d", seed).containsExactlyElementsOf(before);
        assertThat(contents(WORK)).containsExactly("Subject: work\r\n\r\nwork\r\n", "more\r\n");
        assertThat(in(store -> Mono.from(store.accounts().find(POSTEL))).passwordHash())
                .isEqualTo("{PLAIN}secret");
    }

    @Test
    void aCopyStopsAtTheQuotaAndGoesOnWhenThereIsRoom() throws IOException {
        for (int i = 0; i < 3; i++) {
            deliver(FolderName.INBOX, text(i));
        }
        Path from = config;
        Path to = instance("there", "mbox");
        String unlimited = Files.readString(to);
        Files.writeString(to, unlimited + "\nquota.messages = 2\n");

        assertThat(run("copy", "--from", from + "", "--to", to + "")).isEqualTo(73);
        assertThat(err).contains("over quota");
        Files.writeString(to, unlimited);
        assertThat(run("copy", "--from", from + "", "--to", to + "")).as(err).isZero();
        assertThat(out).as("none twice").isEqualTo("postel\tINBOX\t1\t2\n");
    }

    @Test
    void aCopyThatWasStoppedGoesOnWithWhatIsMissing() throws IOException {
        deliver(FolderName.INBOX, text(0));
        deliver(FolderName.INBOX, text(1));
        deliver(FolderName.INBOX, text(1));
        Path from = config;
        Path to = instance("there", "mbox");
        config = to;
        in(store -> Mono.from(store.accounts().put(new Account(POSTEL, "{PLAIN}other", true)))
                .thenReturn(true));
        deliver(FolderName.INBOX, text(1));

        assertThat(run("copy", "--from", from + "", "--to", to + "")).isEqualTo(0);

        assertThat(out).isEqualTo("postel\tINBOX\t2\t1\n");
        assertThat(err).contains("differs; it stays as it is there");
        assertThat(in(store -> Mono.from(store.accounts().find(POSTEL))).passwordHash())
                .isEqualTo("{PLAIN}other");
        assertThat(contents(FolderName.INBOX)).hasSize(3);
        assertThat(run("copy", "--from", to + "", "--to", to + "")).isEqualTo(64);
        assertThat(run("copy", "--from", from + "", "--to", to + "", "--user", "nobody"))
                .isEqualTo(67);
    }

    @Test
    void progressIsShownOnOneLineAndWiped() {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        long[] now = {0};
        try (ProgressBar bar = new ProgressBar(new PrintStream(written, true, ISO_8859_1), 4_000_000, () -> now[0])) {
            bar.octets(1);
            assertThat(written.toString(ISO_8859_1)).as("too soon").isEmpty();
            now[0] = 200_000_000;
            bar.message();
            bar.octets(1);
            now[0] = 400_000_000;
            bar.octets(1_999_998);
        }
        assertThat(written.toString(ISO_8859_1))
                .contains("50 %  1 messages, 2 MB of 4")
                .doesNotContain("\n")
                .endsWith("\r");
    }

    private static List<String> awkward(Random random) {
        String header = "From: a@example.org\r\nSubject: awkward\r\n\r\n";
        List<String> bodies = new ArrayList<>(List.of(
                "",
                "x",
                "\n",
                "\r",
                "\0",
                "\n\n\n",
                "\n\r",
                "\r\n\r",
                header + "a\r\r\nb\r\r\n",
                header + "no end",
                header + "ends in CR\r",
                header + "8-bit \u00e9\u00ff\r\n",
                header + "\r\n" + SEPARATOR + "Subject: no\r\n\r\n" + SEPARATOR,
                SEPARATOR + "x\n",
                "From ",
                header + ">From a\r\n>>From b\r\n\r\n>>>From c\r\n> From d\r\n>>",
                header + ">".repeat(70_000) + "From x\r\n" + ">".repeat(140_000),
                header + "trailing\r\n\r\n\r\n\r\n",
                header + "x".repeat(200_000),
                header + "x\n".repeat(70_000)));
        String[] pieces = {"\n", "\r\n", "\r", "From ", ">", "Fro", "a", " ", SEPARATOR, "\n\n", "\r\n\r\n"};
        for (int i = 0; i < 100; i++) {
            StringBuilder body = new StringBuilder(i % 2 == 0 ? header : "");
            for (int j = random.nextInt(60); j > 0; j--) {
                body.append(pieces[random.nextInt(pieces.length)]);
            }
            bodies.add(body.toString());
        }
        return bodies;
    }

    private static String text(int number) {
        return "Subject: " + number + "\n\n" + "text ".repeat(200) + number + "\n";
    }

    private static String mbox(int messages) {
        StringBuilder text = new StringBuilder();
        for (int number = 0; number < messages; number++) {
            text.append(SEPARATOR).append(text(number)).append('\n');
        }
        return text.toString();
    }

    private Path write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, text.getBytes(ISO_8859_1));
    }

    private Path instance(String name, String storage) throws IOException {
        Path conf = Files.createDirectories(directory.resolve(name).resolve("conf"));
        return Files.writeString(conf.resolve("pop2d.conf"), "storage.type = " + storage + "\n");
    }

    private int run(String... arguments) {
        return run(InputStream.nullInputStream(), arguments);
    }

    private int runWith(String input, String... arguments) {
        return run(new ByteArrayInputStream(input.getBytes(ISO_8859_1)), arguments);
    }

    private int run(InputStream input, String... arguments) {
        CommandRun run = CommandRun.of(
                input,
                ISO_8859_1,
                Map.of("POP2D_HOME", home().toString()),
                Stream.concat(Stream.of("mailbox"), Stream.of(arguments)).toArray(String[]::new));
        out = run.out();
        err = run.err();
        return run.exitCode();
    }

    private void account(UserName user) {
        in(store -> Mono.from(store.accounts().put(new Account(user, "{PLAIN}secret", true)))
                .thenReturn(true));
    }

    private void deliver(FolderName folder, String text) {
        Message message =
                Message.of(Mono.fromSupplier(() -> ByteBuffer.wrap(text.getBytes(ISO_8859_1))), "a@example.org");
        in(store -> Mono.from(store.deliver(POSTEL, folder, message)).thenReturn(true));
    }

    private List<String> contents(FolderName folder) {
        return new ConfiguredStore(config).contents(POSTEL, folder);
    }

    /** The storage that the configuration names, as a server would open it. */
    private <T> T in(Function<MailStore, Mono<T>> work) {
        return new ConfiguredStore(config).work(work);
    }

    private MailStore store() {
        return ShelfProvider.in(home());
    }

    /** The instance that the configuration belongs to. */
    private Path home() {
        return Objects.requireNonNull(Objects.requireNonNull(config.getParent()).getParent());
    }
}
