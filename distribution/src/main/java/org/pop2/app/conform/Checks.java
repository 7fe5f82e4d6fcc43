package org.pop2.app.conform;

import static org.pop2.app.conform.Subject.ask;
import static org.pop2.app.conform.Subject.expect;
import static org.pop2.app.conform.Subject.number;
import static org.pop2.app.conform.Subject.whole;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pop2.protocol.Action;
import org.pop2.protocol.DecisionTable;
import org.pop2.protocol.Input;
import org.pop2.protocol.State;

/** What is looked at, page by page: first the server's decision table, each cell that a client can reach. */
final class Checks {
    private static final int TABLE = 22;
    private static final List<State> STATES = List.of(State.AUTH, State.MBOX, State.ITEM, State.NEXT);
    private static final List<Input> INPUTS = List.of(
            Input.HELO,
            Input.FOLD,
            Input.READ,
            Input.RETR,
            Input.ACKS,
            Input.ACKD,
            Input.NACK,
            Input.QUIT,
            Input.OTHER);
    private static final String NOBODY = "no-such-mailbox-7f3a";
    private static final List<String> NO_MAILBOXES =
            List.of(NOBODY, "../../../../etc/passwd", "/etc/passwd", "x".repeat(400), "a b\\c", ".", "%s%n");

    private Checks() {}

    static List<Check> all() {
        List<Check> checks = new ArrayList<>();
        checks.add(Check.of(7, "greets with + POP2, in a line", 0, Checks::greeting));
        for (State state : STATES) {
            for (Input input : INPUTS) {
                checks.add(cell(state, input));
            }
        }
        checks.add(Check.of(7, "refuses a wrong password and closes", 0, Checks::wrongPassword));
        checks.add(Check.of(12, "refuses a line of more than 512 octets and closes", 0, Checks::longLine));
        checks.add(Check.of(12, "takes a command that comes octet by octet", 0, Checks::octetByOctet));
        checks.add(Check.of(9, "answers commands that come all at once, in order", 0, Checks::ahead));
        checks.add(Check.of(6, "knows verbs in small letters", 0, Checks::smallLetters));
        checks.add(Check.of(12, "a line that ends with LF alone", 0, Checks::lineFeed));
        checks.add(Check.of(9, "READ without a number means message 1 at first", 1, Checks::current));
        checks.add(Check.of(9, "READ past the end tells =0", 0, Checks::pastTheEnd));
        checks.add(Check.of(9, "READ 0 tells =0", 0, Checks::zero));
        checks.add(Check.of(10, "RETR of nothing closes", 0, Checks::nothing));
        checks.add(Check.of(10, "sends exactly the octets that it announces, in lines of CRLF", 1, Checks::counts));
        checks.add(Check.of(10, "NACK offers the same message again", 1, Checks::again));
        checks.add(Check.of(10, "ACKS keeps and goes on to the next", 2, Checks::next));
        checks.add(Check.of(8, "FOLD begins with message 1 again", 1, Checks::foldBegins));
        for (String name : NO_MAILBOXES) {
            checks.add(Check.of(
                    8,
                    "FOLD " + (name.length() > 40 ? name.length() + " octets" : name) + " tells #0",
                    0,
                    subject -> noMailbox(subject, name)));
        }
        checks.add(Check.deleting(10, "a message that ACKD has marked is told as =0", 1, Checks::marked));
        checks.add(Check.deleting(10, "what was marked when the line drops", 1, Checks::dropped));
        checks.add(Check.deleting(10, "QUIT deletes what was marked, and nothing else", 2, Checks::quitDeletes));
        checks.add(Check.deleting(8, "FOLD deletes what was marked", 1, Checks::foldDeletes));
        return checks;
    }

    // ---- the table

    private static Check cell(State state, Input input) {
        Action action = DecisionTable.action(state, input);
        int messages = state == State.ITEM || state == State.NEXT ? 1 : 0;
        String title = state + ", " + (input == Input.OTHER ? "no command" : input) + ": " + told(action);
        return new Check(TABLE, title, messages, false, subject -> {
            try (Dialogue dialogue = subject.in(state)) {
                send(subject, dialogue, input);
                if (action == Action.REJECT) {
                    return rejected(dialogue);
                }
                return taken(dialogue, action);
            }
        });
    }

