package org.pop2.app.campaign;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;

/**
 * What a server on this machine could do if it had nothing to do: answers that do not depend on the question, from one
 * thread. A program of its own, so that the load generator does not share its Java. Prints its port.
 */
final class FloorServer {
    /** Larger messages go from the file to the socket by the system alone ({@code sendfile}). */
    private static final int SMALL = 16 * 1024;

    private final int messages;
    private final FileChannel file;
    private final long octets;
    private final byte[] message;
    private final ByteBuffer in = ByteBuffer.allocateDirect(16 * 1024);
    private final ByteBuffer out = ByteBuffer.allocateDirect(64 * (SMALL + 64));

    private FloorServer(int messages, FileChannel file) throws IOException {
        this.messages = messages;
        this.file = file;
        this.octets = file.size();
        this.message = new byte[octets > SMALL ? 0 : (int) octets];
        file.read(ByteBuffer.wrap(message), 0);
    }

    /** Serves until it is killed: so many messages, each of them what is in that file. */
    public static void main(String[] args) throws IOException {
        try (FileChannel file = FileChannel.open(Path.of(args[1]))) {
            new FloorServer(Integer.parseInt(args[0]), file).serve();
        }
    }

    private static final class Session {
        private int current;
        private boolean quit;
    }

    private void serve() throws IOException {
        try (Selector selector = Selector.open();
                ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
            listener.configureBlocking(false).register(selector, SelectionKey.OP_ACCEPT);
            System.out.println(listener.socket().getLocalPort());
            while (selector.select() >= 0) {
                for (Iterator<SelectionKey> ready = selector.selectedKeys().iterator(); ready.hasNext(); ) {
                    SelectionKey key = ready.next();
                    ready.remove();
                    if (key.attachment() instanceof Session session) {
                        answer(key, (SocketChannel) key.channel(), session);
                    } else {
                        accept(listener, selector);
                    }
                }
            }
        }
    }

    private void accept(ServerSocketChannel listener, Selector selector) throws IOException {
        SocketChannel channel = listener.accept();
        if (channel == null) {
            return;
        }
        Session session = new Session();
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.register(selector, SelectionKey.OP_READ, session);
        line("+ POP2 floor");
        write(channel);
    }

    private void answer(SelectionKey key, SocketChannel channel, Session session) throws IOException {
        in.clear();
        int read = -1;
        try {
            read = channel.read(in);
            in.flip();
            // commands come whole: whoever measures sends each line with one write
            while (in.hasRemaining()) {
                command(channel, session, in.get(in.position()));
                while (in.hasRemaining() && in.get() != '\n') {
                    // the rest of the line
                }
            }
            write(channel);
        } catch (IOException e) {
            read = -1;
        }
        if (read < 0 || session.quit) {
            key.cancel();
            channel.close();
        }
    }

    private void command(SocketChannel channel, Session session, byte letter) throws IOException {
        switch (letter) {
            case 'H' -> line("#" + messages + " messages");
            case 'Q' -> {
                line("+ bye");
                session.quit = true;
            }
            case 'R' -> {
                // READ tells a length, RETR is answered by the message; both begin with R, and the next letter is E
                if (session.current == 0 || in.get(in.position() + 2) == 'A') {
                    session.current = 1;
                    line("=" + octets);
                } else if (octets > SMALL) {
                    write(channel);
                    send(channel);
                } else {
                    out.put(message);
                }
            }
            case 'N' -> line("=" + octets);
            default -> {
                session.current++;
                line(session.current > messages ? "=0" : "=" + octets);
            }
        }
    }

    private void send(SocketChannel channel) throws IOException {
        try (Selector room = Selector.open()) {
            channel.register(room, SelectionKey.OP_WRITE);
            for (long sent = 0; sent < octets; ) {
                room.select();
                room.selectedKeys().clear();
                sent += file.transferTo(sent, octets - sent, channel);
            }
        }
    }

    private void line(String text) {
        out.put((text + "\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** Whoever measures takes what he asked for, at once. */
    private void write(SocketChannel channel) throws IOException {
        out.flip();
        while (out.hasRemaining()) {
            channel.write(out);
        }
        out.clear();
    }
}
