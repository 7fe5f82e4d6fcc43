package org.pop2.app.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.pop2.auth.OneTimePasswords;
import org.pop2.auth.Passwords;
import org.pop2.protocol.Secret;
import org.pop2.storage.UserName;

/** Reads a new password from a person or a program, never from an argument, which every user can see. */
public final class NewPassword {
    /** Octets of a command line, its CRLF included (RFC 937 p. 12). */
    private static final int LINE = 512;

    /** {@code HELO }, the blank between the two words, and CRLF. */
    private static final int AROUND = 5 + 1 + 2;

    /**
     * A hash of the new password.
     *
     * @param fromInput whether to read it from the first line of standard input; else a person is asked twice
     */
    public static String hash(Terminal terminal, UserName user, boolean fromInput) throws CommandFailedException {
        byte[] octets = given(terminal, fromInput, "New password for " + user + ": ", true);
        try {
            check(user, octets);
            Secret secret = Secret.of(octets);
            try {
                return Passwords.hash(secret);
            } finally {
                secret.wipe();
            }
        } finally {
            Arrays.fill(octets, (byte) 0);
        }
    }

    /**
     * Reads the pass phrase of a list of one-time passwords. The caller wipes it.
     *
     * @param fromInput the first line of standard input; else a person is asked
     * @param twice whether to ask twice, for a new one
     */
    public static Secret passPhrase(Terminal terminal, UserName user, boolean fromInput, boolean twice)
            throws CommandFailedException {
        byte[] octets =
                given(terminal, fromInput, (twice ? "New pass phrase for " : "Pass phrase of ") + user + ": ", twice);
        try {
            if (octets.length < OneTimePasswords.MIN_PASS_PHRASE || octets.length > OneTimePasswords.MAX_PASS_PHRASE) {
                throw new CommandFailedException(
                        ExitCode.DATA,
                        "a pass phrase has " + OneTimePasswords.MIN_PASS_PHRASE + " to "
                                + OneTimePasswords.MAX_PASS_PHRASE + " characters (RFC 2289)");
            }
            return Secret.of(octets);
        } finally {
            Arrays.fill(octets, (byte) 0);
        }
    }

    /**
     * Reads an existing password. The caller wipes it.
     *
     * @param fromInput the first line of standard input; else a person is asked
     */
    public static Secret existing(Terminal terminal, String user, boolean fromInput) throws CommandFailedException {
        return secret(given(terminal, fromInput, "Password of " + user + ": ", false));
    }

    /** Reads an existing password from the first line of a stream. The caller wipes it, and closes the stream. */
    public static Secret existing(InputStream in) throws CommandFailedException {
        return secret(firstLine(in));
    }

    private static Secret secret(byte[] octets) throws CommandFailedException {
        try {
            if (octets.length == 0) {
                throw new CommandFailedException(ExitCode.DATA, "the password is empty");
            }
            return Secret.of(octets);
        } finally {
            Arrays.fill(octets, (byte) 0);
        }
    }

    private static void check(UserName user, byte[] octets) throws CommandFailedException {
        if (octets.length == 0) {
            throw new CommandFailedException(ExitCode.DATA, "the password is empty");
        }
        int quoted = 0;
        for (byte octet : octets) {
            if (octet == 0 || octet == '\r' || octet == '\n') {
                throw new CommandFailedException(
                        ExitCode.DATA, "the password holds a character that no command line can carry");
            }
            // a client may have to quote it (p. 6)
            quoted += octet == ' ' || octet == '\\' ? 2 : 1;
        }
        int most = LINE - AROUND - user.value().getBytes(StandardCharsets.UTF_8).length;
        if (quoted > most) {
            throw new CommandFailedException(
                    ExitCode.DATA,
                    "the password is too long: the line HELO " + user + " ... has room for " + most
                            + " octets, a blank or a backslash counting for two");
        }
    }

    private static byte[] given(Terminal terminal, boolean fromInput, String question, boolean twice)
            throws CommandFailedException {
        return fromInput ? firstLine(terminal.in()) : asked(terminal, question, twice);
    }

    private static byte[] firstLine(InputStream in) throws CommandFailedException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(LINE);
        try {
            // one over is enough to be refused
            for (int octet = in.read(); octet >= 0 && octet != '\n' && line.size() <= LINE; octet = in.read()) {
                line.write(octet);
            }
        } catch (IOException e) {
            throw new CommandFailedException(ExitCode.IO, "reading the password: " + e.getMessage(), e);
        }
        byte[] octets = line.toByteArray();
        if (octets.length > 0 && octets[octets.length - 1] == '\r') {
            return Arrays.copyOf(octets, octets.length - 1);
        }
        return octets;
    }

    private static byte[] asked(Terminal terminal, String question, boolean twice) throws CommandFailedException {
        Terminal.PasswordPrompt prompt = terminal.passwordPrompt()
                .orElseThrow(() -> new CommandFailedException(
                        ExitCode.USAGE, "there is no terminal to ask for the password: use --password-stdin"));
        char[] first = prompt.ask(question);
        char[] second = twice ? prompt.ask("Once more: ") : new char[0];
        try {
            if (twice && !Arrays.equals(first, second)) {
                throw new CommandFailedException(ExitCode.DATA, "the two passwords differ");
            }
            ByteBuffer encoded = ByteBuffer.allocate(first.length * 3);
            StandardCharsets.UTF_8
                    .newEncoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .encode(CharBuffer.wrap(first), encoded, true);
            byte[] octets = Arrays.copyOf(encoded.array(), encoded.position());
            Arrays.fill(encoded.array(), (byte) 0);
            return octets;
        } finally {
            Arrays.fill(first, '\0');
            Arrays.fill(second, '\0');
        }
    }

    private NewPassword() {}
}
