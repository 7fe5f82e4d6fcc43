package org.pop2.storage.fs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pop2.storage.fs.TestStores.PATIENCE;
import static org.pop2.storage.fs.TestStores.addAlice;
import static org.pop2.storage.fs.TestStores.close;
import static org.pop2.storage.fs.TestStores.failureOf;
import static org.pop2.storage.fs.TestStores.open;
import static org.pop2.storage.fs.TestStores.release;
import static org.pop2.storage.fs.TestStores.unopened;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pop2.storage.ContentBuffer;
import org.pop2.storage.Mailbox;
import org.pop2.storage.StoreException.Reason;
import org.pop2.storage.Unsettled;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A mailbox that Dovecot, mutt or alpine rewrite while a session has it. */
class NeighbourTest {
    private static final String FIRST = letter(1, "one\n");
    private static final String SECOND = letter(2, "two\n");
    private static final String THIRD = letter(3, "three\n");

    @TempDir
    Path directory;

    private Path inbox = Path.of("");
    private MboxStore store = unopened();
    /** Every writing has a time of its own, long ago: nothing has to wait for the clock to tick. */
    private Instant written = Instant.parse("2001-01-01T00:00:00Z");

    @BeforeEach
    void openStore() throws IOException {
        store = open(directory, Map.of("lock-timeout", "300ms"));
        addAlice(store);
        inbox = directory.resolve("var/mail/alice");
    }

    @AfterEach
    void closeStore() {
        close(store);
    }

    private void write(String... messages) throws IOException {
        Files.writeString(inbox, String.join("", messages), ISO_8859_1);
        written = written.plusSeconds(1);
        Files.setLastModifiedTime(inbox, FileTime.from(written));
    }

    private Mailbox hold(String... messages) throws IOException {
        write(messages);
        return TestStores.hold(store);
    }

    private static String letter(int number, String text) {
        return "From bob Mon Nov 23 12:00:%02d 2026\nFrom: bob\nSubject: %d\n\n%s\n"
                .formatted(number % 60, number, text);
    }

    /** As Dovecot leaves it when somebody has read it. */
    private static String noted(String letter, String notes) {
        return letter.replaceFirst("\n\n", Matcher.quoteReplacement("\n" + notes + "\n\n"));
    }

    private static String wire(String letter) {
        return letter.substring(letter.indexOf('\n') + 1, letter.length() - 1).replace("\n", "\r\n");
    }

    private static String read(Mailbox mailbox, int number) {
        return Objects.requireNonNull(Flux.from(mailbox.content(number))
                .map(buffer -> {
                    String text = ISO_8859_1.decode(buffer.octets()).toString();
                    buffer.release();
                    return text;
                })
                .reduce("", String::concat)
                .block(PATIENCE));
    }

    private static boolean isThere(Mailbox mailbox, int number) {
        Unsettled unsettled = mailbox.unsettled().orElseThrow();
        return unsettled.isKept(number)
                || Boolean.TRUE.equals(Mono.from(unsettled.look(number)).block(PATIENCE));
    }

    private String inbox() throws IOException {
        return Files.readString(inbox, ISO_8859_1);
    }

    @Test
    void notesOfMailProgramsAreNoPartOfAMessage() throws IOException {
        Mailbox mailbox = hold(
                noted(FIRST, "X-IMAPbase: 1 3 a b\nStatus: RO\nX-Status: A\nX-Keywords: \n  folded\nX-UID: 1"),
                noted(SECOND, "Content-Length: 4\nLines: 1"),
                noted(THIRD, "Lines: 1\nStatus : O\nSTATUS:\nx-uid:3\nStatusses: 1"));
        assertThat(mailbox.octets(1)).isEqualTo(wire(FIRST).length());
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        assertThat(read(mailbox, 2)).isEqualTo(wire(SECOND));
        assertThat(read(mailbox, 3)).isEqualTo(wire(noted(THIRD, "Lines: 1\nStatusses: 1")));
        release(mailbox);
    }

