package org.pop2.protocol;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Sessions in a wanted state, and effects in short. */
final class Sessions {
    static final Command.Helo HELO =
            new Command.Helo(new Credentials("postel", Secret.of("secret".getBytes(StandardCharsets.US_ASCII))), null);
    static final MailboxView THREE = listing(true);
    static final MailboxView READ_ONLY = listing(false);

    private Sessions() {}

    static Session in(State state) {
        Session session = new Session("dog-house", OnDisconnect.KEEP);
        if (state == State.LSTN) {
            return session;
        }
        session.on(Event.OPENED);
        if (state == State.DONE) {
            session.on(event(Input.QUIT));
        } else if (state != State.AUTH) {
            session.on(new Event.Received(HELO));
            session.on(Event.LOGGED_IN);
            session.on(new Event.Selected(THREE));
        }
        if (state == State.ITEM || state == State.NEXT) {
            session.on(event(Input.READ));
        }
        if (state == State.NEXT) {
            session.on(event(Input.RETR));
            session.on(Event.DELIVERED);
        }
        if (session.state() != state) {
            throw new IllegalStateException(session.state() + " instead of " + state);
        }
        return session;
    }

    static Event event(Input input) {
        return switch (input) {
            case OPEN -> Event.OPENED;
            case CLOSE -> Event.CLOSED;
            case TIMEOUT -> Event.TIMED_OUT;
            default -> new Event.Received(command(input));
        };
    }

    static Command command(Input input) {
        return switch (input) {
            case HELO -> HELO;
            case FOLD -> new Command.Fold("work");
            case READ -> new Command.Read(Command.Read.CURRENT);
            case RETR -> Command.RETR;
            case ACKS -> Command.ACKS;
            case ACKD -> Command.ACKD;
            case NACK -> Command.NACK;
            case QUIT -> Command.QUIT;
            case OPEN, CLOSE, OTHER, TIMEOUT -> new Command.Malformed("unknown command");
        };
    }

    /** A letter for each effect; for a reply its first character. */
    static String kinds(List<Effect> effects) {
        StringBuilder kinds = new StringBuilder();
        for (Effect effect : effects) {
            if (effect instanceof Effect.Send send) {
                kinds.append((char) ReplyCodec.encode(send.reply())[0]);
            } else {
                // LogIn, Select, Measure, Deliver, Release, Close
                kinds.append(effect.getClass().getSimpleName().charAt(0));
            }
        }
        return kinds.toString();
    }

    private static MailboxView listing(boolean writable) {
        return listing(writable, true);
    }

    /** @param measured whether lengths are known */
    static MailboxView listing(boolean writable, boolean measured) {
        return new MailboxView() {
            @Override
            public boolean lengthKnown(int number) {
                return measured;
            }

            @Override
            public int count() {
                return 3;
            }

            @Override
            public long octets(int number) {
                return 10L * number;
            }

            @Override
            public boolean writable() {
                return writable;
            }
        };
    }
}