    private static String told(Action action) {
        return switch (action) {
            case REJECT -> "- and the end";
            case LOG_IN, SELECT -> "#";
            case FINISH -> "+ and the end";
            case TELL_LENGTH, ACKNOWLEDGE -> "=";
            case TRANSFER -> "the message";
            case GREET, CLOSE -> "no answer to a command";
        };
    }

    private static void send(Subject subject, Dialogue dialogue, Input input) throws IOException {
        switch (input) {
            case HELO -> dialogue.send(subject.helo());
            case FOLD -> dialogue.send("FOLD " + Subject.quoted(subject.folder().orElse(NOBODY)));
            case READ -> dialogue.send("READ 1");
            case OTHER -> dialogue.send("XYZZY 1");
            default -> dialogue.send(input.name());
        }
    }

    private static String rejected(Dialogue dialogue) throws IOException {
        String reply = dialogue.line();
        if (reply.isEmpty()) {
            throw new Unexpected("the end of the connection without a line");
        }
        expect(reply, '-', "a refusal");
        return closed(dialogue);
    }

    private static String closed(Dialogue dialogue) throws IOException {
        String more = dialogue.unasked();
        if (!more.isEmpty()) {
            return "says another line before it closes: " + Dialogue.shown(more);
        }
        if (!dialogue.isClosed()) {
            throw new Unexpected("a connection that stays open");
        }
        return "";
    }

    private static String taken(Dialogue dialogue, Action action) throws IOException {
        switch (action) {
            case TRANSFER -> {
                String first = dialogue.line();
                if (first.isEmpty()) {
                    throw new Unexpected("the end of the connection instead of the message");
                }
                return "";
            }
            case LOG_IN, SELECT -> {
                String reply = dialogue.line();
                if (reply.regionMatches(true, 0, "+ No mail", 0, 9)) {
                    return "says + No mail where there is none, as NOS does";
                }
                number(reply, '#', "the count");
                return "";
            }
            case FINISH -> {
                expect(dialogue.line(), '+', "the farewell");
                return closed(dialogue);
            }
            default -> {
                number(dialogue.line(), '=', "a length");
                return "";
            }
        }
    }

    // ---- the beginning

    private static String greeting(Subject subject) throws IOException {
        try (Dialogue dialogue = new Dialogue(subject.server(), subject.timeoutMillis())) {
            String line = expect(dialogue.line(), '+', "the greeting");
            if (!line.startsWith("+ POP2 ")) {
                throw new Unexpected("\"" + Dialogue.shown(line) + "\": old clients compare the first seven octets");
            }
            if (line.length() > 512) {
                throw new Unexpected("a line of " + line.length() + " octets");
            }
            return line.endsWith("\r\n") ? "" : "ends its lines with LF alone";
        }
    }

    private static String wrongPassword(Subject subject) throws IOException {
        try (Dialogue dialogue = subject.greeted()) {
            dialogue.send(subject.helo("not-the-password-7f3a".getBytes(StandardCharsets.US_ASCII)));
            return rejected(dialogue);
        }
    }

    private static String longLine(Subject subject) throws IOException {
        try (Dialogue dialogue = subject.greeted()) {
            dialogue.send("HELO " + "x".repeat(600) + " y");
            String reply = dialogue.line();
            if (reply.isEmpty()) {
                return "closes without a line";
            }
            expect(reply, '-', "a refusal");
            return closed(dialogue);
        }
    }

    private static String octetByOctet(Subject subject) throws IOException {
        try (Dialogue dialogue = subject.greeted()) {
            for (char octet : "QUIT\r\n".toCharArray()) {
                dialogue.send(new byte[] {(byte) octet});
            }
            expect(dialogue.line(), '+', "the farewell");
            return "";
        }
    }