    @Test
    void flagsThatAreSetWhileAMailboxIsHeldDisturbNobody() throws IOException {
        Mailbox mailbox = hold(FIRST, SECOND, THIRD);
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        String second = noted(SECOND, "Status: RO");
        write(noted(FIRST, "X-IMAPbase: 1 3\nX-UID: 1\nStatus: RO"), second, noted(THIRD, "Status: RO"));
        assertThat(read(mailbox, 2)).isEqualTo(wire(SECOND));
        assertThat(read(mailbox, 3)).isEqualTo(wire(THIRD));
        release(mailbox, 1, 3);
        assertThat(inbox()).isEqualTo(second);
    }

    @Test
    void messageThatSomebodyElseDeletedIsGoneAndOnlyThat() throws IOException {
        Mailbox mailbox = hold(FIRST, SECOND, THIRD);
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        write(FIRST, THIRD);
        assertThat(isThere(mailbox, 2)).isFalse();
        assertThat(isThere(mailbox, 3)).isTrue();
        assertThat(failureOf(() -> read(mailbox, 2)).reason()).isEqualTo(Reason.CHANGED);
        assertThat(mailbox.octets(3)).isEqualTo(wire(THIRD).length());
        assertThat(read(mailbox, 3)).isEqualTo(wire(THIRD));
        release(mailbox, 3);
        assertThat(inbox()).isEqualTo(FIRST);
    }

    @Test
    void whatWasReadAheadIsGivenThoughItIsDeletedMeanwhile() throws IOException {
        Mailbox mailbox = hold(FIRST, SECOND, THIRD);
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        assertThat(isThere(mailbox, 2)).isTrue();
        write(FIRST, THIRD);
        assertThat(isThere(mailbox, 2)).isTrue();
        assertThat(read(mailbox, 2)).isEqualTo(wire(SECOND));
        release(mailbox, 2);
        assertThat(inbox()).isEqualTo(FIRST + THIRD);
    }

    /** It was said to be there, as it had been read ahead, and could not be read then. */
    @Test
    void whatIsTooLargeIsNotReadAhead() throws IOException {
        String large = letter(3, "long\n".repeat(9000));
        Mailbox mailbox = hold(FIRST, SECOND, large);
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        assertThat(read(mailbox, 2)).isEqualTo(wire(SECOND));
        write(FIRST, SECOND);
        assertThat(isThere(mailbox, 3)).isFalse();
    }

    @Test
    void mailThatCameWithTheNotesStays() throws IOException {
        Mailbox mailbox = hold(FIRST, SECOND);
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        assertThat(read(mailbox, 2)).isEqualTo(wire(SECOND));
        write(noted(FIRST, "Status: RO"), noted(SECOND, "Status: RO"), THIRD);
        release(mailbox, 1, 2);
        assertThat(inbox()).isEqualTo(THIRD);
    }

    @Test
    void messageThatWasNotReadIsNotDeletedFromARewrittenMailbox() throws IOException {
        Mailbox mailbox = hold(FIRST, SECOND);
        String now = noted(FIRST, "Status: RO") + SECOND;
        write(now);
        assertThat(failureOf(() -> release(mailbox, 1)).reason()).isEqualTo(Reason.CHANGED);
        assertThat(inbox()).isEqualTo(now);
    }

    @Test
    void messageThatSomebodyEditedIsNotDeleted() throws IOException {
        Mailbox mailbox = hold(FIRST, SECOND);
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        String edited = FIRST.replace("one", "eno");
        write(noted(edited, "Status: RO"), SECOND);
        assertThat(failureOf(() -> release(mailbox, 1)).reason()).isEqualTo(Reason.CHANGED);
        assertThat(inbox()).isEqualTo(noted(edited, "Status: RO") + SECOND);
    }

