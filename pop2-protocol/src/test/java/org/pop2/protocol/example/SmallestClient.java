package org.pop2.protocol.example;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.pop2.protocol.ClientConnection;
import org.pop2.protocol.ClientEffect;
import org.pop2.protocol.ClientEnd;
import org.pop2.protocol.Command;

// example
/** Fetches and deletes all of a user's mail. */
record SmallestClient(ClientConnection pop2, List<byte[]> mail, ByteArrayOutputStream message, OutputStream out) {
    static List<byte[]> fetch(Socket socket, Command.Helo helo) throws IOException {
        InputStream in = socket.getInputStream();
        ClientConnection pop2 = new ClientConnection(helo);
        SmallestClient client =
                new SmallestClient(pop2, new ArrayList<>(), new ByteArrayOutputStream(), socket.getOutputStream());
        byte[] octets = new byte[4096];
        for (int n; !pop2.closed() && (n = in.read(octets)) >= 0; ) {
            ByteBuffer input = ByteBuffer.wrap(octets, 0, n);
            while (input.hasRemaining()) {
                client.act(pop2.receive(input));
            }
        }
        client.act(pop2.lost());
        return client.mail;
    }

    private void act(List<ClientEffect> effects) throws IOException {
        for (ClientEffect effect : effects) {
            if (effect instanceof ClientEffect.Send send) {
                out.write(send.octets());
            } else if (effect instanceof ClientEffect.Content content) {
                while (content.octets().hasRemaining()) {
                    message.write(content.octets().get());
                }
            } else if (effect instanceof ClientEffect.Choose choose) {
                act(pop2.choose(next(choose)));
            } else if (effect instanceof ClientEffect.Close close && close.end() != ClientEnd.QUIT) {
                throw new IOException(close.end() + ": " + close.text());
            }
        }
    }

    private Command next(ClientEffect.Choose choose) {
        return switch (choose.action()) {
            case CHOOSE_MESSAGE -> choose.number() > 0 ? new Command.Read(1) : Command.QUIT;
            case CHOOSE_TRANSFER -> choose.number() > 0 ? Command.RETR : Command.QUIT;
            default -> {
                mail.add(message.toByteArray());
                message.reset();
                yield Command.ACKD;
            }
        };
    }
}
