package org.pop2.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a session and the codec do for clients that need more, or other, than the RFC has. */
class OldClientsTest {

    /** Two messages that are changed on their way, the second of which is sent in part only. */
    private static final MailboxView CHANGED = new MailboxView() {
        @Override
        public int count() {
            return 2;
        }

        @Override
        public long octets(int number) {
            throw new IllegalStateException("not known");
        }

        @Override
        public boolean lengthKnown(int number) {
            return false;
        }

        @Override
        public boolean writable() {
            return true;
        }

        @Override
        public boolean deletable(int number) {
            return number == 1;
        }
    };

    private static final MailboxView NO_MAIL = new MailboxView() {
        @Override
        public int count() {
            return 0;
        }

        @Override
        public long octets(int number) {
            throw new IndexOutOfBoundsException(number);
        }

        @Override
        public boolean writable() {
            return true;
        }

        @Override
        public boolean saysNoMail() {
            return true;
        }
    };

    private final Session session = new Session("host", OnDisconnect.KEEP);

    private List<Effect> in(MailboxView mailbox) {
        session.on(Event.OPENED);
        session.on(Sessions.event(Input.HELO));
        session.on(Event.LOGGED_IN);
        return session.on(new Event.Selected(mailbox));
    }

    private static Effect length(long octets) {
        return new Effect.Send(new Reply.Length(octets));
    }

    @Test
    void aMessageThatIsChangedIsMeasuredBeforeItsLengthIsTold() {
        in(CHANGED);
        assertThat(session.on(Sessions.event(Input.READ))).containsExactly(new Effect.Measure(1));
        assertThat(session.ready()).isFalse();
        assertThat(session.on(new Event.Measured(123))).containsExactly(length(123));
        assertThat(session.on(Sessions.event(Input.RETR))).containsExactly(new Effect.Deliver(1, 123));
    }

    @Test
    void measuringThatFailsEndsTheSessionAndDeletesNothing() {
        in(CHANGED);
        session.on(Sessions.event(Input.READ));
        assertThat(session.on(new Event.Failed(End.STORAGE_FAILED, "sorry")))
                .containsExactly(
                        new Effect.Send(new Reply.Failure("sorry")),
                        new Effect.Release(new BitSet(), new BitSet()),
                        new Effect.Close(End.STORAGE_FAILED));
    }

    @Test
    void acknowledgingAPartOfAMessageDoesNotDeleteIt() {
        in(CHANGED);
        for (int number = 1; number <= 2; number++) {
            if (number == 1) {
                session.on(Sessions.event(Input.READ));
            }
            session.on(new Event.Measured(10));
            session.on(Sessions.event(Input.RETR));
            session.on(Event.DELIVERED);
            session.on(Sessions.event(Input.ACKD));
        }
        BitSet first = new BitSet();
        first.set(1);
        BitSet second = new BitSet();
        second.set(2);
        assertThat(session.on(Sessions.event(Input.QUIT))).containsExactly(new Effect.Release(first, second));
    }

    @Test
    void whereNoMailIsSaidTheMailboxIsLetGoAndAnotherHeloMayCome() {
        assertThat(in(NO_MAIL)).containsExactly(new Effect.Release(new BitSet(), new BitSet()));
        assertThat(session.ready()).isFalse();
        assertThat(session.on(Event.RELEASED)).containsExactly(new Effect.Send(new Reply.Success("No mail, sorry")));
        assertThat(session.state()).isEqualTo(State.AUTH);
        assertThat(Sessions.kinds(session.on(Sessions.event(Input.HELO)))).isEqualTo("L");
    }

    @Test
    void afterNoMailQuitIsAnsweredAsEver() {
        in(NO_MAIL);
        session.on(Event.RELEASED);
        assertThat(session.on(Sessions.event(Input.QUIT)))
                .containsExactly(new Effect.Send(new Reply.Success("bye")), new Effect.Close(End.QUIT));
    }

    @Test
    void aFolderWithoutMailHasNoMessages() {
        in(Sessions.THREE);
        session.on(Sessions.event(Input.FOLD));
        session.on(Event.RELEASED);
        assertThat(Sessions.kinds(session.on(new Event.Selected(NO_MAIL)))).isEqualTo("#");
    }

    private static String password(String line) {
        ByteBuffer octets = StandardCharsets.US_ASCII.encode(line + "\r\n");
        Command command = Objects.requireNonNull(new CommandCodec(false, true).decode(octets, true));
        return new String(((Command.Helo) command).credentials().password().octets(), StandardCharsets.US_ASCII);
    }

    @Test
    void popmailsSecurityLevelIsNoPartOfThePassword() {
        assertThat(password("HELO user secret 1")).isEqualTo("secret");
        assertThat(password("HELO user secret 1 ")).isEqualTo("secret");
        assertThat(password("helo user secret  3")).isEqualTo("secret");
        assertThat(password("HELO user sec\\ ret 1")).isEqualTo("sec ret");
    }

    @Test
    void whatIsNoSecurityLevelStays() {
        assertThat(password("HELO user secret")).isEqualTo("secret");
        assertThat(password("HELO user 1")).isEqualTo("1");
        assertThat(password("HELO user two words 1")).isEqualTo("two words 1");
        assertThat(password("HELO user secret 12")).isEqualTo("secret 12");
        assertThat(password("HELO user secret\\ 1")).isEqualTo("secret 1");
    }
}