    @Test
    void ofMessagesThatAreAlikeNoneIsDeletedWhenNobodyKnowsWhichIsLeft() throws IOException {
        Mailbox mailbox = hold(FIRST, FIRST, SECOND);
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        write(noted(FIRST, "Status: O"), SECOND);
        assertThat(failureOf(() -> release(mailbox, 1))).hasMessageContaining("alike");
        assertThat(inbox()).isEqualTo(noted(FIRST, "Status: O") + SECOND);
    }

    @Test
    void messagesThatAreAlikeAreToldApartByWhatIsBetweenThem() throws IOException {
        Mailbox mailbox = hold(FIRST, SECOND, FIRST, THIRD);
        assertThat(read(mailbox, 3)).isEqualTo(wire(FIRST));
        write(SECOND, noted(FIRST, "Status: O"), THIRD);
        assertThat(isThere(mailbox, 1)).isFalse();
        release(mailbox, 3);
        assertThat(inbox()).isEqualTo(SECOND + THIRD);
    }

    @Test
    void messagesThatAreAlikeAreDeletedByTheirOrder() throws IOException {
        Mailbox mailbox = hold(FIRST, FIRST, FIRST, SECOND);
        assertThat(read(mailbox, 2)).isEqualTo(wire(FIRST));
        String third = noted(FIRST, "Status: O");
        write(noted(FIRST, "Status: R"), noted(FIRST, "Status: RO"), third, SECOND);
        release(mailbox, 2);
        assertThat(inbox()).isEqualTo(noted(FIRST, "Status: R") + third + SECOND);
    }

    /** All have one size, and the file ends as it did: only what they are tells that they are not where they were. */
    @Test
    void copyOfTheLastMessageDoesNotHideThatOneIsGone() throws IOException {
        String text = "x".repeat(5000) + "\n";
        String last = letter(4, text);
        String[] letters = {letter(1, text), letter(2, text), letter(3, text), last};
        Mailbox mailbox = hold(letters);
        assertThat(read(mailbox, 2)).isEqualTo(wire(letters[1]));
        write(letters[0], letters[2], last, last);
        release(mailbox, 2);
        assertThat(inbox()).isEqualTo(letters[0] + letters[2] + last + last);
    }

    @Test
    void longMessageGoesOnWhenTheMailboxIsRewrittenInTheMiddleOfIt() throws IOException {
        String text = IntStream.range(0, 40_000)
                .mapToObj(line -> "line " + line + "\n")
                .reduce(new StringBuilder(), StringBuilder::append, StringBuilder::append)
                .toString();
        String longOne = letter(2, text);
        Mailbox mailbox = hold(FIRST, longOne, THIRD);
        String now = noted(FIRST, "Status: RO\nX-UID: 1") + noted(longOne, "Status: O") + THIRD + letter(4, "four\n");
        for (String after : new String[] {now, longOne + THIRD}) {
            assertThat(readInTwo(mailbox, 2, after)).isEqualTo(wire(longOne));
            write(FIRST, longOne, THIRD);
        }
        write(now);
        release(mailbox, 2);
        assertThat(inbox()).isEqualTo(now.replace(noted(longOne, "Status: O"), ""));
    }

    @Test
    void longMessageThatIsNoLongerTheSameEndsInTheMiddle() throws IOException {
        String longOne = letter(2, "a line\n".repeat(100_000));
        Mailbox mailbox = hold(FIRST, longOne);
        assertThat(failureOf(() -> readInTwo(mailbox, 2, FIRST + longOne.replaceFirst("a line", "another line")))
                        .reason())
                .isEqualTo(Reason.CHANGED);
        write(FIRST, longOne);
        assertThat(failureOf(() -> readInTwo(mailbox, 2, FIRST + longOne.replaceFirst("a line", "b line")))
                        .reason())
                .isEqualTo(Reason.CHANGED);
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        release(mailbox, 1);
        assertThat(inbox()).isEqualTo(longOne.replaceFirst("a line", "b line"));
    }

