package org.pop2.protocol;

import org.jspecify.annotations.Nullable;

/** What a client can send: the eight commands of RFC 937 p. 6–11, and lines that are none of them. */
public sealed interface Command {
    Command RETR = new Retr();
    Command ACKS = new Acks();
    Command ACKD = new Ackd();
    Command NACK = new Nack();
    Command QUIT = new Quit();

    /** The row of the decision table that it belongs to. */
    Input input();

    /**
     * {@code HELO user password}.
     *
     * @param credentials name and password with the quoting undone
     * @param raw the same without undoing the quoting, where that differs: some clients quote nothing
     */
    record Helo(Credentials credentials, @Nullable Credentials raw) implements Command {
        @Override
        public Input input() {
            return Input.HELO;
        }
    }

    /**
     * {@code FOLD mailbox}.
     *
     * @param mailbox the name with the quoting undone; may be empty
     */
    record Fold(String mailbox) implements Command {
        @Override
        public Input input() {
            return Input.FOLD;
        }
    }

    /**
     * {@code READ [n]}.
     *
     * @param number the message, or {@link #CURRENT}; a number too big for an {@code int} is {@link Integer#MAX_VALUE},
     *     which no mailbox reaches
     */
    record Read(int number) implements Command {
        /** READ without a number: the current message. */
        public static final int CURRENT = -1;

        /** READs of small numbers, made once, from {@link #CURRENT} on. */
        private static final Read[] MADE = new Read[1024];

        static {
            for (int i = 0; i < MADE.length; i++) {
                MADE[i] = new Read(i + CURRENT);
            }
        }

        /**
         * A READ of that message.
         *
         * @throws IllegalArgumentException if the number is negative and not {@link #CURRENT}
         */
        public Read {
            if (number < CURRENT) {
                throw new IllegalArgumentException("no message has a negative number");
            }
        }

        /** The same as the constructor, without a new object for small numbers. */
        static Read of(int number) {
            int index = number - CURRENT;
            return index >= 0 && index < MADE.length ? MADE[index] : new Read(number);
        }

        @Override
        public Input input() {
            return Input.READ;
        }
    }

    /** {@code RETR}. */
    record Retr() implements Command {
        @Override
        public Input input() {
            return Input.RETR;
        }
    }

    /** {@code ACKS}: keep the message. */
    record Acks() implements Command {
        @Override
        public Input input() {
            return Input.ACKS;
        }
    }

    /** {@code ACKD}: delete the message. */
    record Ackd() implements Command {
        @Override
        public Input input() {
            return Input.ACKD;
        }
    }

    /** {@code NACK}: keep the message and offer it again. */
    record Nack() implements Command {
        @Override
        public Input input() {
            return Input.NACK;
        }
    }

    /** {@code QUIT}. */
    record Quit() implements Command {
        @Override
        public Input input() {
            return Input.QUIT;
        }
    }

    /**
     * A line that is not a command.
     *
     * @param reason for the client's user; quotes nothing from the line
     */
    record Malformed(String reason) implements Command {
        @Override
        public Input input() {
            return Input.OTHER;
        }
    }

    /** A first line that plainly belongs to another protocol. */
    record Foreign(ForeignProtocol protocol) implements Command {
        @Override
        public Input input() {
            return Input.OTHER;
        }
    }
}
