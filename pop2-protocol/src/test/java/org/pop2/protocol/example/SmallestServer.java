package org.pop2.protocol.example;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import org.pop2.protocol.Command;
import org.pop2.protocol.Credentials;
import org.pop2.protocol.Effect;
import org.pop2.protocol.End;
import org.pop2.protocol.Event;
import org.pop2.protocol.MailboxView;
import org.pop2.protocol.ServerConnection;
import org.pop2.protocol.State;

// example
/** Serves one user's mail to one client: messages with CRLF line ends, none of them empty. */
record SmallestServer(ServerConnection pop2, Credentials user, List<byte[]> mail, OutputStream out) {
    static void serve(Socket socket, Credentials user, List<byte[]> mail) throws IOException {
        InputStream in = socket.getInputStream();
        ServerConnection pop2 = new ServerConnection("dog-house");
        SmallestServer server = new SmallestServer(pop2, user, mail, socket.getOutputStream());
        server.act(pop2.open());
        byte[] octets = new byte[512];
        for (int n; pop2.state() != State.DONE && (n = in.read(octets)) >= 0; ) {
            ByteBuffer input = ByteBuffer.wrap(octets, 0, n);
            for (Command command = pop2.next(input); command != null; command = pop2.next(input)) {
                server.act(pop2.on(command));
            }
        }
        server.act(pop2.on(Event.CLOSED));
    }

    private void act(List<Effect> effects) throws IOException {
        for (Effect effect : effects) {
            if (effect instanceof Effect.Send send) {
                out.write(send.octets());
            } else if (effect instanceof Effect.LogIn logIn) {
                boolean right = logIn.helo().credentials().equals(user);
                act(pop2.on(right ? Event.LOGGED_IN : new Event.Failed(End.LOGIN_REFUSED, "login failed")));
            } else if (effect instanceof Effect.Select select) {
                List<byte[]> box = select.mailbox().equals("INBOX") ? mail : List.of();
                long[] octets = box.stream().mapToLong(it -> it.length).toArray();
                act(pop2.on(new Event.Selected(MailboxView.of(octets))));
            } else if (effect instanceof Effect.Deliver deliver) {
                out.write(mail.get(deliver.number() - 1));
                act(pop2.on(Event.DELIVERED));
            } else if (effect instanceof Effect.Release release) {
                for (int number = release.deleted().length() - 1; number > 0; number--) {
                    if (release.deleted().get(number)) {
                        mail.remove(number - 1);
                    }
                }
                act(pop2.on(Event.RELEASED));
            }
        }
    }
}