    /** Reads a message, and rewrites the mailbox when the first buffer has come. */
    private String readInTwo(Mailbox mailbox, int number, String after) {
        StringBuilder text = new StringBuilder();
        return Objects.requireNonNull(Flux.<ContentBuffer>from(mailbox.content(number))
                .limitRate(1)
                .concatMap(
                        buffer -> Mono.fromCallable(() -> {
                            if (text.isEmpty()) {
                                write(after);
                            }
                            text.append(ISO_8859_1.decode(buffer.octets()));
                            buffer.release();
                            return text.toString();
                        }),
                        0)
                .blockLast(PATIENCE));
    }

    @Test
    void mailboxThatIsRemovedHasNothingMore() throws IOException {
        Mailbox mailbox = hold(FIRST, SECOND);
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        Files.delete(inbox);
        assertThat(isThere(mailbox, 1)).isFalse();
        release(mailbox, 1);
        assertThat(inbox).doesNotExist();
    }

    @Test
    void mailboxThatWasReplacedIsTheSameOne() throws IOException {
        Mailbox mailbox = hold(FIRST, SECOND);
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        Path other = Files.writeString(directory.resolve("other"), THIRD + SECOND + FIRST);
        Files.move(other, inbox, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        assertThat(read(mailbox, 2)).isEqualTo(wire(SECOND));
        release(mailbox, 1);
        assertThat(inbox()).isEqualTo(THIRD + SECOND);
    }

    /** Notes grow and blanks elsewhere go, so that the file begins and ends as it did; then mail comes. */
    @Test
    void indexOfAMailboxWithNotesIsNotBelievedWhenMailComes() throws IOException {
        String[] letters = IntStream.range(0, 20)
                .mapToObj(i -> noted(letter(i, "text\n".repeat(300)), "X-UID: " + (100 + i) + "          "))
                .toArray(String[]::new);
        release(hold(letters));
        letters[8] = letters[8].replace("          ", "  ");
        letters[6] = letters[6].replace("X-UID", "Status: \nX-UID").replace("         ", "        ");
        String added = letter(30, "new\n");
        write(String.join("", letters) + added);
        Mailbox mailbox = TestStores.hold(store);
        assertThat(mailbox.count()).isEqualTo(21);
        for (int number = 1; number <= 20; number++) {
            assertThat(read(mailbox, number)).isEqualTo(wire(letter(number - 1, "text\n".repeat(300))));
        }
        release(mailbox, 8);
        assertThat(inbox()).isEqualTo(String.join("", letters).replace(letters[7], "") + added);
    }

    @Test
    void mailboxThatPeopleReadByImapIsEmptiedAsTheirServersDoIt() throws IOException {
        String numbered = noted(FIRST, "X-IMAPbase: 1796008324 0000000007 $Forwarded\nX-UID: 7\nStatus: RO");
        String text = "text\n".repeat(200);
        release(hold(numbered, letter(2, text)), 1, 2);
        assertThat(inbox())
                .startsWith("From MAILER-DAEMON Mon Nov 23 12:00:01 2026\n")
                .contains("\nX-IMAP: 1796008324 0000000007 $Forwarded\nStatus: RO\n\nThis text is part");
        String left = inbox();
        Mailbox mailbox = TestStores.hold(store);
        assertThat(mailbox.count()).isZero();
        release(mailbox);
        write(left, SECOND);
        mailbox = TestStores.hold(store);
        assertThat(read(mailbox, 1)).isEqualTo(wire(SECOND));
        release(mailbox, 1);
        assertThat(inbox()).isEqualTo(left);
        // too short for the explanation
        release(hold(noted(FIRST, "X-UID: 7" + " ".repeat(250))), 1);
        assertThat(inbox())
                .matches("From MAILER.*\nSubject: .* FOLDER INTERNAL DATA\nX-IMAP: \\d+ 0{10}\nStatus: RO\n\n\n");
    }

    @Test
    void mailboxThatNobodyNumberedIsLeftWithNothing() throws IOException {
        Mailbox mailbox = hold(noted(FIRST, "Status: RO"), noted(SECOND, "Content-Length: 4"));
        release(mailbox, 1, 2);
        assertThat(inbox()).isEmpty();
    }

    @Test
    void neighbourOfAnyKindLosesNothingAndIsShownNothingWrong() throws IOException {
        long seed = Long.getLong("pop2.neighbour.seed", new Random().nextLong());
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            try {
                round(random);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("-Dpop2.neighbour.seed=" + seed + ", round " + round, e);
            }
        }
    }

