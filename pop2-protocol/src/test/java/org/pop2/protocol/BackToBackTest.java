package org.pop2.protocol;

import static org.assertj.core.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pop2.protocol.dialogue.DialogueSetup;
import org.pop2.protocol.dialogue.PurePeer;

/** The client's machine against the server's, octet for octet: whatever the client may choose, they agree. */
class BackToBackTest {
    private static final long SEED = 937;
    private static final int SESSIONS = 20_000;
    private static final int MOST_CHOICES = 30;
    private static final List<String> FOLDERS = List.of("INBOX", "work", "old mail", "back\\slash", "caf\u00e9");

    @Test
    void theyNeverDisagree() {
        System.out.println("BackToBackTest seed " + SEED);
        Random random = new Random(SEED);
        int deleted = 0;
        int dropped = 0;
        for (int number = 0; number < SESSIONS; number++) {
            Pair pair = new Pair(random, number);
            pair.run();
            deleted += pair.deletions;
            dropped += pair.dropped ? 1 : 0;
        }
        if (deleted < SESSIONS / 2 || dropped < SESSIONS / 20) {
            fail("the choices are too tame: " + deleted + " deletions, " + dropped + " drops");
        }
    }

    private static final class Pair {
        private final Random random;
        private final int number;
        private final boolean apply;
        private final PurePeer server;
        private final ClientSession client;
        private final Deque<ClientEffect> effects = new ArrayDeque<>();
        /** What has to be in the folders. */
        private final Map<String, List<byte[]>> folders = new HashMap<>();

        private String folder = "INBOX";
        private Set<Integer> marked = new HashSet<>();
        private int current = 1;
        private int choices;
        private int deletions;
        private boolean dropped;
        private boolean over;

        Pair(Random random, int number) {
            this.random = random;
            this.number = number;
            apply = random.nextBoolean();
            List<DialogueSetup.Folder> own = new ArrayList<>();
            for (String name : FOLDERS) {
                List<byte[]> messages = new ArrayList<>();
                for (int i = random.nextInt(5); i > 0; i--) {
                    byte[] message = new byte[random.nextInt(80)];
                    random.nextBytes(message);
                    messages.add(message);
                }
                own.add(new DialogueSetup.Folder(name, messages));
                folders.put(
                        name,
                        new ArrayList<>(
                                messages.stream().map(DialogueSetup::wireForm).toList()));
            }
            byte[] password = new byte[1 + random.nextInt(20)];
            random.nextBytes(password);
            for (int i = 0; i < password.length; i++) {
                if (password[i] == '\r' || password[i] == '\n' || random.nextInt(4) == 0) {
                    password[i] = (byte) (random.nextBoolean() ? ' ' : '\\');
                }
            }
            String user = random.nextBoolean() ? "smith" : "john \\smith";
            server = new PurePeer(new DialogueSetup(
                    "dog-house",
                    random.nextBoolean(),
                    apply ? OnDisconnect.APPLY : OnDisconnect.KEEP,
                    false,
                    List.of(new DialogueSetup.User(user, new String(password, StandardCharsets.ISO_8859_1), own))));
            client = new ClientSession(new Command.Helo(new Credentials(user, Secret.of(password)), null));
        }

        void run() {
            hear();
            while (!effects.isEmpty()) {
                perform(effects.remove());
            }
            require(over, "the session has an end");
            server.drop();
            if (dropped && apply) {
                expunge();
            }
            for (String name : FOLDERS) {
                require(same(folders.getOrDefault(name, List.of()), inServer(name)), "same mail in " + name);
            }
        }

        private List<byte[]> inServer(String name) {
            return server.messages(server.setup().users().get(0).name(), name);
        }

        private void perform(ClientEffect effect) {
            if (effect instanceof ClientEffect.Send send) {
                say(CommandCodec.encode(send.command()));
                if (!(send.command() instanceof Command.Retr)) {
                    hear();
                }
            } else if (effect instanceof ClientEffect.Receive receive) {
                byte[] message = server.receive((int) receive.octets());
                require(Arrays.equals(message, held().get(current - 1)), "the octets of the message");
                effects.addAll(client.on(ClientEvent.DATA));
            } else if (effect instanceof ClientEffect.Choose choose) {
                choose(choose);
            } else if (effect instanceof ClientEffect.Close close) {
                require(close.end() == ClientEnd.QUIT, "ends with " + close);
                server.expectClosed();
                over = true;
            }
        }

        /** In slices of any size. */
        private void say(byte[] octets) {
            for (int from = 0; from < octets.length; ) {
                int to = Math.min(octets.length, from + 1 + random.nextInt(octets.length));
                server.send(Arrays.copyOfRange(octets, from, to));
                from = to;
            }
        }

        private void hear() {
            Reply reply = ReplyCodec.decode(ByteBuffer.wrap(server.receiveLine()));
            List<byte[]> messages = held();
            if (reply instanceof Reply.Count count) {
                require(count.messages() == messages.size(), "the number of messages");
            } else if (reply instanceof Reply.Length length) {
                boolean there = current >= 1 && current <= messages.size() && !marked.contains(current);
                require(length.octets() == (there ? messages.get(current - 1).length : 0), "the length");
            }
            effects.addAll(client.on(new ClientEvent.Received(reply)));
        }

        private void choose(ClientEffect.Choose choose) {
            choices++;
            if (random.nextInt(100) == 0) {
                server.drop();
                dropped = true;
                over = true;
                effects.clear();
                return;
            }
            List<Input> offered = new ArrayList<>(client.choices());
            offered.sort(null);
            if (choices < MOST_CHOICES && random.nextInt(5) > 0) {
                // most sessions go on
                offered.remove(Input.QUIT);
            }
            Input input = choices >= MOST_CHOICES && offered.contains(Input.QUIT)
                    ? Input.QUIT
                    : offered.contains(Input.RETR) && random.nextBoolean()
                            ? Input.RETR
                            : offered.get(random.nextInt(offered.size()));
            Command command = command(input);
            effects.addAll(client.on(new ClientEvent.Chosen(command)));
            require(choose.number() >= 0, "a number");
        }

        /** The command, and what has to come of it. */
        private Command command(Input input) {
            switch (input) {
                case READ -> {
                    int to = random.nextInt(7);
                    if (to == 6) {
                        return new Command.Read(Command.Read.CURRENT);
                    }
                    current = to;
                    return new Command.Read(to);
                }
                case FOLD -> {
                    expunge();
                    folder = FOLDERS.get(random.nextInt(FOLDERS.size()));
                    current = 1;
                    return new Command.Fold(folder);
                }
                case QUIT -> expunge();
                case ACKD -> marked.add(current++);
                case ACKS -> current++;
                default -> {
                    // nothing changes
                }
            }
            return Sessions.command(input);
        }

        private List<byte[]> held() {
            return Objects.requireNonNull(folders.get(folder), folder);
        }

        private void expunge() {
            deletions += marked.size();
            marked.stream().sorted((a, b) -> b - a).forEach(gone -> held().remove(gone - 1));
            marked = new HashSet<>();
        }

        private static boolean same(List<byte[]> one, List<byte[]> other) {
            return Arrays.deepEquals(one.toArray(), other.toArray());
        }

        private void require(boolean holds, String rule) {
            if (!holds) {
                fail("session " + number + " of seed " + SEED + ": " + rule);
            }
        }
    }
}
