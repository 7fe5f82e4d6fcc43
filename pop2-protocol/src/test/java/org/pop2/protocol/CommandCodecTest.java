package org.pop2.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pop2.protocol.Command.Fold;
import org.pop2.protocol.Command.Foreign;
import org.pop2.protocol.Command.Helo;
import org.pop2.protocol.Command.Malformed;
import org.pop2.protocol.Command.Read;

class CommandCodecTest {
    private static final long SEED = 109;

    private final CommandCodec lenient = new CommandCodec(false);
    private final CommandCodec strict = new CommandCodec(true);

    // ---- every command, whole, byte by byte, and with something behind it

    @ParameterizedTest
    @CsvSource({"RETR", "ACKS", "ACKD", "NACK", "QUIT", "READ", "READ 12", "FOLD work", "HELO postel secret"})
    void everyCommandIsTheSameInEverySlicing(String line) {
        for (CommandCodec codec : List.of(lenient, strict)) {
            Command expected = codec.decode(octets(line + "\r\n"), true);
            assertThat(expected).isNotNull().isNotInstanceOf(Malformed.class);
            assertThat(framed(codec, line + "\r\n", 1)).containsExactly(expected);
            assertThat(framed(codec, line + "\r\nQUIT\r\n", 1000)).containsExactly(expected, Command.QUIT);
            assertThat(framed(codec, line + "\r\nQUIT\r\n", 3)).containsExactly(expected, Command.QUIT);
            assertThat(framed(codec, line + "\r\nQUI", 2)).containsExactly(expected);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"RETR", "ACKS", "ACKD", "NACK", "QUIT"})
    void verbsWithoutArgumentTakeNone(Input verb) {
        assertThat(decode(verb + "\r\n").input()).isEqualTo(verb);
        assertThat(decode(verb + "  \r\n").input()).as("trailing spaces").isEqualTo(verb);
        assertThat(decode(verb + " 1\r\n")).isEqualTo(new Malformed(verb + " takes no argument"));
        assertThat(decodeStrictly(verb + " \r\n")).isInstanceOf(Malformed.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"retr", "Retr", "rETR", "  RETR"})
    void verbsComeInAnyCase(String line) {
        assertThat(decode(line + "\r\n")).isEqualTo(Command.RETR);
        assertThat(decodeStrictly(line + "\r\n")).isInstanceOf(Malformed.class);
    }

    @Test
    void aBareLineFeedEndsALine() {
        assertThat(decode("RETR\n")).isEqualTo(Command.RETR);
        assertThat(decodeStrictly("RETR\n")).isInstanceOf(Malformed.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", " \r\n", "    \n"})
    void blankLinesAreSkipped(String line) {
        assertThat(lenient.decode(octets(line), false)).isNull();
        assertThat(decodeStrictly(line)).isInstanceOf(Malformed.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RET\r\n",
                "RETRX\r\n",
                "RETR\r\r\n",
                "RETR\t\r\n",
                "\u0000RETR\r\n",
                "R\u0000TR\r\n",
                "\u00ff\u00fe\r\n",
                "DELE 1\r\n",
                "LIST\r\n",
                "\r\r\n",
                "x\r\n",
                "READX\r\n",
                "HELOO postel secret\r\n"
            })
    void everythingElseIsMalformed(String line) {
        assertThat(decode(line)).isInstanceOf(Malformed.class);
        assertThat(decodeStrictly(line)).isInstanceOf(Malformed.class);
    }

    @Test
    void whateverAPeerSendsIsACommand() {
        Random random = new Random(SEED);
        String[] starts = {"", "HELO ", "FOLD ", "READ ", "RETR", "helo ", "QUIT", "  "};
        for (int i = 0; i < 200_000; i++) {
            byte[] tail = new byte[random.nextInt(random.nextInt(8) == 0 ? 500 : 24)];
            random.nextBytes(tail);
            String start = starts[random.nextInt(starts.length)];
            String end = random.nextInt(4) == 0 ? "" : random.nextBoolean() ? "\n" : "\r\n";
            String line = start + latin1(tail) + end;
            boolean first = random.nextBoolean();
            assertThat(strict.decode(octets(line), first))
                    .as("seed %s: %s", SEED, line)
                    .isNotNull();
            lenient.decode(octets(line), first);
        }
    }

    // ---- READ

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "007, 7", "2147483647, 2147483647", "2147483648, 2147483647"})
    void readTakesANumber(String digits, int number) {
        assertThat(decode("READ " + digits + "\r\n")).isEqualTo(new Read(number));
        assertThat(decodeStrictly("READ " + digits + "\r\n")).isEqualTo(new Read(number));
    }

