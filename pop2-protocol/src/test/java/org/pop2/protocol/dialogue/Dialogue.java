package org.pop2.protocol.dialogue;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A session as the wire sees it, read from a text file.
 *
 * <pre>{@code
 * # The first comment is the title. Comments stand on lines of their own.
 * user smith secret            an account; the folders and messages that follow are its own
 * folder work                  a folder; before the first one it is INBOX
 * message                      a message, here of one line
 * | Subject: lunch
 * message of 537 octets        a message whose text does not matter
 * host ISI-VAXA.ARPA           the server's name in the greeting; dog-house.example otherwise
 * strict                       the grammar is taken to the letter
 * on-disconnect apply          what ACKD marked is deleted without QUIT, too
 *
 * S: + POP2 ISI-VAXA.ARPA *    the server says this; " *" at the end: followed by any text, or none
 * C: HELO smith secret         the client says this
 * S: #2 messages*              "*": any text
 * C: READ
 * S: =16
 * C: RETR
 * S: <message 1>               the octets of the message, so many as announced before
 * meanwhile message in INBOX   mail arrives
 * | Subject: dinner
 * C: ACKD
 * S: =537
 * C: QUIT
 * S: + *
 * S: <closes>                  the server closes and has sent nothing else
 *
 * afterwards INBOX: 2 3        the messages that are there when it is over; a folder that is not named is as it was
 * }</pre>
 *
 * <p>Other steps: {@code C: <drops>}, the client's end of the connection is gone; {@code C: <is silent>}, until the
 * server's timer has run out; {@code S: <message 3 of work>}. Messages are numbered in each folder in the order of the
 * file.
 *
 * <p>Lines of the client and of messages end in CRLF, unless they end in {@code <LF>} or {@code <...>}, which is
 * nothing. In them, and in what the server says, {@code <CR> <LF> <SP> <lt> <x00>} are octets, {@code <600 A>} is 600
 * times A. Comments to the right, as above, are not part of the format.
 */
public final class Dialogue {
    private static final String DIRECTORY = "/org/pop2/protocol/dialogues/";
    private static final String ANY = "rfc937-p13-example-1.txt";

    private final String name;
    private final String title;
    private final DialogueSetup setup;
    private final List<Step> steps;

    Dialogue(String name, String title, DialogueSetup setup, List<Step> steps) {
        this.name = name;
        this.title = title;
        this.setup = setup;
        this.steps = List.copyOf(steps);
    }

    /** All the dialogues there are, by name. */
    public static List<Dialogue> all() {
        URL any = Objects.requireNonNull(Dialogue.class.getResource(DIRECTORY + ANY), ANY);
        try {
            if (any.openConnection() instanceof JarURLConnection jar) {
                URI file = jar.getJarFileURL().toURI();
                try (FileSystem archive = FileSystems.newFileSystem(Path.of(file))) {
                    return in(archive.getPath(DIRECTORY));
                }
            }
            return in(Objects.requireNonNull(Path.of(any.toURI()).getParent(), ANY));
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException("cannot read the dialogues beside " + any, e);
        }
    }

    private static List<Dialogue> in(Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> entries = Files.list(directory)) {
            files = entries.filter(file -> file.toString().endsWith(".txt"))
                    .sorted()
                    .toList();
        }
        List<Dialogue> dialogues = new ArrayList<>(files.size());
        for (Path file : files) {
            String name = Objects.requireNonNull(file.getFileName(), "a file has a name")
                    .toString()
                    .replace(".txt", "");
            dialogues.add(parse(name, Files.readString(file, StandardCharsets.UTF_8)));
        }
        return dialogues;
    }

    /**
     * A dialogue from its text.
     *
     * @throws IllegalArgumentException naming the line that is not in the format
     */
    public static Dialogue parse(String name, String text) {
        return new DialogueParser(name).parse(text);
    }

    /** The name of its file, without the ending. */
    public String name() {
        return name;
    }

    /** What it shows, in one line. */
    public String title() {
        return title;
    }

    public DialogueSetup setup() {
        return setup;
    }

    List<Step> steps() {
        return steps;
    }

    @Override
    public String toString() {
        return name + ": " + title;
    }
}