    /** A letter, and what is noted in it. */
    private record Kept(int id, String letter, String notes) {
        String stored() {
            return notes.isEmpty() ? letter : noted(letter, notes);
        }
    }

    private static List<Kept> rewritten(List<Kept> before, Random random, int[] ids) {
        List<Kept> after = new ArrayList<>();
        for (Kept each : before) {
            int what = random.nextInt(10);
            if (what == 0) {
                continue;
            }
            String notes = what < 6
                    ? "X-UID: " + each.id() + " ".repeat(random.nextInt(8)) + "\nStatus: " + (what < 3 ? "RO" : "O")
                    : each.notes();
            after.add(new Kept(each.id(), each.letter(), notes));
        }
        for (int more = random.nextInt(3); more > 0; more--) {
            after.add(fresh(ids[0]++, random));
        }
        return after;
    }

    private static Kept fresh(int id, Random random) {
        String text = random.nextInt(8) == 0
                ? "long\n".repeat(10_000 + random.nextInt(9000))
                : "text\n".repeat(random.nextInt(40));
        return new Kept(id, letter(id, text), random.nextInt(3) == 0 ? "Content-Length: " + text.length() : "");
    }

    private static String all(List<Kept> letters) {
        StringBuilder all = new StringBuilder();
        letters.forEach(each -> all.append(each.stored()));
        return all.toString();
    }

    private void round(Random random) throws IOException {
        int[] ids = {1};
        List<Kept> there = new ArrayList<>();
        for (int i = random.nextInt(12); i >= 0; i--) {
            there.add(fresh(ids[0]++, random));
        }
        List<Kept> counted = there;
        Mailbox mailbox = hold(all(there));
        assertThat(mailbox.count()).isEqualTo(there.size());
        BitSet deleted = new BitSet();
        for (int number = 1; number <= mailbox.count(); number++) {
            if (random.nextInt(3) == 0) {
                there = rewritten(there, random, ids);
                write(all(there));
            }
            Kept wanted = counted.get(number - 1);
            assertThat(mailbox.octets(number)).isEqualTo(wire(wanted.letter()).length());
            if (isThere(mailbox, number)) {
                assertThat(read(mailbox, number)).isEqualTo(wire(wanted.letter()));
                if (random.nextBoolean()) {
                    deleted.set(number);
                }
            } else {
                assertThat(there).noneMatch(each -> each.id() == wanted.id());
            }
        }
        if (random.nextBoolean()) {
            there = rewritten(there, random, ids);
            write(all(there));
        }
        release(mailbox, deleted.stream().toArray());
        List<Kept> left = new ArrayList<>(there);
        left.removeIf(each ->
                deleted.stream().anyMatch(number -> counted.get(number - 1).id() == each.id()));
        String now = inbox();
        // of one that was numbered, c-client's message is left
        assertThat(left.isEmpty() && now.startsWith("From MAILER-DAEMON") ? "" : now)
                .isEqualTo(all(left));
    }

    @Test
    void readerThatStopsInTheMiddleOfARewrittenMessageFreesWhatItHeld() throws IOException {
        Mailbox mailbox = hold(FIRST, letter(2, "a line\n".repeat(100_000)));
        Flux.from(mailbox.content(2)).subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                request(1);
            }

            @Override
            protected void hookOnNext(ContentBuffer buffer) {
                buffer.release();
                cancel();
            }
        });
        write(noted(FIRST, "Status: RO"));
        assertThat(read(mailbox, 1)).isEqualTo(wire(FIRST));
        release(mailbox, 1);
        assertThat(inbox()).isEmpty();
    }
}
