package org.pop2.app.campaign;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** The way of a node to its database: a TCP proxy that can swallow everything, or reset every connection. */
final class Link implements AutoCloseable {
    private final ServerSocket listener;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile CountDownLatch open = new CountDownLatch(0);
    private volatile boolean resetting;

    Link(int target) {
        this.target = target;
        try {
            listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Nothing gets through until {@link #heal}, and nobody is told. */
    void swallow() {
        open = new CountDownLatch(1);
    }

    /** Every connection there is, and every one that comes until {@link #heal}, is reset. */
    void reset() {
        resetting = true;
        sockets.forEach(Link::shut);
        sockets.clear();
    }

    void heal() {
        resetting = false;
        open.countDown();
    }

    @Override
    public void close() {
        heal();
        shut(listener);
        sockets.forEach(Link::shut);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (resetting) {
                    shut(client);
                    continue;
                }
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                sockets.add(client);
                sockets.add(server);
                thread(() -> pump(client, server));
                thread(() -> pump(server, client));
            } catch (IOException e) {
                // the listener was closed, or one connection came to nothing
            }
        }
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[64 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                open.await();
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // one side is gone, and the other one goes now
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        shut(from);
        shut(to);
        sockets.remove(from);
        sockets.remove(to);
    }

    private static void thread(Runnable work) {
        Thread thread = new Thread(work, "link");
        thread.setDaemon(true);
        thread.start();
    }

    private static void shut(Closeable socket) {
        try {
            if (socket instanceof Socket connection) {
                connection.setSoLinger(true, 0);
            }
        } catch (IOException e) {
            // closed already
        }
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