    @Test
    void readTakesANumberTooBigForAnyType() {
        assertThat(decode("READ " + "9".repeat(500) + "\r\n")).isEqualTo(new Read(Integer.MAX_VALUE));
    }

    @Test
    void readWithoutANumberMeansTheCurrentMessage() {
        assertThat(decode("READ\r\n")).isEqualTo(new Read(Read.CURRENT));
        assertThat(decode("READ  \r\n")).isEqualTo(new Read(Read.CURRENT));
        assertThat(decode("READ  3  \r\n")).isEqualTo(new Read(3));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "+1", "1x", "x", "1 2", "1.0", "0x1", "\u00b2", "\u0661"})
    void readOfNoNumberIsMalformed(String argument) {
        assertThat(decode("READ " + argument + "\r\n")).isInstanceOf(Malformed.class);
        assertThat(decodeStrictly("READ " + argument + "\r\n")).isInstanceOf(Malformed.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"READ \r\n", "READ  1\r\n", "READ 1 \r\n"})
    void theGrammarHasOneSpaceBeforeTheNumber(String line) {
        assertThat(decodeStrictly(line)).isInstanceOf(Malformed.class);
    }

    // ---- FOLD

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "work|work",
                " work |work",
                "my mail|my mail",
                "my\\ mail|my mail",
                "ends\\ |ends ",
                "back\\\\slash|back\\slash",
                "\\w\\o\\r\\k|work",
                "broken\\|broken\\",
                "/usr/spool/mail/smith|/usr/spool/mail/smith"
            })
    void foldTakesTheRestOfTheLineUnquoted(String argument, String name) {
        assertThat(decode("FOLD " + argument + "\r\n")).isEqualTo(new Fold(name));
    }

    @Test
    void foldWithoutANameIsAnEmptyName() {
        assertThat(decode("FOLD\r\n")).isEqualTo(new Fold(""));
        assertThat(decode("FOLD  \r\n")).isEqualTo(new Fold(""));
        assertThat(decodeStrictly("FOLD\r\n")).isInstanceOf(Malformed.class);
        assertThat(decodeStrictly("FOLD \r\n")).isInstanceOf(Malformed.class);
    }

    @Test
    void theGrammarHasOneWordAsAMailboxName() {
        assertThat(decodeStrictly("FOLD my mail\r\n")).isInstanceOf(Malformed.class);
        assertThat(decodeStrictly("FOLD my\\ mail\r\n")).isEqualTo(new Fold("my mail"));
        assertThat(decodeStrictly("FOLD broken\\\r\n")).isInstanceOf(Malformed.class);
    }

    @Test
    void namesAreUtf8OrElseLatin1() {
        assertThat(decode("FOLD " + latin1("Entwürfe".getBytes(StandardCharsets.UTF_8)) + "\r\n"))
                .isEqualTo(new Fold("Entwürfe"));
        assertThat(decode("FOLD Entw\u00fcrfe\r\n")).isEqualTo(new Fold("Entwürfe"));
    }

    // ---- HELO

    @Test
    void heloHasAUserAndAPassword() {
        assertThat(decode("HELO postel secret\r\n")).isEqualTo(helo("postel", "secret", null));
        assertThat(decode("helo   postel secret\n")).isEqualTo(helo("postel", "secret", null));
    }

    @Test
    void aPasswordIsTheRestOfTheLine() {
        assertThat(decode("HELO postel correct horse\r\n")).isEqualTo(helo("postel", "correct horse", null));
        assertThat(decode("HELO postel  two \r\n")).isEqualTo(helo("postel", " two ", null));
        assertThat(decodeStrictly("HELO postel correct horse\r\n")).isInstanceOf(Malformed.class);
    }

    @Test
    void aBackslashQuotesAndTheRawReadingIsKeptBeside() {
        assertThat(decode("HELO postel correct\\ horse\r\n"))
                .isEqualTo(helo("postel", "correct horse", credentials("postel", "correct\\ horse")));
        assertThat(decode("HELO jon\\ postel secret\r\n"))
                .isEqualTo(helo("jon postel", "secret", credentials("jon\\", "postel secret")));
        assertThat(decode("HELO isi\\postel a\\\\b\r\n"))
                .isEqualTo(helo("isipostel", "a\\b", credentials("isi\\postel", "a\\\\b")));
        assertThat(decodeStrictly("HELO postel correct\\ horse\r\n")).isEqualTo(helo("postel", "correct horse", null));
    }

    @Test
    void aLoneBackslashAtTheEndCanOnlyBeRaw() {
        assertThat(decode("HELO postel secret\\\r\n")).isEqualTo(helo("postel", "secret\\", null));
        assertThat(decodeStrictly("HELO postel secret\\\r\n")).isInstanceOf(Malformed.class);
    }

    @Test
    void aPasswordIsOctets() {
        byte[] line = "HELO postel \u00fc\u0001\u00ff\r\n".getBytes(StandardCharsets.ISO_8859_1);

        Helo helo = (Helo) Objects.requireNonNull(lenient.decode(ByteBuffer.wrap(line), true));

        assertThat(helo.credentials().password().octets()).containsExactly(0xfc, 0x01, 0xff);
    }

    @ParameterizedTest
    @ValueSource(strings = {"HELO", "HELO ", "HELO postel", "HELO postel ", "HELO \\", "HELO postel\\ secret"})
    void heloWithoutAPasswordIsMalformed(String line) {
        assertThat(decodeStrictly(line + "\r\n")).isInstanceOf(Malformed.class);
        if (!line.contains("\\ ")) {
            assertThat(decode(line + "\r\n")).isInstanceOf(Malformed.class);
        }
    }

    @Test
    void heloWithAThirdWordHasItInThePassword() {
        assertThat(decode("HELO postel secret 1\r\n")).isEqualTo(helo("postel", "secret 1", null));
    }

    // ---- other protocols

    @ParameterizedTest
    @CsvSource({
        "USER postel, POP3",
        "APOP postel c4c9334b, POP3",
        "CAPA, POP3",
        "EHLO example.org, SMTP",
        "LHLO example.org, LMTP",
        "GET / HTTP/1.1, HTTP",
        "POST /x HTTP/1.0, HTTP",
        "SSH-2.0-OpenSSH_9.2, SSH"
    })
    void anotherProtocolIsToldByItsFirstLine(String line, ForeignProtocol protocol) {
        assertThat(decode(line + "\r\n")).isEqualTo(new Foreign(protocol));
        assertThat(lenient.decode(octets(line + "\r\n"), false)).isInstanceOf(Malformed.class);
        assertThat(framed(lenient, line + "\r\n", 1)).containsExactly(new Foreign(protocol));
        assertThat(protocol.description()).contains(protocol.name().substring(0, 3));
    }

    @Test
    void smtpsHeloIsOneOfOursWithoutAPassword() {
        assertThat(decode("HELO example.org\r\n")).isEqualTo(new Malformed("HELO takes a user name and a password"));
    }

    // ---- writing

    @Test
    void commandsAreWrittenAsTheGrammarHasThem() {
        assertThat(written(helo("jon postel", "a\\b c", null))).isEqualTo("HELO jon\\ postel a\\\\b\\ c\r\n");
        assertThat(written(new Fold("my mail"))).isEqualTo("FOLD my\\ mail\r\n");
        assertThat(written(new Read(Read.CURRENT))).isEqualTo("READ\r\n");
        assertThat(written(new Read(12))).isEqualTo("READ 12\r\n");
        assertThat(written(Command.RETR)).isEqualTo("RETR\r\n");
        assertThat(written(Command.ACKS)).isEqualTo("ACKS\r\n");
        assertThat(written(Command.ACKD)).isEqualTo("ACKD\r\n");
        assertThat(written(Command.NACK)).isEqualTo("NACK\r\n");
        assertThat(written(Command.QUIT)).isEqualTo("QUIT\r\n");
    }

    @Test
    void whatCannotBeWrittenIsRefusedWithoutShowingIt() {
        List<Command> impossible = List.of(
                new Malformed("x"),
                new Foreign(ForeignProtocol.HTTP),
                helo("", "secret", null),
                helo("postel", "", null),
                helo("postel", "sec\nret", null),
                helo("postel", "secret".repeat(100), null),
                new Fold(""),
                new Fold("a\r\nQUIT"));
        for (Command command : impossible) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CommandCodec.encode(command))
                    .withMessageNotContaining("sec");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> new Read(-2));
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Random random = new Random(SEED);
        for (int i = 0; i < 50_000; i++) {
            byte[] password = new byte[1 + random.nextInt(40)];
            for (int at = 0; at < password.length; at++) {
                password[at] = octet(random);
            }
            Helo helo = new Helo(new Credentials(word(random), Secret.of(password)), null);
            for (CommandCodec codec : List.of(lenient, strict)) {
                Command again = Objects.requireNonNull(codec.decode(ByteBuffer.wrap(CommandCodec.encode(helo)), true));
                assertThat(again).as("seed %s", SEED).isInstanceOf(Helo.class);
                assertThat(((Helo) again).credentials()).as("seed %s", SEED).isEqualTo(helo.credentials());
                Fold fold = new Fold(word(random));
                assertThat(codec.decode(ByteBuffer.wrap(CommandCodec.encode(fold)), true))
                        .isEqualTo(fold);
            }
        }
    }

    /** Anything but a line end, spaces and backslashes more often than not. */
    private static byte octet(Random random) {
        int octet = random.nextInt(3) == 0 ? " \\".charAt(random.nextInt(2)) : random.nextInt(256);
        return octet == '\r' || octet == '\n' ? (byte) 'x' : (byte) octet;
    }

    private static String word(Random random) {
        StringBuilder word = new StringBuilder();
        int length = 1 + random.nextInt(20);
        for (int i = 0; i < length; i++) {
            word.append(random.nextInt(3) == 0 ? " \\é€".charAt(random.nextInt(4)) : (char) ('!' + random.nextInt(90)));
        }
        return word.toString();
    }

    // ----

    private static List<Command> framed(CommandCodec codec, String stream, int slice) {
        LineFramer framer = new LineFramer();
        List<Command> commands = new ArrayList<>();
        for (int from = 0; from < stream.length(); from += slice) {
            ByteBuffer input = octets(stream.substring(from, Math.min(stream.length(), from + slice)));
            while (framer.next(input) == LineFramer.Result.LINE) {
                Command command = codec.decode(framer.line(), commands.isEmpty());
                assertThat(command).isNotNull();
                commands.add(command);
            }
        }
        return commands;
    }

    private Command decode(String line) {
        return Objects.requireNonNull(lenient.decode(octets(line), true));
    }

    private Command decodeStrictly(String line) {
        return Objects.requireNonNull(strict.decode(octets(line), true), "strict reading skips nothing");
    }

    private static Helo helo(String user, String password, @Nullable Credentials raw) {
        return new Helo(credentials(user, password), raw);
    }

    private static Credentials credentials(String user, String password) {
        return new Credentials(user, Secret.of(password.getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static String written(Command command) {
        return latin1(CommandCodec.encode(command));
    }

    private static String latin1(byte[] octets) {
        return new String(octets, StandardCharsets.ISO_8859_1);
    }

    private static ByteBuffer octets(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
