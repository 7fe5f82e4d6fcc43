package org.pop2.protocol.dialogue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.pop2.protocol.Command;
import org.pop2.protocol.CommandCodec;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Effect;
import org.pop2.protocol.End;
import org.pop2.protocol.Event;
import org.pop2.protocol.MailboxView;
import org.pop2.protocol.ServerConnection;
import org.pop2.protocol.Session;

/** The pure machine, on mailboxes in memory. Whatever takes time is done at once. */
public final class PurePeer implements Peer {
    private static final List<String> SPOOLS = List.of("/usr/spool/mail/", "/var/spool/mail/", "/var/mail/");

    private final DialogueSetup setup;
    private final ServerConnection connection;
    /** By user and folder. */
    private final Map<String, List<byte[]>> boxes = new HashMap<>();

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int read;
    private boolean closed;
    private String user = "";
    private String box = "";
    private List<byte[]> held = List.of();

    public PurePeer(DialogueSetup setup) {
        this.setup = setup;
        connection = new ServerConnection(setup.hostName(), setup.onDisconnect(), new CommandCodec(setup.strict()));
        for (DialogueSetup.User account : setup.users()) {
            for (DialogueSetup.Folder folder : account.folders()) {
                boxes.put(key(account.name(), folder.name()), new ArrayList<>());
                folder.messages().forEach(message -> deliver(account.name(), folder.name(), message));
            }
        }
        act(connection.open());
    }

    public DialogueSetup setup() {
        return setup;
    }

    @Override
    public void send(byte[] octets) {
        ByteBuffer input = ByteBuffer.wrap(octets);
        for (Command command = connection.next(input); command != null; command = connection.next(input)) {
            act(connection.on(command));
        }
    }

    private void act(List<Effect> effects) {
        for (Effect effect : effects) {
            if (effect instanceof Effect.Send send) {
                out.writeBytes(send.octets());
            } else if (effect instanceof Effect.LogIn logIn) {
                act(connection.on(logIn(logIn.helo())));
            } else if (effect instanceof Effect.Select select) {
                act(connection.on(select(select.mailbox())));
            } else if (effect instanceof Effect.Deliver deliver) {
                out.writeBytes(held.get(deliver.number() - 1));
                act(connection.on(Event.DELIVERED));
            } else if (effect instanceof Effect.Release release) {
                release(release.deleted());
                act(connection.on(Event.RELEASED));
            } else if (effect instanceof Effect.Close) {
                closed = true;
            }
        }
    }

    private Event logIn(Command.Helo helo) {
        for (DialogueSetup.User account : setup.users()) {
            if (matches(account, helo.credentials()) || (helo.raw() != null && matches(account, helo.raw()))) {
                user = account.name();
                return Event.LOGGED_IN;
            }
        }
        return new Event.Failed(End.LOGIN_REFUSED, "login failed");
    }

    private static boolean matches(DialogueSetup.User account, Credentials given) {
        String password = new String(given.password().octets(), StandardCharsets.ISO_8859_1);
        return account.name().equals(given.user()) && account.password().equals(password);
    }

    private Event select(String name) {
        box = key(user, name.toUpperCase(Locale.ROOT).equals(Session.DEFAULT_MAILBOX) ? "INBOX" : name);
        for (String spool : SPOOLS) {
            if (name.equals(spool + user)) {
                box = key(user, Session.DEFAULT_MAILBOX);
            }
        }
        held = List.copyOf(boxes.getOrDefault(box, List.of()));
        return new Event.Selected(new MailboxView() {
            @Override
            public int count() {
                return held.size();
            }

            @Override
            public long octets(int number) {
                return held.get(number - 1).length;
            }

            @Override
            public boolean writable() {
                return true;
            }
        });
    }

    private void release(BitSet deleted) {
        List<byte[]> mailbox = boxes.getOrDefault(box, new ArrayList<>());
        for (int number = deleted.length() - 1; number > 0; number--) {
            if (deleted.get(number)) {
                // nobody else deletes: what was first when it was opened still is
                mailbox.remove(number - 1);
            }
        }
        held = List.of();
    }

    @Override
    public byte[] receiveLine() {
        byte[] octets = out.toByteArray();
        int end = read;
        while (end < octets.length && octets[end] != '\n') {
            end++;
        }
        return receive(Math.min(end + 1, octets.length) - read);
    }

    @Override
    public byte[] receive(int octets) {
        byte[] all = out.toByteArray();
        int from = read;
        read = Math.min(all.length, from + octets);
        return Arrays.copyOfRange(all, from, read);
    }

    @Override
    public void expectClosed() {
        if (!closed || read < out.size()) {
            throw new AssertionError((closed ? "closed, but said '" : "not closed, and said '")
                    + Octets.show(receive(out.size())) + "'");
        }
    }

    @Override
    public void drop() {
        act(connection.on(Event.CLOSED));
    }

    @Override
    public void silence() {
        act(connection.on(Event.TIMED_OUT));
    }

    @Override
    public void deliver(String to, String folder, byte[] message) {
        boxes.computeIfAbsent(key(to, folder), name -> new ArrayList<>()).add(DialogueSetup.wireForm(message));
    }

    @Override
    public List<byte[]> messages(String owner, String folder) {
        return boxes.getOrDefault(key(owner, folder), List.of());
    }

    @Override
    public void close() {
        // nothing is open
    }

    private static String key(String owner, String folder) {
        return owner + " " + folder;
    }
}