    private static String ahead(Subject subject) throws IOException {
        try (Dialogue dialogue = subject.greeted()) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes(subject.helo());
            all.writeBytes(("FOLD " + NOBODY + "\r\nREAD 1\r\nQUIT\r\n").getBytes(StandardCharsets.US_ASCII));
            dialogue.send(all.toByteArray());
            number(dialogue.line(), '#', "the count");
            number(dialogue.line(), '#', "the count of another mailbox");
            number(dialogue.line(), '=', "a length");
            expect(dialogue.line(), '+', "the farewell");
            return "";
        }
    }

    private static String smallLetters(Subject subject) throws IOException {
        try (Dialogue dialogue = subject.greeted()) {
            String reply = ask(dialogue, "quit");
            return reply.startsWith("+") ? "" : "does not: " + Dialogue.shown(reply);
        }
    }

    private static String lineFeed(Subject subject) throws IOException {
        try (Dialogue dialogue = subject.greeted()) {
            dialogue.send("QUIT\n".getBytes(StandardCharsets.US_ASCII));
            String reply = dialogue.unasked();
            return reply.startsWith("+") ? "is taken" : "is not taken";
        }
    }

    // ---- messages

    private static String current(Subject subject) throws IOException {
        try (Dialogue dialogue = subject.opened().dialogue()) {
            long unnamed = number(ask(dialogue, "READ"), '=', "a length");
            long first = number(ask(dialogue, "READ 1"), '=', "a length");
            require(unnamed == first, "=" + unnamed + " to READ, and =" + first + " to READ 1");
            return "";
        }
    }

    private static String pastTheEnd(Subject subject) throws IOException {
        Subject.Opened opened = subject.opened();
        try (Dialogue dialogue = opened.dialogue()) {
            long length = number(ask(dialogue, "READ " + (opened.messages() + 1)), '=', "=0");
            require(length == 0, "=" + length);
            return "";
        }
    }

    private static String zero(Subject subject) throws IOException {
        try (Dialogue dialogue = subject.opened().dialogue()) {
            String reply = ask(dialogue, "READ 0");
            if (reply.startsWith("-")) {
                return "is refused: " + Dialogue.shown(reply);
            }
            require(number(reply, '=', "=0") == 0, "\"" + Dialogue.shown(reply) + "\"");
            return "";
        }
    }

    private static String nothing(Subject subject) throws IOException {
        Subject.Opened opened = subject.opened();
        try (Dialogue dialogue = opened.dialogue()) {
            ask(dialogue, "READ " + (opened.messages() + 1));
            String reply = ask(dialogue, "RETR");
            if (reply.startsWith("-")) {
                return "says a line before it closes: " + Dialogue.shown(reply);
            }
            require(reply.isEmpty(), "\"" + Dialogue.shown(reply) + "\"");
            return "";
        }
    }

    private static String counts(Subject subject) throws IOException {
        Subject.Opened opened = subject.opened();
        try (Dialogue dialogue = opened.dialogue()) {
            long length = number(ask(dialogue, "READ 1"), '=', "a length");
            for (long number = 1; number <= opened.messages() && number <= 20 && length > 0; number++) {
                dialogue.send("RETR");
                byte[] message = whole(dialogue, length);
                String more = dialogue.unasked();
                require(
                        more.isEmpty(),
                        "more than the " + length + " octets of message " + number + " that were announced");
                int bare = bareLineFeeds(message);
                require(bare == 0, "message " + number + " with " + bare + " lines that end with LF alone");
                length = number(ask(dialogue, "ACKS"), '=', "the next length");
            }
            return "";
        }
    }

    private static int bareLineFeeds(byte[] message) {
        int bare = 0;
        for (int i = 0; i < message.length; i++) {
            bare += message[i] == '\n' && (i == 0 || message[i - 1] != '\r') ? 1 : 0;
        }
        return bare;
    }

    private static String again(Subject subject) throws IOException {
        try (Dialogue dialogue = subject.opened().dialogue()) {
            byte[] first = message(dialogue, "READ 1");
            byte[] second = message(dialogue, "NACK");
            require(Arrays.equals(first, second), "another message");
            return "";
        }
    }

    private static byte[] message(Dialogue dialogue, String before) throws IOException {
        long length = number(ask(dialogue, before), '=', "a length");
        dialogue.send("RETR");
        return whole(dialogue, length);
    }

    private static String next(Subject subject) throws IOException {
        try (Dialogue dialogue = subject.opened().dialogue()) {
            message(dialogue, "READ 1");
            long told = number(ask(dialogue, "ACKS"), '=', "the next length");
            long second = number(ask(dialogue, "READ 2"), '=', "a length");
            require(told == second, "=" + told + ", and =" + second + " to READ 2");
            long first = number(ask(dialogue, "READ 1"), '=', "a length");
            require(first > 0, "=0 for a message that was kept");
            return "";
        }
    }

    // ---- mailboxes

    private static String foldBegins(Subject subject) throws IOException {
        Subject.Opened opened = subject.opened();
        try (Dialogue dialogue = opened.dialogue()) {
            long first = number(ask(dialogue, "READ 1"), '=', "a length");
            ask(dialogue, "READ 2");
            String mailbox = subject.folder().orElse("INBOX");
            long messages = number(ask(dialogue, "FOLD " + Subject.quoted(mailbox)), '#', "the count");
            if (messages != opened.messages()) {
                return "was not looked at: " + mailbox
                        + " is another mailbox than the one that HELO opens; say --folder";
            }
            long now = number(ask(dialogue, "READ"), '=', "a length");
            require(first == now, "=" + now + " to READ, and message 1 has " + first);
            return "";
        }
    }

    private static String noMailbox(Subject subject, String name) throws IOException {
        try (Dialogue dialogue = subject.opened().dialogue()) {
            String reply = ask(dialogue, "FOLD " + Subject.quoted(name));
            if (reply.startsWith("-")) {
                return "is refused: " + Dialogue.shown(reply);
            }
            require(number(reply, '#', "#0") == 0, "\"" + Dialogue.shown(reply) + "\"");
            return "";
        }
    }

    // ---- deletions

    /** Fetches message 1 and marks it. */
    private static void mark(Dialogue dialogue) throws IOException {
        message(dialogue, "READ 1");
        number(ask(dialogue, "ACKD"), '=', "the next length");
    }

    private static String marked(Subject subject) throws IOException {
        try (Dialogue dialogue = subject.opened().dialogue()) {
            mark(dialogue);
            String reply = ask(dialogue, "READ 1");
            dialogue.drop();
            return number(reply, '=', "=0") == 0 ? "" : "is told as " + Dialogue.shown(reply);
        }
    }

    private static String dropped(Subject subject) throws IOException {
        Subject.Opened opened = subject.opened();
        try (Dialogue dialogue = opened.dialogue()) {
            mark(dialogue);
            dialogue.drop();
        }
        long left = messages(subject);
        if (left == opened.messages()) {
            return "is kept";
        }
        require(left == opened.messages() - 1, left + " messages of " + opened.messages());
        return "is deleted";
    }

    private static long messages(Subject subject) throws IOException {
        Subject.Opened opened = subject.opened();
        try (Dialogue dialogue = opened.dialogue()) {
            expect(ask(dialogue, "QUIT"), '+', "the farewell");
        }
        return opened.messages();
    }

    private static String quitDeletes(Subject subject) throws IOException {
        Subject.Opened opened = subject.opened();
        byte[] second;
        try (Dialogue dialogue = opened.dialogue()) {
            second = message(dialogue, "READ 2");
            ask(dialogue, "ACKS");
            mark(dialogue);
            expect(ask(dialogue, "QUIT"), '+', "the farewell");
        }
        Subject.Opened after = subject.opened();
        try (Dialogue dialogue = after.dialogue()) {
            require(
                    after.messages() == opened.messages() - 1,
                    after.messages() + " messages, where there were " + opened.messages());
            require(Arrays.equals(message(dialogue, "READ 1"), second), "another message than the one that was kept");
            return "";
        }
    }

    private static String foldDeletes(Subject subject) throws IOException {
        Subject.Opened opened = subject.opened();
        try (Dialogue dialogue = opened.dialogue()) {
            mark(dialogue);
            number(ask(dialogue, "FOLD " + NOBODY), '#', "the count");
            dialogue.drop();
        }
        long left = messages(subject);
        require(left == opened.messages() - 1, left + " messages, where there were " + opened.messages());
        return "";
    }

    private static void require(boolean holds, String got) throws Unexpected {
        if (!holds) {
            throw new Unexpected(got);
        }
    }
}
